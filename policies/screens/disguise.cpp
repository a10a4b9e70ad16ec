#include "policies/screens/disguise.hpp"

#include "policies/screens/concepts.hpp"
#include "policies/screens/fold.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace troupe::screens {

namespace {

constexpr int nested_most = 3;       ///< encodings within each other
constexpr std::size_t grow_most = 8; ///< times the text's own size
constexpr double is_language = 0.3;  ///< of its letters belong to words that everybody uses
/// Likewise, without looking past mistakes: worth a closer look. Low, for words that are shifted
/// may be full of mistakes besides.
constexpr double maybe_language = 0.1;

constexpr bool is_letter(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// What each sign of `from` stands for; 0: it is none of them.
constexpr std::array<char, 256> table_of(std::string_view from, std::string_view to) noexcept {
  std::array<char, 256> out{};
  for (std::size_t i = 0; i < from.size(); ++i)
    out[static_cast<unsigned char>(from[i])] = to[i];
  return out;
}

/// Letters for the digits and signs that stand for them within words; empty: there are none.
std::string without_leet(const std::string& text, char one) {
  static constexpr auto meant = table_of("034578@$!|+6921", "oeastbasiltggzi");
  const auto letter_for = [](char c) { return meant[static_cast<unsigned char>(c)]; };
  std::string out = text;
  bool changed = false;
  for (std::size_t i = 0; i < out.size();) {
    auto end = i;
    std::size_t letters = 0, signs = 0;
    while (end < out.size() && (is_letter(out[end]) || letter_for(out[end]) != '\0')) {
      (is_letter(out[end]) ? letters : signs) += 1;
      ++end;
    }
    // A mark at the end of a sentence is no letter.
    auto stop = end;
    while (stop > i && (text[stop - 1] == '!' || text[stop - 1] == '+'))
      --stop;
    if (letters > 0 && signs > 0)
      for (std::size_t k = i; k < stop; ++k)
        if (const char letter = letter_for(out[k]); letter != '\0') {
          out[k] = out[k] == '1' ? one : letter;
          changed = true;
        }
    i = end == i ? i + 1 : end;
  }
  return changed ? out : std::string{};
}

/// Runs of single letters with signs between them, as words; empty: there are none. Where the gap
/// is wider than between letters a word ends; `joined`: it nowhere is.
std::string without_gaps(const std::string& text, bool& joined) {
  std::string out;
  bool changed = false;
  const auto alone = [&](std::size_t at) {
    return is_letter(text[at]) && (at == 0 || !is_letter(text[at - 1])) &&
           (at + 1 >= text.size() || !is_letter(text[at + 1]));
  };
  for (std::size_t i = 0; i < text.size();) {
    if (!alone(i)) {
      out += text[i++];
      continue;
    }
    std::string letters;
    std::vector<std::size_t> gaps;
    std::size_t at = i;
    while (at < text.size() && alone(at)) {
      letters += text[at++];
      std::size_t gap = 0;
      while (at < text.size() && !std::isalnum(static_cast<unsigned char>(text[at])) && gap < 8) {
        ++gap;
        ++at;
      }
      gaps.push_back(gap);
    }
    if (letters.size() < 6) {
      out += text[i++];
      continue;
    }
    const auto usual = *std::min_element(gaps.begin(), gaps.end() - 1);
    bool wide = false;
    for (std::size_t k = 0; k < letters.size(); ++k) {
      out += letters[k];
      if (gaps[k] > usual) {
        out += ' ';
        wide = wide || k + 1 < letters.size();
      }
    }
    out += ' ';
    joined = joined || !wide;
    changed = true;
    i = at;
  }
  return changed ? out : std::string{};
}

/// Signs within words taken out: ig.no.re, ig-no-re. Empty: there are hardly any.
std::string without_signs(const std::string& text) {
  static constexpr auto signs = table_of(".-_*~|/^'", ".-_*~|/^'");
  std::string out;
  out.reserve(text.size());
  std::size_t taken = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (signs[static_cast<unsigned char>(text[i])] != '\0' && i > 0 && i + 1 < text.size() &&
        is_letter(text[i - 1]) && is_letter(text[i + 1]))
      ++taken;
    else
      out += text[i];
  }
  return taken >= 3 ? out : std::string{};
}

std::string shifted(const std::string& text, int by) {
  auto out = text;
  for (auto& c : out)
    if (c >= 'a' && c <= 'z')
      c = static_cast<char>('a' + (c - 'a' + by) % 26);
  return out;
}

std::string mirrored(const std::string& text) {
  auto out = text;
  for (auto& c : out)
    if (c >= 'a' && c <= 'z')
      c = static_cast<char>('a' + ('z' - c));
  return out;
}

std::string letters_backwards(std::string_view text) {
  auto all = code_points(text);
  std::string out;
  for (auto c = all.rbegin(); c != all.rend(); ++c)
    append_utf8(out, *c);
  return out;
}

std::string each_word_backwards(const std::string& text) {
  std::string out = text;
  for (std::size_t i = 0; i < out.size();) {
    auto end = i;
    while (end < out.size() && out[end] != ' ' && out[end] != '\n')
      ++end;
    std::reverse(out.begin() + static_cast<std::ptrdiff_t>(i),
                 out.begin() + static_cast<std::ptrdiff_t>(end));
    i = end + 1;
  }
  return out;
}

/// Pig Latin: the letters before the first vowel behind the word, and "ay". Empty: it is none.
std::string from_pig_latin(const std::string& text) {
  std::string out;
  std::size_t changed = 0, words = 0;
  for (std::size_t i = 0; i < text.size();) {
    auto end = i;
    while (end < text.size() && is_letter(text[end]))
      ++end;
    auto word = text.substr(i, end - i);
    if (!word.empty()) {
      ++words;
      if (word.size() > 3 && word.ends_with("ay")) {
        ++changed;
        word.resize(word.size() - 2);
        if (word.ends_with("w") || word.ends_with("y")) {
          word.pop_back();
        } else {
          auto back = word.size();
          while (back > 1 && word.size() - back < 3 &&
                 std::string_view{"aeiou"}.find(word[back - 1]) == std::string_view::npos)
            --back;
          // Of several letters behind it nobody knows how many were in front: all that can have
          // been.
          std::string others;
          for (auto k = back; k < word.size(); ++k)
            others += (others.empty() ? "" : " ") + word.substr(k) + word.substr(0, k);
          word = others.empty() ? word : others;
        }
      }
    }
    out += word;
    if (end == i)
      out += text[end++];
    i = end;
  }
  return changed >= 4 && changed * 2 >= words ? out : std::string{};
}

class reader {
 public:
  explicit reader(std::string_view text)
      : most_(text.size() * grow_most + 256) {
    read(text, "", 0, 0);
  }
  std::vector<reading> out;

