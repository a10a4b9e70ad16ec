#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

namespace troupe {

/// The words of an enumeration, in the order of its values. Specialise it beside the enumeration;
/// wire, YAML, logs and the command line then all speak the same words.
template <class E>
struct enum_names;

template <class E>
concept named_enum = std::is_enum_v<E> && requires {
  enum_names<E>::value[0];
};

/// The word for `x`; "?" for a value outside the enumeration, which only a programming error can
/// produce.
template <named_enum E>
constexpr std::string_view to_string(E x) noexcept {
  const auto i = static_cast<std::size_t>(x);
  return i < enum_names<E>::value.size() ? enum_names<E>::value[i] : std::string_view{"?"};
}

/// The value that `word` stands for, or nothing.
template <named_enum E>
constexpr std::optional<E> parse_enum(std::string_view word) noexcept {
  for (std::size_t i = 0; i < enum_names<E>::value.size(); ++i)
    if (enum_names<E>::value[i] == word)
      return static_cast<E>(i);
  return std::nullopt;
}

/// All words of `E`, separated by ", ": for messages that say what is allowed.
template <named_enum E>
std::string words_of() {
  std::string out;
  for (auto word : enum_names<E>::value) {
    if (!out.empty())
      out += ", ";
    out += word;
  }
  return out;
}

} // namespace troupe
