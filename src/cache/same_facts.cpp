#include "src/cache/same_facts.hpp"

#include "src/text/lexicon.hpp"
#include "src/text/normalize.hpp"
#include "src/text/sentence_vectors.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <initializer_list>
#include <iterator>
#include <set>
#include <unordered_set>
#include <utility>

namespace troupe::cache {

namespace {

constexpr std::string_view word_one = "one"; ///< as `number_of` gives it

bool is_word(unsigned char c) {
  return std::isalnum(c) != 0 || c >= 0x80;
}

bool is_digit(char c) {
  return std::isdigit(static_cast<unsigned char>(c)) != 0;
}

bool has_digit(std::string_view x) {
  return std::any_of(x.begin(), x.end(), is_digit);
}

/// Whether the comma at `at` only groups a number's digits, as in 1,000: one to three of them stand
/// before it and exactly three behind.
bool groups_digits(std::string_view text, std::size_t at) {
  std::size_t before = 0, after = 0;
  while (before < at && before < 4 && is_digit(text[at - before - 1]))
    ++before;
  while (at + after + 1 < text.size() && after < 4 && is_digit(text[at + after + 1]))
    ++after;
  return before >= 1 && before <= 3 && after == 3;
}

struct word {
  std::string as_written;
  std::string low;     ///< without apostrophes
  bool begins = false; ///< a sentence
};

/// Words, where a number keeps its point, its sign of money and the letters of an id.
std::vector<word> words_in(std::string_view text) {
  std::vector<word> out;
  bool begins = true;
  for (std::size_t i = 0; i < text.size();) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (!is_word(c)) {
      begins = begins || c == '.' || c == '!' || c == '?' || c == '\n';
      ++i;
      continue;
    }
    word w;
    w.begins = begins;
    begins = false;
    while (i < text.size()) {
      const auto d = static_cast<unsigned char>(text[i]);
      const bool inside = i + 1 < text.size() && is_word(static_cast<unsigned char>(text[i + 1]));
      if (is_word(d))
        w.as_written += text[i];
      else if (d == '\'' && inside)
        w.as_written += '\'';
      else if (inside && (d == '-' || d == '_' || d == '/' || d == '.' || d == ',') &&
               (has_digit(w.as_written) || is_digit(text[i + 1])))
        w.as_written += d == ',' && groups_digits(text, i) ? "" : std::string(1, text[i]);
      else
        break;
      ++i;
    }
    for (const char d : w.as_written)
      if (d != '\'')
        w.low += static_cast<char>(std::tolower(static_cast<unsigned char>(d)));
    out.push_back(std::move(w));
  }
  return out;
}

/// What is asked for, by the words of the question.
std::string asked_for(const std::vector<word>& words) {
  std::set<std::string> all;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const auto& w = words[i].low;
    const auto next =
        i + 1 < words.size() ? std::string_view{words[i + 1].low} : std::string_view{};
    if (w == "who" || w == "whom" || w == "whose")
      all.insert("who");
    else if (w == "where")
      all.insert("where");
    else if (w == "when" || (w == "how" && next == "long") || (w == "until" && next == "when"))
      all.insert("when");
    else if (w == "how" && (next == "much"))
      all.insert("how much");
    else if (w == "how" && next == "many")
      all.insert("how many");
    else if (w == "why")
      all.insert("why");
  }
  std::string out;
  for (const auto& x : all)
    out += x + ' ';
  return out;
}

/// "3" of "3rd".
std::string plain_number(const std::string& x) {
  if (x.size() < 3 || !std::all_of(x.begin(), x.end() - 2, is_digit))
    return x;
  const auto end = std::string_view{x}.substr(x.size() - 2);
  return end == "st" || end == "nd" || end == "rd" || end == "th" ? x.substr(0, x.size() - 2) : x;
}

/// Whether one of the `most` words before `at` is a form of one of these.
bool comes_after(const std::vector<word>& words, std::size_t at, std::size_t most,
                 std::initializer_list<std::string_view> these) {
  for (std::size_t i = at; i > 0 && at - i < most; --i) {
    const auto stem = text::stem_of(words[i - 1].low);
    if (std::any_of(these.begin(), these.end(),
                    [&](std::string_view x) { return text::stem_of(x) == stem; }))
      return true;
  }
  return false;
}

