#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

/// The words of a text that say what it is about: in small letters, without those that every text
/// has
/// ("the", "please"), and numbers with their signs gone: `LF-10200` is `lf` and `10200`. Letters
/// beyond ASCII belong to words as they are.
[[nodiscard]] std::set<std::string> content_words(std::string_view text);

/// The share of `words` that is also in `among`; 1 when there are none.
[[nodiscard]] double share_in(const std::set<std::string>& words,
                              const std::set<std::string>& among);

/// The numbers among them.
[[nodiscard]] std::set<std::string> numbers_in(const std::set<std::string>& words);

/// The sentences and clauses that a message falls into at its punctuation and at words that join
/// requests ("and", "then", "also"), as far as both sides have three words. It need not be right:
/// it is what a plan for the message is held against. Linear in the length, but for the sorting of
/// the cuts.
[[nodiscard]] std::vector<std::string> rough_clauses(std::string_view text);

} // namespace troupe
