#pragma once

#include <troupe/json.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace troupe {

/// How deep JSON of strangers may be nested, and the results of agents and tasks: whoever copies or
/// writes out what is deeper could run out of stack. What troupe itself makes of them nests them
/// deeper, see `max_json_depth`.
inline constexpr std::size_t json_depth_max = 64;

/// How many bytes there are up to the bracket, outside of strings, that opens the level below the
/// deepest allowed; npos if there is none. Any bytes.
[[nodiscard]] inline std::size_t too_deep_at(std::string_view text,
                                             std::size_t most = json_depth_max) noexcept {
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
      if (++depth > most)
        return i;
    } else if ((c == ']' || c == '}') && depth > 0) {
      --depth;
    }
  }
  return std::string_view::npos;
}

/// Parses JSON that a stranger sent; a discarded value when it is none, or nested too deep.
[[nodiscard]] inline json parse_bounded(std::string_view text) {
  return too_deep_at(text) == std::string_view::npos ? json::parse(text, nullptr, false)
                                                     : json(json::value_t::discarded);
}

/// The member at `key` of an object; a shared null when there is none.
[[nodiscard]] inline const json& part_of(const json& object, const char* key) {
  static const json nothing;
  if (!object.is_object())
    return nothing;
  const auto hit = object.find(key);
  return hit == object.end() ? nothing : *hit;
}

/// The string at `key` of an object; empty when there is none.
[[nodiscard]] inline std::string text_at(const json& object, const char* key) {
  const auto& hit = part_of(object, key);
  return hit.is_string() ? hit.get<std::string>() : std::string{};
}

/// The unsigned number at `key`; 0 when there is none. What is larger than any count of a
/// stranger's can be is cut, so that sums do not overflow.
[[nodiscard]] inline std::uint64_t count_at(const json& object, const char* key) {
  const auto& x = part_of(object, key);
  return x.is_number_unsigned() ? std::min<std::uint64_t>(x.get<std::uint64_t>(), 1u << 30) : 0;
}

} // namespace troupe
