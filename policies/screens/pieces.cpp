#include "policies/screens/pieces.hpp"

#include <cctype>

namespace troupe::screens {

std::vector<std::string> plain_words(std::string_view folded) {
  std::vector<std::string> out;
  std::string word;
  for (const char c : folded) {
    if ((c & 0x80) != 0 || std::isalnum(static_cast<unsigned char>(c)) != 0) {
      word += c;
    } else if (!word.empty() && c != '\'') {
      out.push_back(std::move(word));
      word.clear();
    }
  }
  if (!word.empty())
    out.push_back(std::move(word));
  return out;
}

std::vector<std::pair<std::size_t, std::size_t>> sentences_of(std::string_view text) {
  std::vector<std::pair<std::size_t, std::size_t>> out;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < text.size(); ++i)
    if (text[i] == '\n' || ((text[i] == '.' || text[i] == '!' || text[i] == '?') &&
                            (i + 1 == text.size() || text[i + 1] == ' '))) {
      out.emplace_back(begin, i + 1 - begin);
      begin = i + 1;
    }
  if (begin < text.size())
    out.emplace_back(begin, text.size() - begin);
  return out;
}

std::vector<std::string_view> items_of(std::string_view text) {
  std::vector<std::string_view> out;
  std::size_t from = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '\n')
      continue;
    const auto next = text.substr(at + 1, 2);
    if (next == "- " || next == "* " || next.starts_with('\n')) {
      out.push_back(text.substr(from, at - from));
      from = at + 1;
    }
  }
  out.push_back(text.substr(from));
  return out;
}

} // namespace troupe::screens