/// "On" and "through" are mostly said of something else.
bool takes_a_side(const std::vector<word>& words, std::size_t at) {
  if (words[at].low == "on")
    return comes_after(words, at, 6, {"turn", "switch"});
  return words[at].low != "through" || comes_after(words, at, 2, {"go", "come"});
}

/// Words that count by where they stand only.
bool only_points(std::string_view form) {
  return form == "me" || form == "you" || form == "from" || form == "to" || form == "than";
}

/// Whoever asks of himself says "I" and "my"; where it stands among the words counts, and not
/// which of them it is.
std::string first_form(const std::string& low) {
  for (const char* me : {"i", "im", "my", "mine", "me"})
    if (low == me)
      return "me";
  return low == "your" ? "you" : text::stem_of(low);
}

/// A number that is a word and often is no number may be missing.
bool same_numbers(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  const auto same = [](const std::string& x, const std::string& y) {
    return x == y || (x == word_one && y == "1") || (x == "1" && y == word_one);
  };
  if (a.size() == b.size())
    return std::equal(a.begin(), a.end(), b.begin(), same);
  auto x = a, y = b;
  std::erase(x, word_one);
  std::erase(y, word_one);
  return x == y;
}

/// Whether each is on a side where the other one is not.
bool oppose(const std::vector<side>& a, const std::vector<side>& b) {
  const auto has = [](const std::vector<side>& all, const side& x) {
    return std::binary_search(all.begin(), all.end(), x);
  };
  for (const auto& x : a)
    for (const auto& y : b)
      if (x.of == y.of && x.which != y.which && !has(a, y) && !has(b, x))
        return true;
  return false;
}

/// Whether a word of `a` turns one of `b` around with what stands before it: "unopened".
bool turns_one_of(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  constexpr std::array<std::string_view, 9> before{"un",  "in",  "il", "im", "ir",
                                                   "dis", "non", "de", "mis"};
  constexpr std::size_t shortest = 3; ///< of a stem
  const std::unordered_set<std::string_view> others{b.begin(), b.end()};
  for (const std::string_view x : a)
    for (const auto head : before)
      if (x.starts_with(head) && x.size() >= head.size() + shortest && !others.contains(x) &&
          others.contains(x.substr(head.size())))
        return true;
  return false;
}

/// Equal but for the order.
bool only_moved(std::vector<std::string> a, std::vector<std::string> b) {
  if (a.size() != b.size() || a == b)
    return false;
  std::sort(a.begin(), a.end());
  std::sort(b.begin(), b.end());
  return a == b;
}

/// Whether the same words in another order are another question; without such words it is mostly
/// what is done and what it is done to: "the plan includes", "included in the plan".
bool hangs_on_order(const std::vector<std::string>& words) {
  const auto has = [&](std::string_view x) {
    return std::find(words.begin(), words.end(), x) != words.end();
  };
  return has("from") || has("to") || has("than") || has("not") || (has("me") && has("you"));
}

/// Whether one may be the other one with letters mistaken: one of a short word, two of a long one.
bool may_be_misspelt(std::string_view a, std::string_view b) {
  constexpr std::size_t shortest = 4, long_word = 7, longest = 40;
  if (std::min(a.size(), b.size()) < shortest || std::max(a.size(), b.size()) > longest)
    return false;
  std::array<std::size_t, longest + 1> row{};
  for (std::size_t j = 0; j <= b.size(); ++j)
    row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    auto before = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const auto changed = before + (a[i - 1] == b[j - 1] ? 0 : 1);
      before = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, changed}));
    }
  }
  return row[b.size()] <= (a.size() < long_word ? 1u : 2u);
}

