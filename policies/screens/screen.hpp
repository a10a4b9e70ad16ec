#pragma once

#include "policies/screens/signals.hpp"

#include <troupe/json.hpp>
#include <troupe/screen.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace troupe::screens {

/// What a screen says of a text.
struct verdict {
  screen_action action = screen_action::allow;
  double score = 0;                   ///< 0 to 1: how sure the screen is that it is an attack
  std::vector<sign> signals;          ///< the strongest first
  std::vector<const char*> disguises; ///< what had to be undone to read it
  std::size_t parts = 0;              ///< that were taken out

  /// "override_rules, disguise (0.92)": for traces; holds nothing of the text.
  [[nodiscard]] std::string why() const;
  /// The graver of the two.
  void take(const verdict& other);
};

/// How much a text looks like an attempt to take a model over; `signals` are those of a reading
/// that speaks most for it. Any bytes; linear in the length.
[[nodiscard]] verdict look_at(std::string_view text, screen_place where);

/// Holds `text` against `rule`. From the threshold on its action counts, from `flag_share` of it
/// on the text is flagged. With `strip` what speaks for an attack is cut out of the text, sentence
/// by sentence, and `withheld_mark` left in its place.
[[nodiscard]] verdict screen(std::string& text, screen_place where, screen_rule rule);
/// The same for every text within a document, its keys, and all of them together: what is spread
/// over several is an attack too.
[[nodiscard]] verdict screen(json& document, screen_place where, screen_rule rule);

/// A score as the rule sees it.
[[nodiscard]] screen_action action_for(double score, screen_rule rule) noexcept;

inline constexpr std::string_view withheld_mark = "[withheld]";
/// The share of the threshold from which a text is flagged.
inline constexpr double flag_share = 0.75;
/// Deeper than that no text is looked for: such documents are refused.
inline constexpr int deep_most = 64;

} // namespace troupe::screens
