#include "policies/screens/concepts.hpp"

#include "policies/screens/fold.hpp"
#include "policies/screens/lexicon.hpp"

#include <algorithm>
#include <string>
#include <unordered_map>

namespace troupe::screens {

namespace {

constexpr std::size_t phrase_most = 5; ///< words of a phrase
constexpr std::size_t stem_least = 3;  ///< letters of a stem
constexpr std::size_t word_most = 48;  ///< bytes of a word that is looked up
/// Only in words of so many letters mistakes are looked past: shorter ones become other words.
constexpr std::size_t mistakes_from = 6;

bool is_ascii_letter(char c) noexcept {
  return c >= 'a' && c <= 'z';
}

/// Scripts that leave no blanks between words.
bool is_dense(char32_t c) noexcept {
  return (c >= 0x3040 && c <= 0x30FF) || (c >= 0x3400 && c <= 0x4DBF) ||
         (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x0E00 && c <= 0x0E7F);
}

bool is_letter(char32_t c) noexcept {
  return (c < 0x80 && (is_ascii_letter(static_cast<char>(c)) || (c >= '0' && c <= '9'))) ||
         (c >= 0xC0 && c != 0xD7 && c != 0xF7 && c < 0x2000) || (c >= 0x2C00 && c < 0x2E00) ||
         (c >= 0x3040 && c < 0xFE00);
}

bool is_ascii(const std::string& x) noexcept {
  return std::all_of(x.begin(), x.end(), [](char c) { return (c & 0x80) == 0; });
}

/// The first and last letter and those between them in order: the same for words with letters
/// swapped.
std::string swapped_form(std::string x) {
  if (x.size() > 3)
    std::sort(x.begin() + 1, x.end() - 1);
  return x;
}

class dictionary {
 public:
  dictionary() {
    for (const auto lines : {words_of_rules(), words_of_roles(), words_of_deeds(), phrases()})
      for (const auto& line : lines)
        add_all(line.words, line.means);
  }

  [[nodiscard]] concepts phrase(const std::string& x) const { return in(phrases_, x); }
  /// What was looked up a moment ago is remembered, by each thread for itself: most words of a text
  /// come again.
  [[nodiscard]] concepts of(const std::string& x) const {
    if (x.empty() || x.size() > word_most)
      return 0;
    struct remembered {
      std::string word;
      concepts means = 0;
    };
    thread_local std::vector<remembered> lately(4096);
    auto& slot = lately[std::hash<std::string>{}(x) % lately.size()];
    if (slot.word != x)
      slot = {x, look_up(x)};
    return slot.means;
  }
  /// The longest word that `x` begins with.
  [[nodiscard]] std::pair<std::size_t, concepts> beginning(std::string_view x,
                                                           std::size_t least) const {
    for (auto n = std::min(x.size(), word_most); n >= least && n > 0; --n) {
      const std::string part{x.substr(0, n)};
      if (const auto means = in(words_, part) | in(stems_, part))
        return {n, means};
    }
    return {0, 0};
  }

 private:
  [[nodiscard]] concepts look_up(const std::string& x) const {
    auto out = in(words_, x);
    for (auto n = std::min(x.size(), longest_stem_); n >= stem_least; --n)
      out |= in(stems_, x.substr(0, n));
    return out == 0 ? with_mistakes(x) : out;
  }

  using table = std::unordered_map<std::string, concepts>;
  static concepts in(const table& from, const std::string& x) {
    const auto hit = from.find(x);
    return hit == from.end() ? 0 : hit->second;
  }

  void add_all(std::string_view written, concepts means) {
    while (!written.empty()) {
      const auto blank = written.find(' ');
      add(written.substr(0, blank), means);
      written.remove_prefix(blank == written.npos ? written.size() : blank + 1);
    }
  }
  void add(std::string_view written, concepts means) {
    if (written.empty())
      return;
    const bool stem = written.back() == '*';
    if (stem)
      written.remove_suffix(1);
    auto key = fold(written, false).text;
    key.erase(std::remove(key.begin(), key.end(), '\''), key.end());
    // What is written with a dash is read as several words.
    std::replace(key.begin(), key.end(), '-', '_');
    std::replace(key.begin(), key.end(), '.', '_');
    if (key.find('_') != std::string::npos) {
      phrases_[key] |= means;
      return;
    }
    (stem ? stems_ : words_)[key] |= means;
    if (stem)
      longest_stem_ = std::max(longest_stem_, key.size());
    if (stem || key.size() < mistakes_from || !is_ascii(key))
      return;
    constexpr concepts worth = c_ignore | c_prior | c_rules | c_reveal | c_secret | c_free |
                               c_hidden | c_persona | c_safety;
    if ((means & worth) == 0)
      return;
    swapped_[swapped_form(key)] |= means;
    for (std::size_t i = 1; i < key.size(); ++i)
      shorter_[key.substr(0, i) + key.substr(i + 1)] |= means;
  }

