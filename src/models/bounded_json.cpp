#include "src/models/bounded_json.hpp"

#include <algorithm>

namespace troupe::models {

namespace {

constexpr std::size_t depth_max = 64;

/// Whether brackets outside of strings are nested deeper than `depth_max`.
bool too_deep(std::string_view text) {
  std::size_t depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '\\')
        ++i;
      else if (c == '"')
        quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == '[' || c == '{') {
      if (++depth > depth_max)
        return true;
    } else if ((c == ']' || c == '}') && depth > 0) {
      --depth;
    }
  }
  return false;
}

} // namespace

json parse_bounded(std::string_view text) {
  if (too_deep(text))
    return json(json::value_t::discarded);
  return json::parse(text, nullptr, false);
}

std::string text_at(const json& object, const char* key) {
  if (!object.is_object())
    return {};
  const auto hit = object.find(key);
  return hit != object.end() && hit->is_string() ? hit->get<std::string>() : std::string{};
}

const json& part_of(const json& object, const char* key) {
  static const json nothing;
  if (!object.is_object())
    return nothing;
  const auto hit = object.find(key);
  return hit == object.end() ? nothing : *hit;
}

std::uint64_t count_at(const json& object, const char* key) {
  const auto& x = part_of(object, key);
  // A count that no model reaches is nonsense, and would overflow what is summed up from it.
  return x.is_number_unsigned() ? std::min<std::uint64_t>(x.get<std::uint64_t>(), 1u << 30) : 0;
}

} // namespace troupe::models
