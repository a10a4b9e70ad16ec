#pragma once

#include <compare>
#include <cstdint>
#include <string_view>
#include <vector>

// The words of which one makes another question of a question. All are lists, and none is whole:
// they stop the likeness of two questions, and never make one.
namespace troupe::cache {

/// The number that a word in small letters stands for, as "2" for "two", "twice" and not "second",
/// which is also a time; "one" for "one", which often is no number. Empty: none.
[[nodiscard]] std::string_view number_of(std::string_view word);

/// "not", "never", and the like in the languages around.
[[nodiscard]] bool turns_around(std::string_view word);

/// A word that another question may have besides, but not another one of these in its place.
[[nodiscard]] bool is_turning(std::string_view word);

/// A word without which it is another question: "block", "stolen". By its stem.
[[nodiscard]] bool is_firm(std::string_view stem);

/// Which side of which opposites a word is on: "accepted" and "rejected" are two sides of one.
struct side {
  std::uint8_t of = 0;
  std::uint8_t which = 0;
  friend auto operator<=>(const side&, const side&) = default;
};
/// By its stem; "on" is asked for only where something is switched, "through" where it went.
[[nodiscard]] const std::vector<side>& sides_of(std::string_view stem);

/// A word that any question may have or lack: "the", "please".
[[nodiscard]] bool says_little(std::string_view word);

} // namespace troupe::cache