  /// Letters swapped, one left out, one too many, or one replaced.
  [[nodiscard]] concepts with_mistakes(const std::string& x) const {
    if (x.size() + 1 < mistakes_from || !is_ascii(x))
      return 0;
    if (const auto means = in(swapped_, swapped_form(x)))
      return means;
    if (const auto means = in(shorter_, x))
      return means;
    if (x.size() < mistakes_from + 2)
      return 0;
    for (std::size_t i = 1; i < x.size(); ++i) {
      const auto less = x.substr(0, i) + x.substr(i + 1);
      if (const auto means = in(words_, less) | in(shorter_, less))
        return means & ~c_word;
    }
    return 0;
  }

  table words_, stems_, phrases_, swapped_, shorter_;
  std::size_t longest_stem_ = 0;
};

const dictionary& words() {
  static const dictionary all;
  return all;
}

struct token {
  std::string text;
  std::uint32_t at = 0;
  bool dense = false;
};

/// Words as the folded text has them; addresses are one word each.
std::vector<token> tokens_of(std::string_view folded) {
  std::vector<token> out;
  const auto all = code_points(folded);
  std::uint32_t place = 0;
  for (std::size_t i = 0; i < all.size();) {
    const auto c = all[i];
    if (!is_letter(c)) {
      if (c == '.' || c == '!' || c == '?' || c == ';' || c == '\n' || c == 0x3002)
        place += 2;
      ++i;
      continue;
    }
    token t;
    t.dense = is_dense(c);
    // An apostrophe belongs to its word, except where letters end.
    while (i < all.size() && ((is_letter(all[i]) && is_dense(all[i]) == t.dense) ||
                              (!t.dense && (all[i] == '\'' || all[i] == 0x2019) &&
                               i + 1 < all.size() && is_letter(all[i + 1])))) {
      if (all[i] != '\'' && all[i] != 0x2019)
        append_utf8(t.text, all[i]);
      ++i;
    }
    // somebody@somewhere.example
    if (i + 1 < all.size() && all[i] == '@' && is_letter(all[i + 1])) {
      t.text = "https";
      while (i < all.size() && (is_letter(all[i]) || all[i] == '@' || all[i] == '.' ||
                                all[i] == '-' || all[i] == '_'))
        ++i;
    }
    t.at = place++;
    out.push_back(std::move(t));
  }
  return out;
}

void read_dense(const std::string& text, std::uint32_t at, std::vector<word>& out) {
  std::uint32_t passed = 0;
  for (std::size_t i = 0; i < text.size();) {
    const auto [size, means] = words().beginning(std::string_view{text}.substr(i), 3);
    if (size > 0) {
      out.push_back({means, at + passed / 2});
      ++passed;
      i += size;
      continue;
    }
    do
      ++i;
    while (i < text.size() && (text[i] & 0xC0) == 0x80);
    ++passed;
  }
}

} // namespace

std::vector<word> read_words(std::string_view folded) {
  const auto all = tokens_of(folded);
  std::vector<word> out;
  std::uint32_t shift = 0; // Words without blanks take more than one place.
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto& t = all[i];
    if (t.dense) {
      const auto before = out.size();
      read_dense(t.text, t.at + shift, out);
      if (out.size() > before)
        shift += out.back().at - (t.at + shift);
      continue;
    }
    auto means = words().of(t.text);
    // The first word of a phrase stands for it.
    std::string phrase = t.text;
    for (std::size_t n = 1; n < phrase_most && i + n < all.size() && !all[i + n].dense &&
                            all[i + n].at <= all[i].at + n;
         ++n) {
      phrase += '_';
      phrase += all[i + n].text;
      means |= words().phrase(phrase);
    }
    if (means != 0)
      out.push_back({means, t.at + shift});
  }
  return out;
}

double likeness(std::string_view folded) {
  std::size_t letters = 0, known = 0;
  for (const auto& t : tokens_of(folded)) {
    if (t.dense)
      return 1;
    letters += t.text.size();
    // A digit is in no word of a language.
    if (words().of(t.text) != 0)
      known += t.text.size();
  }
  return letters == 0 ? 1 : static_cast<double>(known) / static_cast<double>(letters);
}

std::vector<word> read_joined(std::string_view letters) {
  std::vector<word> out;
  std::uint32_t at = 0, skipped = 0;
  for (std::size_t i = 0; i < letters.size();) {
    const auto [size, means] = words().beginning(letters.substr(i), 3);
    if (size > 0) {
      at += skipped / 5 + 1;
      skipped = 0;
      out.push_back({means, at});
      i += size;
    } else {
      ++i;
      ++skipped;
    }
  }
  return out;
}

} // namespace troupe::screens