/// Whether each names something that nobody has learned, and not the same: two places, two goods.
bool name_two_things(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  constexpr std::size_t spelt_most = 8; ///< whose letters are compared
  const auto without = [](const std::vector<std::string>& x, const std::vector<std::string>& y) {
    const std::unordered_set<std::string_view> others{y.begin(), y.end()};
    std::vector<std::string> out;
    std::copy_if(x.begin(), x.end(), std::back_inserter(out),
                 [&](const std::string& w) { return !others.contains(w); });
    return out;
  };
  auto x = without(a, b), y = without(b, a);
  if (x.size() > spelt_most || y.size() > spelt_most)
    return !x.empty() && !y.empty();
  std::erase_if(x, [&](const std::string& w) {
    const auto hit = std::find_if(y.begin(), y.end(),
                                  [&](const std::string& v) { return may_be_misspelt(w, v); });
    if (hit == y.end())
      return false;
    y.erase(hit);
    return true;
  });
  return !x.empty() && !y.empty();
}

} // namespace

hard_facts facts_of(std::string_view question, const text::sentence_vectors* learned) {
  hard_facts out;
  const auto words = words_in(question);
  const bool shouted = std::none_of(question.begin(), question.end(),
                                    [](unsigned char c) { return std::islower(c) != 0; });
  for (std::size_t i = 0; i < words.size(); ++i) {
    const auto& w = words[i];
    if (has_digit(w.low)) {
      out.numbers.push_back(plain_number(w.low));
      out.words.push_back(out.numbers.back());
      continue;
    }
    const auto stem = first_form(w.low);
    const auto number = number_of(w.low);
    const bool turned = turns_around(w.low);
    if (!number.empty())
      out.numbers.emplace_back(number);
    if (turned)
      ++out.negations;
    if (is_turning(w.low))
      out.turns.push_back(w.low);
    if (is_firm(stem))
      out.firm.push_back(stem);
    if (const auto& at = sides_of(stem); !at.empty() && takes_a_side(words, i))
      out.sides.insert(out.sides.end(), at.begin(), at.end());
    if (turned)
      out.words.emplace_back("not");
    else if (!number.empty() && number != word_one)
      out.words.emplace_back(number);
    else if (!says_little(w.low)) {
      out.words.push_back(stem);
      if (learned && w.low.size() > 1 && !only_points(stem) && !learned->knows(w.low))
        out.strange.push_back(stem);
    }
    if (!w.begins && !shouted && w.as_written.size() > 1 &&
        std::isupper(static_cast<unsigned char>(w.as_written[0])) != 0 &&
        !w.as_written.starts_with("I'"))
      out.names.push_back(w.low);
  }
  const auto tidy = [](auto& x) {
    std::sort(x.begin(), x.end());
    x.erase(std::unique(x.begin(), x.end()), x.end());
  };
  tidy(out.turns);
  tidy(out.firm);
  tidy(out.sides);
  out.asked = asked_for(words);
  return out;
}

bool may_be_same(const hard_facts& a, const hard_facts& b) {
  if (a.names != b.names || a.negations != b.negations || a.firm != b.firm ||
      !same_numbers(a.numbers, b.numbers))
    return false;
  // A word that turns a question may be missing, but not be another one.
  const bool a_in_b = std::includes(b.turns.begin(), b.turns.end(), a.turns.begin(), a.turns.end());
  const bool b_in_a = std::includes(a.turns.begin(), a.turns.end(), b.turns.begin(), b.turns.end());
  if (!a_in_b && !b_in_a)
    return false;
  if (oppose(a.sides, b.sides) || turns_one_of(a.words, b.words) || turns_one_of(b.words, a.words))
    return false;
  // From here to there is not from there to here, however it is asked.
  if ((hangs_on_order(a.words) && only_moved(a.words, b.words)) ||
      only_moved(a.strange, b.strange) || name_two_things(a.strange, b.strange))
    return false;
  return a.asked.empty() || b.asked.empty() || a.asked == b.asked;
}

std::string normal_question(std::string_view question) {
  // All of it: two questions that differ somewhere far behind are two.
  auto out = text::normalize(question, question.size() + 1).text;
  while (!out.empty() &&
         (out.back() == '?' || out.back() == '.' || out.back() == '!' || out.back() == ' '))
    out.pop_back();
  return out;
}

} // namespace troupe::cache
