#include "policies/kept_words.hpp"

#include <algorithm>
#include <array>

namespace troupe {

namespace {

constexpr std::size_t words_max = 4096;
constexpr std::size_t clauses_max = 64;
constexpr std::size_t clause_words_min = 3;

constexpr std::array<std::string_view, 92> common{
    "a",     "about",  "after", "all",     "also",  "am",     "an",   "and",   "any",   "are",
    "as",    "at",     "be",    "because", "been",  "before", "but",  "by",    "can",   "could",
    "did",   "do",     "does",  "for",     "from",  "get",    "have", "had",   "has",   "hello",
    "hey",   "hi",     "how",   "i",       "if",    "in",     "is",   "it",    "its",   "just",
    "know",  "let",    "like",  "me",      "my",    "need",   "no",   "not",   "now",   "of",
    "ok",    "on",     "once",  "or",      "our",   "please", "plus", "so",    "some",  "tell",
    "thank", "thanks", "that",  "the",     "their", "them",   "then", "there", "they",  "this",
    "to",    "too",    "us",    "want",    "wants", "was",    "we",   "well",  "were",  "what",
    "when",  "where",  "which", "while",   "who",   "why",    "will", "with",  "would", "ve",
    "you",   "your"};

constexpr std::array<std::string_view, 6> joiners{"and",  "then", "also",
                                                  "plus", "but",  "afterwards"};

bool letter_of_word(char c) {
  const auto u = static_cast<unsigned char>(c);
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || u >= 0x80;
}

bool digit_of_number(char c) {
  return c >= '0' && c <= '9';
}

char lowered(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// Calls `take(word, begin, end)` for each run of letters or of digits. A point or a comma within a
/// number belongs to it, and is left out of the word.
template <class Take>
void each_content_word(std::string_view text, Take take) {
  std::size_t i = 0;
  while (i < text.size()) {
    const auto begin = i;
    std::string word;
    if (letter_of_word(text[i])) {
      for (; i < text.size() && letter_of_word(text[i]); ++i)
        word += lowered(text[i]);
    } else if (digit_of_number(text[i])) {
      for (; i < text.size(); ++i) {
        const bool within = (text[i] == '.' || text[i] == ',') && i + 1 < text.size() &&
                            digit_of_number(text[i + 1]);
        if (digit_of_number(text[i]))
          word += text[i];
        else if (!within)
          break;
      }
    } else {
      ++i;
      continue;
    }
    take(std::move(word), begin, i);
  }
}

} // namespace

std::set<std::string> content_words(std::string_view text) {
  std::set<std::string> out;
  each_content_word(text, [&](std::string word, std::size_t, std::size_t) {
    const bool says_little = (!digit_of_number(word.front()) && word.size() < 2) ||
                             std::find(common.begin(), common.end(), word) != common.end();
    if (!says_little && out.size() < words_max)
      out.insert(std::move(word));
  });
  return out;
}

double share_in(const std::set<std::string>& words, const std::set<std::string>& among) {
  if (words.empty())
    return 1;
  const auto hits = std::count_if(words.begin(), words.end(),
                                  [&](const std::string& w) { return among.contains(w); });
  return static_cast<double>(hits) / static_cast<double>(words.size());
}

std::set<std::string> numbers_in(const std::set<std::string>& words) {
  std::set<std::string> out;
  for (const auto& w : words)
    if (digit_of_number(w.front()))
      out.insert(w);
  return out;
}

std::vector<std::string> rough_clauses(std::string_view text) {
  struct cut {
    std::size_t end;   ///< of what stands before it
    std::size_t begin; ///< of what stands behind it
  };
  std::vector<cut> cuts;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool ends = text[i] == '!' || text[i] == '?' || text[i] == ';' || text[i] == '\n' ||
                      ((text[i] == '.' || text[i] == ',') &&
                       (i + 1 == text.size() || !digit_of_number(text[i + 1])));
    if (ends)
      cuts.push_back({i, i + 1});
  }
  std::vector<std::size_t> begins; // of words; no cut goes through one
  each_content_word(text, [&](const std::string& word, std::size_t begin, std::size_t end) {
    begins.push_back(begin);
    if (std::find(joiners.begin(), joiners.end(), word) != joiners.end())
      cuts.push_back({begin, end});
  });
  std::sort(cuts.begin(), cuts.end(), [](const cut& a, const cut& b) { return a.end < b.end; });
  cuts.push_back({text.size(), text.size()});
  const auto words_in = [&](std::size_t begin, std::size_t end) {
    const auto first = std::lower_bound(begins.begin(), begins.end(), begin);
    return static_cast<std::size_t>(std::lower_bound(first, begins.end(), end) - first);
  };
  std::vector<std::string> out;
  std::size_t from = 0;
  for (const auto& c : cuts) {
    if (c.end < from)
      continue;
    const auto words = words_in(from, c.end);
    const bool last = c.end == text.size();
    if (!last && (words < clause_words_min || words_in(c.begin, text.size()) < clause_words_min))
      continue;
    if (words > 0 && out.size() < clauses_max)
      out.emplace_back(text.substr(from, c.end - from));
    from = c.begin;
  }
  return out;
}

} // namespace troupe
