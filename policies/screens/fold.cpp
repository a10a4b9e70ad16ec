#include "policies/screens/fold.hpp"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

namespace troupe::screens {

namespace {

/// Letters that look like others, sorted by code point (a few of Unicode's confusables, UTS #39:
/// those that fonts draw alike in lower case).
constexpr std::pair<char32_t, char> alike[] = {
    {0x0261, 'g'}, {0x0262, 'g'}, {0x026A, 'i'}, {0x0274, 'n'}, {0x0280, 'r'}, {0x028F, 'y'},
    {0x0299, 'b'}, {0x029C, 'h'}, {0x029F, 'l'}, {0x03B1, 'a'}, {0x03B5, 'e'}, {0x03B9, 'i'},
    {0x03BA, 'k'}, {0x03BD, 'v'}, {0x03BF, 'o'}, {0x03C1, 'p'}, {0x03C4, 't'}, {0x03C5, 'u'},
    {0x03C7, 'x'}, {0x03C9, 'w'}, {0x0430, 'a'}, {0x0432, 'b'}, {0x0435, 'e'}, {0x043A, 'k'},
    {0x043C, 'm'}, {0x043D, 'h'}, {0x043E, 'o'}, {0x043F, 'n'}, {0x0440, 'p'}, {0x0441, 'c'},
    {0x0442, 't'}, {0x0443, 'y'}, {0x0445, 'x'}, {0x0455, 's'}, {0x0456, 'i'}, {0x0457, 'i'},
    {0x0458, 'j'}, {0x04BB, 'h'}, {0x04CF, 'l'}, {0x0501, 'd'}, {0x051B, 'q'}, {0x051D, 'w'},
    {0x0561, 'w'}, {0x0563, 'q'}, {0x0570, 'h'}, {0x0578, 'n'}, {0x057D, 'u'}, {0x0585, 'o'},
    {0x1D00, 'a'}, {0x1D04, 'c'}, {0x1D05, 'd'}, {0x1D07, 'e'}, {0x1D0A, 'j'}, {0x1D0B, 'k'},
    {0x1D0D, 'm'}, {0x1D0F, 'o'}, {0x1D18, 'p'}, {0x1D1B, 't'}, {0x1D1C, 'u'}, {0x1D20, 'v'},
    {0x1D21, 'w'}, {0x1D22, 'z'}, {0xA730, 'f'}, {0xA731, 's'},
};

/// Letters with a stroke and the like: no marks, but everybody reads them as the plain one.
constexpr std::pair<char32_t, char> plain[] = {
    {0x00F0, 'd'}, {0x00F8, 'o'}, {0x0111, 'd'}, {0x0127, 'h'}, {0x0131, 'i'},
    {0x0142, 'l'}, {0x0167, 't'}, {0x0268, 'i'}, {0x0289, 'u'},
};

template <std::size_t N>
char in(const std::pair<char32_t, char> (&table)[N], char32_t c) {
  const auto hit = std::lower_bound(std::begin(table), std::end(table), c,
                                    [](const auto& x, char32_t y) { return x.first < y; });
  return hit != std::end(table) && hit->first == c ? hit->second : '\0';
}

bool is_unseen(char32_t c) noexcept {
  return c == 0xAD || c == 0x34F || c == 0x61C || c == 0x115F || c == 0x1160 || c == 0x17B4 ||
         c == 0x17B5 || (c >= 0x180B && c <= 0x180E) || (c >= 0x200B && c <= 0x200F) ||
         (c >= 0x202A && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) || c == 0x3164 ||
         c == 0xFEFF || c == 0xFFA0 || (c >= 0xFFF9 && c <= 0xFFFB) ||
         (c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7F;
}

/// Letters within squares, circles and flags, which compatibility forms leave alone.
char32_t boxed(char32_t c) noexcept {
  for (const char32_t first : {0x1F130u, 0x1F150u, 0x1F170u, 0x1F1E6u})
    if (c >= first && c < first + 26)
      return U'a' + (c - first);
  return 0;
}

/// What a run of two kinds of signs without width spells, eight of them to a letter.
std::string from_bits(const std::vector<char32_t>& run) {
  if (run.size() < 24)
    return {};
  const auto zero = run.front();
  std::string out[2];
  for (int which = 0; which < 2; ++which) {
    int bits = 0, value = 0;
    for (const auto c : run) {
      value = value * 2 + ((c == zero) == (which == 1) ? 1 : 0);
      if (++bits < 8)
        continue;
      if (value < 0x20 || value > 0x7E) {
        out[which].clear();
        break;
      }
      out[which] += static_cast<char>(value);
      bits = value = 0;
    }
  }
  return out[0].size() >= out[1].size() ? out[0] : out[1];
}

enum class script : std::uint8_t { none, latin, mixed_in };

script script_of(char32_t c) noexcept {
  if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= 0xC0 && c <= 0x24F))
    return script::latin;
  if ((c >= 0x250 && c <= 0x2AF) || (c >= 0x370 && c <= 0x58F) || (c >= 0x1D00 && c <= 0x1D7F) ||
      (c >= 0xA720 && c <= 0xA7FF))
    return script::mixed_in;
  return script::none;
}

/// Of one stretch between blanks.
void add_compatible(std::string& out, std::string_view text) {
  utf8proc_uint8_t* got = nullptr;
  const auto size = utf8proc_map(
      reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
      static_cast<utf8proc_ssize_t>(text.size()), &got,
      static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPAT | UTF8PROC_COMPOSE |
                                     UTF8PROC_CASEFOLD | UTF8PROC_IGNORE | UTF8PROC_STRIPMARK));
  if (size >= 0)
    out.append(reinterpret_cast<const char*>(got), static_cast<std::size_t>(size));
  else
    out += text;
  std::free(got);
}

