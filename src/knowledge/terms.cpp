#include "src/knowledge/terms.hpp"

#include "src/text/lexicon.hpp"
#include "src/text/normalize.hpp"

#include <cctype>
#include <string>
#include <unordered_set>

namespace troupe::knowledge {

namespace {

constexpr std::size_t terms_most = 4000;
constexpr std::size_t word_most = 40;

const std::unordered_set<std::string_view>& empty_words() {
  static const std::unordered_set<std::string_view> words{
      "a", "an", "the", "and", "or", "but", "if", "of", "to", "in", "on", "at", "by", "for", "from",
      "with", "as", "is", "are", "am", "was", "were", "be", "been", "being", "do", "does", "did",
      "have", "has", "had", "can", "could", "will", "would", "shall", "should", "may", "might",
      "must", "i", "me", "my", "mine", "we", "us", "our", "you", "your", "yours", "he", "she", "it",
      "its", "they", "them", "their", "this", "that", "these", "those", "there", "here", "what",
      "which", "who", "whom", "whose", "when", "where", "why", "how", "so", "then", "than", "too",
      "very", "just", "please", "hi", "hello", "hey", "thanks", "thank", "tell", "want", "need",
      "know", "like", "about", "any", "some", "also", "get", "got", "im", "id", "ill", "ive",
      "dont", "u", "ur", "r", "does", "whats", "ok", "into", "out", "up", "now", "exactly",
      "explain", "let", "give", "s", "thing", "things", "possible", "able", "many", "much", "else",
      // Of documents that say how things are done, these say nothing.
      "policy", "policies", "rule", "rules", "terms"};
  return words;
}

bool is_word(unsigned char c) {
  return std::isalnum(c) != 0 || c >= 0x80;
}

std::string letters_only(std::string_view x) {
  std::string out;
  for (const char c : x)
    if (is_word(static_cast<unsigned char>(c)))
      out += c;
  return out;
}

std::string term_of(const std::string& word) {
  const bool number = word.find_first_of("0123456789") != std::string::npos;
  if (number)
    return word;
  const auto stem = text::stem_of(word);
  if (const auto idea = text::concept_of(stem); !idea.empty())
    return "idea" + letters_only(idea);
  return letters_only(stem);
}

} // namespace

std::vector<std::string> terms_of(std::string_view text) {
  const auto normal = text::normalize(text, text.size() + 1).text;
  std::vector<std::string> out;
  std::string word;
  const auto end_word = [&] {
    if (!word.empty() && word.size() <= word_most && !empty_words().contains(word))
      if (auto term = term_of(word); !term.empty())
        out.push_back(std::move(term));
    word.clear();
  };
  for (const char c : normal) {
    if (is_word(static_cast<unsigned char>(c)))
      word += c;
    else if (c != '\'')
      end_word();
    if (out.size() >= terms_most)
      return out;
  }
  end_word();
  return out;
}

std::vector<std::string_view> sentences_of(std::string_view text) {
  std::vector<std::string_view> out;
  const auto add = [&](std::string_view x) {
    while (!x.empty() && std::isspace(static_cast<unsigned char>(x.front())) != 0)
      x.remove_prefix(1);
    while (!x.empty() && std::isspace(static_cast<unsigned char>(x.back())) != 0)
      x.remove_suffix(1);
    if (!x.empty())
      out.push_back(x);
  };
  std::size_t begin = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool line = text[i] == '\n';
    const bool stop = text[i] == '.' || text[i] == '!' || text[i] == '?';
    // "3.5", "e.g. this" and "No. 5" go on; a new sentence begins with a capital letter, or with
    // one that is not of ASCII, of which case is not known here.
    const bool ends = stop && i + 2 < text.size() && text[i + 1] == ' ' &&
                      (std::isupper(static_cast<unsigned char>(text[i + 2])) != 0 ||
                       static_cast<unsigned char>(text[i + 2]) >= 0x80);
    if (!line && !ends)
      continue;
    add(text.substr(begin, i + 1 - begin));
    begin = i + 1;
  }
  add(text.substr(begin));
  return out;
}

} // namespace troupe::knowledge
