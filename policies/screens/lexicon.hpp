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

/// In English, German, French, Spanish, Portuguese, Italian, Dutch, Polish, Russian, Turkish,
/// Arabic, Hindi, Chinese, Japanese and Korean. Meanings, not attacks: what an attack is, the
/// patterns say.
[[nodiscard]] std::span<const lexicon_line> lexicon() noexcept;

} // namespace troupe::screens
