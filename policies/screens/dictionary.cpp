#include "policies/screens/dictionary.hpp"

#include "policies/screens/fold.hpp"
#include "policies/screens/lexicon.hpp"

#include <algorithm>
#include <array>
#include <functional>

namespace troupe::screens {

namespace {

constexpr std::size_t stem_least = 3; ///< letters of a stem
constexpr std::size_t word_most = 48; ///< bytes of a word that is looked up
/// Only in words of so many letters mistakes are looked past: shorter ones become other words.
constexpr std::size_t mistakes_from = 6;

bool is_seven_bit(std::string_view x) noexcept {
  return std::all_of(x.begin(), x.end(), [](char c) { return (c & 0x80) == 0; });
}

bool is_small_letter(char c) noexcept {
  return c >= 'a' && c <= 'z';
}

/// The first and last letter and those between them in order: the same for words with letters
/// swapped.
std::string swapped_form(std::string_view from) {
  std::string x{from};
  if (x.size() > 3)
    std::sort(x.begin() + 1, x.end() - 1);
  return x;
}

/// The same for all words of one swapped form, and hardly for others.
std::uint64_t swapped_sum(std::string_view x) noexcept {
  const auto spread = [](std::uint64_t c) {
    c *= 0x9E3779B97F4A7C15ull;
    c ^= c >> 29;
    return c * 0xBF58476D1CE4E5B9ull;
  };
  std::uint64_t out = 0;
  for (const char c : x)
    out += spread(static_cast<unsigned char>(c) + 1u);
  return out + spread(static_cast<unsigned char>(x.front()) + 1000u) +
         spread(static_cast<unsigned char>(x.back()) + 2000u);
}

/// From one letter to the next, along the alphabet and round.
char distance(char from, char to) noexcept {
  return static_cast<char>((to - from + 26) % 26 + 1);
}

} // namespace

dictionary::dictionary() {
  for (const auto lines : {words_of_rules(), words_of_roles(), words_of_deeds(), phrases()})
    for (const auto& line : lines)
      add_all(line.words, line.means);
}

void dictionary::add_all(std::string_view written, concepts means) {
  while (!written.empty()) {
    const auto blank = written.find(' ');
    add(written.substr(0, blank), means);
    written.remove_prefix(blank == written.npos ? written.size() : blank + 1);
  }
}

void dictionary::add(std::string_view written, concepts means) {
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
    phrases_.grow(key) |= means;
    return;
  }
  auto& here = words_.grow(key);
  (stem ? here.stem : here.word) |= means;
  add_shifted(key, stem);
  if (stem || key.size() < mistakes_from || !is_seven_bit(key))
    return;
  constexpr concepts worth =
      c_ignore | c_prior | c_rules | c_reveal | c_secret | c_free | c_hidden | c_persona | c_safety;
  if ((means & worth) == 0)
    return;
  swapped_[swapped_form(key)] |= means;
  swapped_sums_.insert(swapped_sum(key));
  for (std::size_t i = 1; i < key.size(); ++i)
    shorter_.grow(key.substr(0, i) + key.substr(i + 1)) |= means;
}

void dictionary::add_shifted(std::string_view key, bool stem) {
  if (key.empty() || !std::all_of(key.begin(), key.end(), is_small_letter))
    return;
  std::string steps;
  for (std::size_t i = 1; i < key.size(); ++i)
    steps += distance(key[i - 1], key[i]);
  auto& here = shifted_.grow(steps);
  (stem ? here.stem : here.word) |= 1u << (key.front() - 'a');
}

concepts dictionary::of(std::string_view x) const {
  if (x.empty() || x.size() > word_most)
    return 0;
  return look_up(x);
}

