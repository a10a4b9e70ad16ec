#include "src/cache/same_facts.hpp"

#include "src/text/normalize.hpp"

#include <algorithm>
#include <cctype>
#include <set>
#include <unordered_map>
#include <unordered_set>

namespace troupe::cache {

namespace {

const std::unordered_map<std::string_view, std::string_view>& number_words() {
  static const std::unordered_map<std::string_view, std::string_view> words{
      {"zero", "0"},      {"two", "2"},         {"twice", "2"},   {"three", "3"},
      {"four", "4"},      {"five", "5"},        {"six", "6"},     {"seven", "7"},
      {"eight", "8"},     {"nine", "9"},        {"ten", "10"},    {"eleven", "11"},
      {"twelve", "12"},   {"fifteen", "15"},    {"twenty", "20"}, {"thirty", "30"},
      {"forty", "40"},    {"fifty", "50"},      {"sixty", "60"},  {"ninety", "90"},
      {"hundred", "100"}, {"thousand", "1000"}, {"double", "2"},  {"half", "0.5"}};
  return words;
}

const std::unordered_set<std::string_view>& negations() {
  static const std::unordered_set<std::string_view> words{
      "not",    "no",     "never",  "none",    "nothing", "without",  "cannot", "cant",
      "dont",   "doesnt", "didnt",  "wont",    "isnt",    "arent",    "wasnt",  "werent",
      "havent", "hasnt",  "hadnt",  "couldnt", "wouldnt", "shouldnt", "nobody", "neither",
      "nor",    "except", "unless", "stop",    "unable",  "aint"};
  return words;
}

/// One word of each pair stands for both sides' difference: whoever says one does not mean the
/// other.
const std::unordered_set<std::string_view>& turning_words() {
  static const std::unordered_set<std::string_view> words{
      "activate",   "deactivate", "enable",        "disable",   "before",    "after",
      "incoming",   "outgoing",   "open",          "close",     "increase",  "decrease",
      "raise",      "lower",      "upgrade",       "downgrade", "subscribe", "unsubscribe",
      "lock",       "unlock",     "block",         "unblock",   "buy",       "sell",
      "send",       "receive",    "add",           "remove",    "start",     "begin",
      "more",       "less",       "minimum",       "maximum",   "first",     "last",
      "early",      "late",       "cheapest",      "fastest",   "deposit",   "withdraw",
      "withdrawal", "in",         "out",           "old",       "new",       "virtual",
      "physical",   "domestic",   "international", "abroad",    "express",   "standard",
      "student",    "business",   "gold",          "free",      "sale",      "gift",
      "opened",     "damaged",    "lost",          "stolen",    "login",     "logout",
      "create",     "delete",     "change",        "cancel",    "place",     "track"};
  return words;
}

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

} // namespace

hard_facts facts_of(std::string_view question) {
  hard_facts out;
  const auto words = words_in(question);
  const bool shouted = std::none_of(question.begin(), question.end(),
                                    [](unsigned char c) { return std::islower(c) != 0; });
  for (const auto& w : words) {
    if (has_digit(w.low)) {
      out.numbers.push_back(w.low);
      continue;
    }
    if (const auto number = number_words().find(w.low); number != number_words().end())
      out.numbers.emplace_back(number->second);
    if (negations().contains(w.low))
      ++out.negations;
    if (turning_words().contains(w.low))
      out.turns.push_back(w.low);
    if (!w.begins && !shouted && w.as_written.size() > 1 &&
        std::isupper(static_cast<unsigned char>(w.as_written[0])) != 0 &&
        !w.as_written.starts_with("I'"))
      out.names.push_back(w.low);
  }
  const auto tidy = [](std::vector<std::string>& x) {
    std::sort(x.begin(), x.end());
    x.erase(std::unique(x.begin(), x.end()), x.end());
  };
  tidy(out.numbers);
  tidy(out.names);
  tidy(out.turns);
  out.asked = asked_for(words);
  return out;
}

bool may_be_same(const hard_facts& a, const hard_facts& b) {
  if (a.numbers != b.numbers || a.names != b.names || a.negations != b.negations)
    return false;
  // A word that turns a question may be missing, but not be another one.
  const bool a_in_b = std::includes(b.turns.begin(), b.turns.end(), a.turns.begin(), a.turns.end());
  const bool b_in_a = std::includes(a.turns.begin(), a.turns.end(), b.turns.begin(), b.turns.end());
  if (!a_in_b && !b_in_a)
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
