#pragma once

#include "policies/screens/concepts.hpp"

#include <span>

namespace troupe::screens {

/// Words and phrases of one meaning, with blanks between them. `_` joins the words of a phrase, a
/// `*` at the end stands for any ending.
struct lexicon_line {
  concepts means;
  const char* words;
};

// The words are in English, German, French, Spanish, Portuguese, Italian, Dutch, Polish, Russian,
// Turkish, Arabic, Hindi, Chinese, Japanese and Korean. Meanings, not attacks: what an attack is,
// the patterns say. A word may stand in several tables, and then means all of it.

[[nodiscard]] std::span<const lexicon_line> words_of_rules() noexcept;
[[nodiscard]] std::span<const lexicon_line> words_of_roles() noexcept;
[[nodiscard]] std::span<const lexicon_line> words_of_deeds() noexcept;
/// Phrases that hardly mean anything else, words of more languages, and the common words of all.
[[nodiscard]] std::span<const lexicon_line> phrases() noexcept;

} // namespace troupe::screens
