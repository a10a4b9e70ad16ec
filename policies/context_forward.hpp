#pragma once

#include <troupe/forwarding.hpp>
#include <troupe/json.hpp>

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

namespace troupe {

/// How much of what came before an agent is shown, edge by edge.
struct forward_rules {
  forwarding otherwise = forwarding::full;
  std::map<std::string, forwarding, std::less<>> from; ///< by the name of the earlier step

  [[nodiscard]] forwarding of(std::string_view step) const {
    const auto hit = from.find(step);
    return hit == from.end() ? otherwise : hit->second;
  }
};

/// What an agent is shown of `previous`, {step: {"text", "data", "confidence"}}: each step's
/// outcome by its own rule. Anything but an object comes back as it is.
[[nodiscard]] json forwarded(const json& previous, const forward_rules& rules);

/// One outcome, {"text", "data", "confidence"}, in this form.
///
/// `structured`: the plain values of its data, and lists and objects within it as long as the whole
/// stays within two fifths of the outcome (all of them, when there is nothing plain); `left_out`
/// names the others. The member `context` is never shown: it is in the typed context. An outcome
/// without data gives the beginning of its text. `summary`: the first sentence and plain values,
/// together within three tenths of the outcome.
[[nodiscard]] json forwarded(const json& outcome, forwarding how);

inline constexpr double structured_share = 0.4; ///< of the whole outcome, in bytes
inline constexpr double summary_share = 0.3;
inline constexpr std::size_t structured_value = 160; ///< bytes of a text among the plain values
inline constexpr std::size_t summary_sentence = 160; ///< bytes of the first sentence
inline constexpr std::size_t summary_least = 60;     ///< bytes of it that are kept in any case
inline constexpr std::size_t summary_values = 6;     ///< plain values that are kept
inline constexpr std::size_t summary_value = 40;     ///< bytes of each of them

/// The share of a model's context above which everything is summarised.
inline constexpr double context_full_at = 0.65;

/// `text` cut to at most `most` bytes, never within a character.
[[nodiscard]] std::string beginning_of(std::string_view text, std::size_t most);

} // namespace troupe
