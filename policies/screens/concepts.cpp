#include "policies/screens/concepts.hpp"

#include "policies/screens/dictionary.hpp"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <deque>
#include <string>

namespace troupe::screens {

namespace {

constexpr std::size_t phrase_most = 5; ///< words of a phrase

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

struct token {
  std::string_view text;
  std::uint32_t at = 0;
  bool dense = false;
};

/// Words as the folded text has them, one after the other; addresses are one word each.
class tokenizer {
 public:
  explicit tokenizer(std::string_view folded)
      : text_(folded) {}

  /// False: there are no more. What a token shows lives as long as the text and this.
  bool next(token& out) {
    while (at_ < text_.size()) {
      const auto [c, size] = here(at_);
      if (is_letter(c)) {
        read(out, is_dense(c));
        return true;
      }
      if (c == '.' || c == '!' || c == '?' || c == ';' || c == '\n' || c == 0x3002)
        place_ += 2;
      at_ += size;
    }
    return false;
  }

 private:
  struct letter {
    char32_t c = ' ';
    std::size_t size = 1;
  };
  /// What is not UTF-8 is a blank.
  [[nodiscard]] letter here(std::size_t at) const {
    const char first = text_[at];
    if ((first & 0x80) == 0)
      return {static_cast<char32_t>(first), 1};
    utf8proc_int32_t c = 0;
    const auto n = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text_.data() + at),
                                    static_cast<utf8proc_ssize_t>(text_.size() - at), &c);
    return n <= 0 ? letter{} : letter{static_cast<char32_t>(c), static_cast<std::size_t>(n)};
  }
  [[nodiscard]] bool letter_at(std::size_t at) const {
    return at < text_.size() && is_letter(here(at).c);
  }

  void read(token& out, bool dense) {
    const auto begin = at_;
    std::string* without = nullptr; // An apostrophe is left out.
    while (at_ < text_.size()) {
      const auto [c, size] = here(at_);
      const bool apostrophe = c == '\'' || c == 0x2019;
      // An apostrophe belongs to its word, except where letters end.
      if (apostrophe ? dense || !letter_at(at_ + size) : !is_letter(c) || is_dense(c) != dense)
        break;
      if (apostrophe && !without)
        without = &written_.emplace_back(text_.substr(begin, at_ - begin));
      else if (!apostrophe && without)
        without->append(text_, at_, size);
      at_ += size;
    }
    out.text = without ? std::string_view{*without} : text_.substr(begin, at_ - begin);
    out.dense = dense;
    out.at = place_++;
    // somebody@somewhere.example
    if (at_ >= text_.size() || text_[at_] != '@' || !letter_at(at_ + 1))
      return;
    out.text = "https";
    while (at_ < text_.size()) {
      const auto [c, size] = here(at_);
      if (!is_letter(c) && c != '@' && c != '.' && c != '-' && c != '_')
        break;
      at_ += size;
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::uint32_t place_ = 0;
  std::deque<std::string> written_;
};

void read_dense(std::string_view text, std::uint32_t at, std::vector<word>& out) {
  std::uint32_t passed = 0;
  for (std::size_t i = 0; i < text.size();) {
    const auto [size, means] = known_words().beginning(text.substr(i), 3);
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
  tokenizer from{folded};
  std::vector<token> all;
  for (token t; from.next(t);)
    all.push_back(t);
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
    auto means = known_words().of(t.text);
    // The first word of a phrase stands for it.
    auto phrase = known_words().phrase(t.text);
    for (std::size_t n = 1; phrase.goes_on() && n < phrase_most && i + n < all.size() &&
                            !all[i + n].dense && all[i + n].at <= all[i].at + n;
         ++n)
      means |= phrase.add(all[i + n].text);
    if (means != 0)
      out.push_back({means, t.at + shift});
  }
  return out;
}

double likeness(std::string_view folded) {
  std::size_t letters = 0, known = 0;
  tokenizer from{folded};
  for (token t; from.next(t);) {
    if (t.dense)
      return 1;
    letters += t.text.size();
    // A digit is in no word of a language.
    if (known_words().of(t.text) != 0)
      known += t.text.size();
  }
  return letters == 0 ? 1 : static_cast<double>(known) / static_cast<double>(letters);
}

std::uint32_t likely_shifts(std::string_view folded, double least) {
  std::size_t letters = 0, always = 0;
  std::array<std::size_t, 26> known{};
  tokenizer from{folded};
  for (token t; from.next(t);) {
    const auto size = t.text.size();
    letters += size;
    if (!is_ascii_letter(t.text.front())) {
      always += known_words().of(t.text) != 0 ? size : 0;
      continue;
    }
    const auto by = known_words().shifts_of(t.text);
    for (std::size_t k = 0; k < known.size(); ++k)
      known[k] += (by >> k & 1) != 0 ? size : 0;
  }
  std::uint32_t out = 0;
  for (std::size_t k = 0; k < known.size(); ++k)
    if (static_cast<double>(known[k] + always) >= least * static_cast<double>(letters))
      out |= 1u << k;
  return out;
}

std::vector<word> read_joined(std::string_view letters) {
  std::vector<word> out;
  std::uint32_t at = 0, skipped = 0;
  for (std::size_t i = 0; i < letters.size();) {
    const auto [size, means] = known_words().beginning(letters.substr(i), 3);
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
