// A schema of a team and a value of a stranger: two JSON texts, one line each.
#include "src/tools/json_schema.hpp"
#include "tests/fuzz/target.hpp"

using troupe::tools::json_schema;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = troupe::fuzz::text_of(data, size);
  const auto line = text.find('\n');
  const auto schema = nlohmann::json::parse(text.substr(0, line), nullptr, false);
  const auto value = nlohmann::json::parse(line == std::string_view::npos ? std::string_view{"{}"}
                                                                          : text.substr(line + 1),
                                           nullptr, false);
  if (schema.is_discarded() || value.is_discarded())
    return 0;
  try {
    const auto compiled = json_schema::compile(schema);
    static_cast<void>(compiled.validate(value));
  } catch (const std::exception&) {
    // A schema that is none is refused so.
  }
  return 0;
}