 private:
  bool add(reading x) {
    if (out.size() >= readings_max || bytes_ + x.text.size() > most_)
      return false;
    bytes_ += x.text.size();
    out.push_back(std::move(x));
    return true;
  }

  void read(std::string_view raw, const char* how, double suspicion, int deep) {
    auto f = fold(raw);
    if (f.look_alikes >= 2)
      suspicion = std::max(suspicion, 0.35);
    if (f.unseen >= 4)
      suspicion = std::max(suspicion, 0.3);
    if (!add({f.text, how, false, suspicion}))
      return;
    if (!f.written_unseen.empty() && deep < nested_most)
      read(f.written_unseen, "unseen signs", 0.6, deep + 1);
    // Signs without width may stand for the blanks that are missing.
    undo(f.text);
    if (deep < nested_most)
      for (auto& x : decode_runs(raw))
        read(x.text, x.how, 0.25, deep + 1);
  }

  void undo(const std::string& text) {
    // Where there is no 1 the second reading is the first.
    for (const char one : {'i', 'l'})
      if (one == 'l' && text.find('1') == std::string::npos)
        break;
      else if (auto plain = without_leet(text, one); !plain.empty())
        add({std::move(plain), "digits for letters", false, 0});
      else
        break;
    bool joined = false;
    if (auto closed = without_gaps(text, joined); !closed.empty()) {
      if (joined)
        closed.erase(std::remove(closed.begin(), closed.end(), ' '), closed.end());
      add({std::move(closed), "letters apart", joined, 0.3});
    }
    if (auto plain = without_signs(text); !plain.empty())
      add({std::move(plain), "signs within words", false, 0});
    long_words(text);
    if (auto plain = from_pig_latin(text); !plain.empty())
      add({std::move(plain), "pig latin", false, 0.3});
    std::size_t letters = 0;
    for (const char c : text)
      letters += is_letter(c) ? 1 : 0;
    if (letters < 12 || likeness(text) >= is_language)
      return;
    // No language as it stands.
    const auto try_one = [&](std::string x, const char* how) {
      if (likeness(x) >= is_language)
        add({std::move(x), how, false, 0.3});
    };
    try_one(letters_backwards(text), "backwards");
    try_one(each_word_backwards(text), "words backwards");
    try_one(mirrored(text), "mirrored letters");
    if (text.size() > 4096)
      return;
    const auto likely = likely_shifts(text, maybe_language);
    for (int by = 1; by < 26; ++by)
      if ((likely >> by & 1) != 0)
        try_one(shifted(text, by), "shifted letters");
  }

  /// A word longer than any is several without blanks: ignoreallrules, ignore_all_rules,
  /// IgnoreAllRules.
  void long_words(const std::string& text) {
    std::string found;
    for (std::size_t i = 0; i < text.size();) {
      auto end = i;
      while (end < text.size() && is_letter(text[end]))
        ++end;
      if (end - i >= 18)
        found += text.substr(i, end - i) + " ";
      i = end == i ? i + 1 : end;
    }
    if (!found.empty())
      add({std::move(found), "no blanks", true, 0});
  }

  std::size_t most_;
  std::size_t bytes_ = 0;
};

} // namespace

std::vector<reading> readings_of(std::string_view text) {
  return reader{text}.out;
}

} // namespace troupe::screens
