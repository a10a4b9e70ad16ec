#include "src/wire/json_text.hpp"

#include "src/wire/codec.hpp"

#include <troupe/json_read.hpp>

namespace troupe {

namespace {

static_assert(json_depth_max < max_json_depth, "plans wrap what strangers send");

bool fits(const json& value, std::size_t levels) {
  if (!value.is_structured())
    return true;
  if (levels == 0)
    return false;
  for (const auto& child : value)
    if (!fits(child, levels - 1))
      return false;
  return true;
}

} // namespace

bool json_fits(const json& value, std::size_t levels) {
  return fits(value, levels);
}

std::string json_text(const json& value) {
  if (value.is_null())
    return {};
  if (!json_fits(value))
    throw encode_error{"JSON nests deeper than " + std::to_string(max_json_depth) + " levels"};
  return as_text(value);
}

std::optional<json> json_of_text(std::string_view text, std::string& error) {
  if (text.empty())
    return json{};
  // Text is looked at before it is parsed: taking a value apart that nests a million levels is what
  // must be avoided.
  if (too_deep_at(text, max_json_depth) != text.npos) {
    error = "JSON nests deeper than " + std::to_string(max_json_depth) + " levels";
    return std::nullopt;
  }
  auto out = json::parse(text, nullptr, false);
  if (out.is_discarded()) {
    error = "is not JSON";
    return std::nullopt;
  }
  return out;
}

} // namespace troupe
