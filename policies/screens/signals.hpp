#pragma once

#include "policies/screens/concepts.hpp"

#include <troupe/enum_names.hpp>
#include <troupe/screen.hpp>

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace troupe::screens {

/// What a text tries to do.
enum class sign : std::uint8_t {
  override_rules, ///< to have instructions ignored or replaced
  role,           ///< to pass for the system, the developer or the end of the data
  persona,        ///< to make the model somebody without rules
  reveal,         ///< to get at the prompt, keys, or what is not the sender's
  exfiltration,   ///< to send something to an address, or hide it in a link
  command,        ///< to give the reader orders as a model: calls of tools, acts without checks
  concealment,    ///< to keep something from the user
  contradiction,  ///< to say that the rules have ceased to hold
  disguise,       ///< to be read by a model and not by people or filters
  leak,           ///< it holds what must not get out
};

} // namespace troupe::screens

namespace troupe {
template <>
struct enum_names<screens::sign> {
  static constexpr std::array<std::string_view, 10> value{
      "override_rules", "role",        "persona",       "reveal",   "exfiltration",
      "command",        "concealment", "contradiction", "disguise", "leak"};
};
} // namespace troupe

namespace troupe::screens {

/// How strongly each sign speaks from a text, 0 to 1.
class strengths {
 public:
  void raise(sign x, double to) noexcept {
    auto& now = all_[static_cast<std::size_t>(x)];
    now = to > now ? to : now;
  }
  void raise(const strengths& by) noexcept {
    for (std::size_t i = 0; i < all_.size(); ++i)
      all_[i] = by.all_[i] > all_[i] ? by.all_[i] : all_[i];
  }
  [[nodiscard]] double of(sign x) const noexcept { return all_[static_cast<std::size_t>(x)]; }
  /// All of them together: independent pieces of evidence (noisy or).
  [[nodiscard]] double together() const noexcept {
    double no = 1;
    for (const auto x : all_)
      no *= 1 - x;
    return 1 - no;
  }
  [[nodiscard]] std::vector<sign> strongest(double least) const;

 private:
  std::array<double, enum_names<sign>::value.size()> all_{};
};

/// What the words of a text try, by meanings that stand near each other. `where`: a request may
/// order things that a tool's result must not.
void look_at_words(const std::vector<word>& words, screen_place where, strengths& out);

/// What the signs of a folded text try: lines that begin like a role's, tokens of chat templates,
/// calls of tools written out, the pretended end of the data, markup that loads or runs something.
void look_at_marks(std::string_view folded, screen_place where, strengths& out);

} // namespace troupe::screens