/// What is plain ASCII between two blanks has only its capitals folded, in passing: nothing
/// combines over a blank, and most of most texts is plain.
std::string compatible(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    const auto begin = i;
    bool ascii = true;
    for (; i < text.size() && (i == begin || (text[i] != ' ' && text[i] != '\n')); ++i)
      ascii = ascii && (text[i] & 0x80) == 0;
    if (!ascii) {
      add_compatible(out, text.substr(begin, i - begin));
      continue;
    }
    for (auto k = begin; k < i; ++k)
      out += text[k] >= 'A' && text[k] <= 'Z' ? static_cast<char>(text[k] - 'A' + 'a') : text[k];
  }
  return out;
}

/// Puts Latin letters back for those that look like them, word by word.
std::string without_look_alikes(const std::string& text, bool put_back, std::size_t& words) {
  const auto all = code_points(text);
  // Somebody who writes in that script uses letters of it that look like no others.
  const bool foreign = std::any_of(all.begin(), all.end(), [](char32_t c) {
    return script_of(c) == script::mixed_in && in(alike, c) == 0;
  });
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < all.size();) {
    std::size_t end = i;
    bool latin = false, mixed = false;
    for (; end < all.size() && script_of(all[end]) != script::none; ++end) {
      latin = latin || script_of(all[end]) == script::latin;
      mixed = mixed || script_of(all[end]) == script::mixed_in;
    }
    if (end == i) {
      append_utf8(out, all[i++]);
      continue;
    }
    const bool back = put_back && mixed && (latin || !foreign);
    words += back ? 1 : 0;
    for (; i < end; ++i) {
      const char instead = back ? in(alike, all[i]) : '\0';
      const char same = in(plain, all[i]);
      append_utf8(out, instead ? static_cast<char32_t>(instead)
                       : same  ? static_cast<char32_t>(same)
                               : all[i]);
    }
  }
  return out;
}

} // namespace

std::vector<char32_t> code_points(std::string_view text) {
  std::vector<char32_t> out;
  out.reserve(text.size());
  const auto* at = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  auto left = static_cast<utf8proc_ssize_t>(text.size());
  while (left > 0) {
    utf8proc_int32_t c = 0;
    auto n = utf8proc_iterate(at, left, &c);
    if (n <= 0) {
      n = 1;
      c = ' ';
    }
    out.push_back(static_cast<char32_t>(c));
    at += n;
    left -= n;
  }
  return out;
}

void append_utf8(std::string& to, char32_t c) {
  std::array<utf8proc_uint8_t, 4> bytes{};
  const auto n = utf8proc_encode_char(static_cast<utf8proc_int32_t>(c), bytes.data());
  to.append(reinterpret_cast<const char*>(bytes.data()), static_cast<std::size_t>(n));
}

folded fold(std::string_view text, bool put_back) {
  folded out;
  if (std::all_of(text.begin(), text.end(),
                  [](char c) { return (c & 0x80) == 0 && (c >= ' ' || c == '\n' || c == '\t'); })) {
    out.text = compatible(text);
    return out;
  }
  std::string seen;
  seen.reserve(text.size());
  std::vector<char32_t> run; // of signs without width
  char32_t before = 0;
  bool flag = false; // within a flag that is written with tags
  for (const auto c : code_points(text)) {
    if (c >= 0xE0020 && c <= 0xE007E) {
      if (!flag && before != 0x1F3F4)
        out.written_unseen += static_cast<char>(c - 0xE0000);
      flag = flag || before == 0x1F3F4;
    } else if (c >= 0xE0100 && c <= 0xE01EF) {
      out.written_unseen += static_cast<char>(c - 0xE0100 + 16);
    } else if (c >= 0xFE00 && c <= 0xFE0F) {
      // One of these after a sign says how it is drawn; a row of them says something else.
      if (before >= 0xFE00 && before <= 0xFE0F)
        ++out.unseen;
    } else if (is_unseen(c)) {
      if (c != 0x200D && c != '\r') // The joiner belongs to emoji.
        ++out.unseen;
      run.push_back(c);
    } else {
      flag = false;
      const auto letter = boxed(c);
      append_utf8(seen, letter ? letter : c);
    }
    before = c;
  }
  out.written_unseen += from_bits(run);
  out.text = without_look_alikes(compatible(seen), put_back, out.look_alikes);
  return out;
}

} // namespace troupe::screens
