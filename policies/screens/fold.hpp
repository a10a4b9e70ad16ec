#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::screens {

/// A text as its words are compared: compatibility forms, case, accents and other marks folded
/// (NFKC), signs that nobody sees left out, letters that only look like Latin ones put back where
/// they stand among Latin ones.
struct folded {
  std::string text;
  std::size_t unseen = 0;      ///< signs without width, or that turn the direction, left out
  std::size_t look_alikes = 0; ///< words in which letters of several scripts were mixed
  std::string written_unseen;  ///< what signs that nobody sees have spelt; empty: nothing
};

/// Never throws on any bytes; what is not UTF-8 becomes a blank. Linear in the length.
/// `put_back`: false leaves letters that look like Latin ones as they are.
[[nodiscard]] folded fold(std::string_view text, bool put_back = true);

/// The code points of valid or invalid UTF-8, the latter as blanks.
[[nodiscard]] std::vector<char32_t> code_points(std::string_view text);
void append_utf8(std::string& to, char32_t c);

} // namespace troupe::screens
