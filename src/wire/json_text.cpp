#include "src/wire/json_text.hpp"

#include "src/wire/codec.hpp"

namespace troupe {

namespace {

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

/// Counts brackets outside of strings. Looks before the parser does, since taking a value apart
/// that nests a million levels is what must be avoided.
bool text_fits(std::string_view text) noexcept {
  std::size_t depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\')
        ++i;
      else if (c == '"')
        in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      if (++depth > max_json_depth)
        return false;
    } else if ((c == '}' || c == ']') && depth > 0) {
      --depth;
    }
  }
  return true;
}

} // namespace

bool json_fits(const json& value) {
  return fits(value, max_json_depth);
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
  if (!text_fits(text)) {
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
