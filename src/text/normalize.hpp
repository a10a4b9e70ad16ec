#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::text {

/// The most bytes of one message that are looked at; what lies behind is dropped at a character's
/// edge.
inline constexpr std::size_t max_message_bytes = 8 * 1024;

struct normalized {
  std::string text; ///< valid UTF-8, folded, single blanks between words, none at the ends
  bool repaired =
      false; ///< the input held bytes that are not UTF-8; each run of them became a blank
  bool truncated = false; ///< the input was longer than `max_bytes`
};

/// True if all of `text` is well-formed UTF-8 (no surrogates, no overlong forms, nothing above
/// U+10FFFF).
bool valid_utf8(std::string_view text);

/// Folds a message to the form the classifier reads: NFKC with case folded and ignorable characters
/// dropped, curly quotes and long dashes made plain, every run of white space and control
/// characters made one blank. Never throws on any bytes; linear in the length. Safe from any
/// thread.
normalized normalize(std::string_view text, std::size_t max_bytes = max_message_bytes);

/// Splits normalized text into words: runs of letters and digits with every digit written as '0'
/// (so that numbers of one length look alike), apostrophes dropped ("don't" gives "dont"); '?',
/// '!', '%' and money signs are words of their own, all other marks only separate. At most
/// `max_words` are returned. Linear in the length.
std::vector<std::string> words_of(std::string_view normalized_text, std::size_t max_words = 512);

} // namespace troupe::text
