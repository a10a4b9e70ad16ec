#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::screens {

/// One way of reading a text.
struct reading {
  std::string text;     ///< folded
  const char* how = ""; ///< what was undone to get it; empty: the text as it stands
  bool joined = false;  ///< there are no blanks between its words
  double suspicion = 0; ///< of a text that has to be read in this way, whatever it says
};

/// The text as it stands, first, and every other way in which somebody may mean it to be read:
/// letters for digits, letters apart, backwards, shifted, and what is encoded in it (base64,
/// base32, hexadecimal and binary numbers, percent, HTML and backslash escapes, Morse, signs that
/// nobody sees), also within each other. Bounded: a text of n bytes gives at most `readings_max`
/// readings of together 8 n bytes.
[[nodiscard]] std::vector<reading> readings_of(std::string_view text);

inline constexpr std::size_t readings_max = 48;

/// What is encoded in a text, decoded once: each run that decodes to text.
struct decoded {
  std::string text;
  const char* how = "";
};
[[nodiscard]] std::vector<decoded> decode_runs(std::string_view text);

} // namespace troupe::screens