concepts dictionary::look_up(std::string_view x) const {
  concepts out = 0;
  letter_tree<meaning>::place at = 0;
  for (std::size_t i = 0; i < x.size() && at != words_.nowhere; ++i) {
    at = words_.step(at, static_cast<unsigned char>(x[i]));
    if (at != words_.nowhere && i + 1 >= stem_least)
      out |= words_.at(at).stem;
  }
  if (at != words_.nowhere)
    out |= words_.at(at).word;
  if (out != 0 || x.size() + 1 < mistakes_from)
    return out;
  // What was looked up a moment ago is remembered, by each thread for itself: most words of a text
  // come again.
  struct remembered {
    std::string word;
    concepts means = 0;
  };
  thread_local std::vector<remembered> lately(4096);
  auto& slot = lately[std::hash<std::string_view>{}(x) % lately.size()];
  if (slot.word != x) {
    slot.word = x;
    slot.means = with_mistakes(x);
  }
  return slot.means;
}

std::pair<std::size_t, concepts> dictionary::beginning(std::string_view x,
                                                       std::size_t least) const {
  std::pair<std::size_t, concepts> out{0, 0};
  letter_tree<meaning>::place at = 0;
  for (std::size_t i = 0; i < std::min(x.size(), word_most); ++i) {
    at = words_.step(at, static_cast<unsigned char>(x[i]));
    if (at == words_.nowhere)
      break;
    const auto& here = words_.at(at);
    if (i + 1 >= least && (here.word | here.stem) != 0)
      out = {i + 1, here.word | here.stem};
  }
  return out;
}

concepts dictionary::with_mistakes(std::string_view x) const {
  if (!is_seven_bit(x))
    return 0;
  if (swapped_sums_.contains(swapped_sum(x)))
    if (const auto hit = swapped_.find(swapped_form(x)); hit != swapped_.end() && hit->second != 0)
      return hit->second;
  if (const auto means = shorter_.of(x))
    return means;
  if (x.size() < mistakes_from + 2)
    return 0;
  // One letter less: up to it the walks are the same for all.
  auto word = words_.walk(0, x.substr(0, 1));
  auto shorter = shorter_.walk(0, x.substr(0, 1));
  for (std::size_t i = 1; i < x.size(); ++i) {
    const auto rest = x.substr(i + 1);
    const auto a = word == words_.nowhere ? word : words_.walk(word, rest);
    const auto b = shorter == shorter_.nowhere ? shorter : shorter_.walk(shorter, rest);
    const auto means = (a == words_.nowhere ? 0 : words_.at(a).word) |
                       (b == shorter_.nowhere ? 0 : shorter_.at(b));
    if (means != 0)
      return means & ~c_word;
    const auto c = static_cast<unsigned char>(x[i]);
    word = word == words_.nowhere ? word : words_.step(word, c);
    shorter = shorter == shorter_.nowhere ? shorter : shorter_.step(shorter, c);
    if (word == words_.nowhere && shorter == shorter_.nowhere)
      break;
  }
  return 0;
}

std::uint32_t dictionary::shifts_of(std::string_view x) const {
  if (x.size() > word_most)
    return 0;
  std::uint32_t firsts = 0;
  letter_tree<first_letters>::place at = 0;
  std::size_t i = 1;
  for (; i < x.size() && is_small_letter(x[i]); ++i) {
    at = shifted_.step(at, static_cast<unsigned char>(distance(x[i - 1], x[i])));
    if (at == shifted_.nowhere)
      break;
    if (i + 1 >= stem_least)
      firsts |= shifted_.at(at).stem;
  }
  if (i >= x.size() && at != shifted_.nowhere)
    firsts |= shifted_.at(at).word;
  const auto own = static_cast<unsigned>(x.front() - 'a');
  return (firsts >> own | firsts << (26 - own)) & 0x3FFFFFFu;
}

dictionary::phrase_reader dictionary::phrase(std::string_view first) const {
  phrase_reader out;
  out.in_ = &phrases_;
  out.at_ = phrases_.walk(0, first);
  return out;
}

concepts dictionary::phrase_reader::add(std::string_view word) {
  at_ = in_->step(at_, '_');
  if (goes_on())
    at_ = in_->walk(at_, word);
  return goes_on() ? in_->at(at_) : 0;
}

const dictionary& known_words() {
  static const dictionary all;
  return all;
}

} // namespace troupe::screens
