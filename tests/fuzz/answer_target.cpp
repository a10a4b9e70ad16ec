// What an agent, a model or a program answers.
#include "actors/agent_json.hpp"
#include "src/wire/codec.hpp"
#include "tests/fuzz/target.hpp"

#include <troupe/json_read.hpp>

#include <cmath>

using namespace troupe;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto x = outcome_from_text(fuzz::text_of(data, size));
  if (!x.ok())
    return 0;
  fuzz::demand(x.data.is_null() || x.data.is_object(), "data is an object");
  fuzz::demand(json_fits(x.data, json_depth_max), "data does not nest deeper than it may");
  fuzz::demand(std::isfinite(x.confidence) && x.confidence >= 0 && x.confidence <= 1,
               "confidence is a share");
  return 0;
}
