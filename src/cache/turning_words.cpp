#include "src/cache/turning_words.hpp"

#include "src/text/lexicon.hpp"

#include <array>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace troupe::cache {

namespace {

using word_list = std::unordered_set<std::string_view>;

// Each line is one matter, each part between two / a side of it: whoever says a word of one side
// does not mean what is said with a word of another one. First forms are enough.
constexpr std::array matters = {
    "accept allow permit approve/reject refuse decline deny forbid prohibit ban",
    "include/exclude",
    "succeed successful work through/fail failure decline reject",
    "on/off",
    "open/close",
    "before/after",
    "above/below",
    "under/over",
    "early earlier/late later",
    "cheap cheaper cheapest/expensive dear",
    "increase raise/decrease reduce lower",
    "more/less fewer",
    "minimum min least/maximum max most",
    "first/last",
    "incoming inbound/outgoing outbound",
    "buy/sell",
    "send/receive",
    "add/remove",
    "start begin/stop end finish",
    "enable/disable",
    "activate/deactivate",
    "upgrade/downgrade",
    "deposit/withdraw withdrawal",
    "old older/new newer",
    "true/false",
    "always/never",
    "win/lose",
    "arrive/leave",
    "import/export",
    "credit/debit",
    "virtual/physical",
    "domestic/international abroad",
    "safe/dangerous",
    "good/bad",
    "husband/wife",
    "yes/no",
    "monday/tuesday/wednesday/thursday/friday/saturday/sunday",
    "january/february/march/april/june/july/august/september/october/november/december",
    "morning/afternoon/evening/night",
    "today/tomorrow/yesterday",
    "daily/weekly/monthly/yearly annual annually",
    "minute/hour/day/week/month/year",
    "dollar usd/euro eur/pound gbp sterling/yen jpy/franc chf",
    "visa/mastercard/maestro/amex/paypal/klarna/bitcoin"};

std::unordered_map<std::string, std::vector<side>> sides_by_stem() {
  std::unordered_map<std::string, std::vector<side>> out;
  for (std::size_t i = 0; i < matters.size(); ++i) {
    side at{static_cast<std::uint8_t>(i), 0};
    std::string form;
    for (const char c : std::string{matters[i]} + ' ') {
      if (c != ' ' && c != '/') {
        form += c;
        continue;
      }
      out[text::stem_of(form)].push_back(at);
      form.clear();
      if (c == '/')
        ++at.which;
    }
  }
  return out;
}

std::unordered_set<std::string> firm_stems() {
  std::unordered_set<std::string> out;
  for (const char* x : {"activate", "deactivate", "enable", "disable", "increase", "decrease",
                        "upgrade", "downgrade", "subscribe", "unsubscribe", "lock", "unlock",
                        "block", "unblock", "freeze", "unfreeze", "lost", "stolen", "damaged"})
    out.insert(text::stem_of(x));
  return out;
}

} // namespace

std::string_view number_of(std::string_view word) {
  static const std::unordered_map<std::string_view, std::string_view> words{
      {"zero", "0"},        {"one", "one"},       {"two", "2"},           {"three", "3"},
      {"four", "4"},        {"five", "5"},        {"six", "6"},           {"seven", "7"},
      {"eight", "8"},       {"nine", "9"},        {"ten", "10"},          {"eleven", "11"},
      {"twelve", "12"},     {"thirteen", "13"},   {"fourteen", "14"},     {"fifteen", "15"},
      {"sixteen", "16"},    {"seventeen", "17"},  {"eighteen", "18"},     {"nineteen", "19"},
      {"twenty", "20"},     {"thirty", "30"},     {"forty", "40"},        {"fifty", "50"},
      {"sixty", "60"},      {"seventy", "70"},    {"eighty", "80"},       {"ninety", "90"},
      {"hundred", "100"},   {"thousand", "1000"}, {"million", "1000000"}, {"dozen", "12"},
      {"half", "0.5"},      {"twice", "2"},       {"double", "2"},        {"thrice", "3"},
      {"triple", "3"},      {"third", "3"},       {"fourth", "4"},        {"fifth", "5"},
      {"sixth", "6"},       {"seventh", "7"},     {"eighth", "8"},        {"ninth", "9"},
      {"tenth", "10"},      {"eleventh", "11"},   {"twelfth", "12"},      {"thirteenth", "13"},
      {"fourteenth", "14"}, {"fifteenth", "15"},  {"twentieth", "20"},    {"thirtieth", "30"}};
  const auto hit = words.find(word);
  return hit == words.end() ? std::string_view{} : hit->second;
}

bool turns_around(std::string_view word) {
  static const word_list words{
      "not", "no", "never", "none", "nothing", "without", "cannot", "cant", "dont", "doesnt",
      "didnt", "wont", "isnt", "arent", "wasnt", "werent", "havent", "hasnt", "hadnt", "couldnt",
      "wouldnt", "shouldnt", "nobody", "nowhere", "neither", "nor", "except", "unless", "stop",
      "unable", "aint", "hardly", "barely", "scarcely", "rarely", "seldom", "non",
      // German, French, Spanish, Italian and Portuguese.
      "kein", "keine", "keinen", "keinem", "keiner", "keines", "nicht", "nichts", "nie", "niemals",
      "ohne", "pas", "jamais", "sans", "aucun", "aucune", "sin", "nunca", "ninguna", "mai", "senza",
      "nessun", "sem"};
  return words.contains(word);
}

bool is_turning(std::string_view word) {
  static const word_list words{
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
      "create",     "delete",     "change",        "cancel",    "place",     "track",
      "second",     "edit"};
  return words.contains(word);
}

bool is_firm(std::string_view stem) {
  static const auto all = firm_stems();
  return all.contains(std::string{stem});
}

const std::vector<side>& sides_of(std::string_view stem) {
  static const auto all = sides_by_stem();
  static const std::vector<side> none;
  const auto hit = all.find(std::string{stem});
  return hit == all.end() ? none : hit->second;
}

bool says_little(std::string_view word) {
  static const word_list words{
      "a",     "an",    "the",   "please", "pls",   "plz",   "kindly", "can",   "could", "would",
      "will",  "shall", "may",   "might",  "do",    "does",  "did",    "is",    "are",   "am",
      "was",   "were",  "be",    "been",   "being", "of",    "for",    "with",  "at",    "by",
      "in",    "into",  "it",    "its",    "this",  "that",  "these",  "those", "there", "here",
      "and",   "or",    "but",   "so",     "if",    "then",  "as",     "ive",   "id",    "we",
      "us",    "our",   "u",     "ur",     "he",    "she",   "they",   "them",  "his",   "her",
      "their", "how",   "what",  "whats",  "which", "when",  "where",  "why",   "who",   "whom",
      "whose", "have",  "has",   "had",    "get",   "got",   "need",   "want",  "like",  "just",
      "about", "some",  "any",   "thanks", "thank", "hello", "hi",     "hey",   "sir",   "also",
      "now",   "still", "again", "really", "very",  "too",   "much",   "many",  "more",  "most",
      "all",   "up",    "on",    "out",    "off",   "over",  "one"};
  return words.contains(word);
}

} // namespace troupe::cache
