// The small readers of a request line.
#include "nodes/doors/submit_request.hpp"
#include "nodes/doors/uri.hpp"
#include "tests/fuzz/target.hpp"

using namespace troupe;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = fuzz::text_of(data, size);
  for (const bool plus : {false, true})
    if (const auto plain = percent_decode(text, plus))
      fuzz::demand(find_bad_utf8(*plain) == std::string_view::npos, "decoded text is UTF-8");
  std::string problem;
  for (const auto& [name, value] : parse_query(text, problem))
    fuzz::demand(find_bad_utf8(name) == std::string_view::npos, "names are UTF-8");
  if (const auto wait = parse_wait(text))
    fuzz::demand(wait->count() >= 0 && *wait <= std::chrono::hours{24 * 30}, "waits are bounded");
  static_cast<void>(parse_time(text, timestamp{} + std::chrono::hours{24 * 365 * 50}));
  static_cast<void>(parse_count(text, 1, 1000));
  const auto trace = trace_id_in(text);
  fuzz::demand(trace.empty() || trace.size() == 32, "a trace id has 32 digits");
  return 0;
}
