#include "src/text/entities.hpp"

#include "src/text/entity_scan.hpp"
#include "src/text/normalize.hpp"

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <utility>

namespace troupe::text {

namespace {

std::vector<std::string> lower_words(std::string_view text) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at < text.size();) {
    auto word = lower_word(text, at);
    if (!word.empty())
      out.push_back(word);
    at += std::max<std::size_t>(word.size(), 1);
  }
  return out;
}

// Where the phrase ends if its words stand at `at`, else 0. Blanks and dashes may part them.
std::size_t phrase_end(std::string_view text, std::size_t at,
                       const std::vector<std::string>& words) {
  for (std::size_t index = 0; index < words.size(); ++index) {
    if (index > 0) {
      auto from = at;
      while (at < text.size() && at - from < 4 && (text[at] == ' ' || text[at] == '-'))
        ++at;
      if (at == from)
        return 0;
    }
    if (lower_word(text, at) != words[index])
      return 0;
    at += words[index].size();
  }
  return at;
}

} // namespace

entity_extractor::entity_extractor(const std::vector<gazetteer_entry>& gazetteer,
                                   const std::vector<id_prefix>& ids) {
  for (const auto& one : ids) {
    if (one.type.empty() || one.prefix.empty())
      throw std::invalid_argument("what ids begin with needs a type and a prefix");
    ids_.push_back(one);
    for (auto& c : ids_.back().prefix)
      c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  for (const auto& entry : gazetteer) {
    if (entry.type.empty() || entry.value.empty())
      throw std::invalid_argument("an entry of a gazetteer needs a type and a value");
    auto add = [&](std::string_view written) {
      auto words = lower_words(written);
      if (!words.empty())
        phrases_.push_back({std::move(words), entry.type, entry.value});
    };
    add(entry.value);
    for (const auto& written : entry.phrases)
      add(written);
  }
  std::stable_sort(phrases_.begin(), phrases_.end(), [](const phrase& a, const phrase& b) {
    return a.words[0] != b.words[0] ? a.words[0] < b.words[0] : a.words.size() > b.words.size();
  });
}

std::vector<entity> entity_extractor::extract(std::string_view message) const {
  auto text = message.substr(0, max_message_bytes);
  std::vector<entity> out;
  std::optional<entity> held; // the number that a word like "order" announced, until it is reached
  for (std::size_t at = 0; at < text.size();) {
    char before = at > 0 ? text[at - 1] : ' ';
    std::optional<entity> best;
    auto offer = [&](std::optional<entity> found) {
      if (found && (!best || found->end > best->end))
        best = std::move(found);
    };
    bool word = is_word_part(text[at]);
    bool sign = text[at] == '#' || text[at] == '$' || text[at] == '+' || text[at] == '(';
    if ((word && !is_word_part(before)) || sign) {
      if (held && held->begin == at)
        offer(std::exchange(held, std::nullopt));
      // In this order, for of two that end together the first wins.
      offer(scan_email(text, at));
      offer(scan_marked_id(text, at, ids_));
      offer(scan_date(text, at));
      offer(scan_money(text, at));
      offer(scan_phone(text, at));
      auto first = lower_word(text, at);
      auto from = std::lower_bound(
          phrases_.begin(), phrases_.end(), first,
          [](const phrase& one, const std::string& key) { return one.words[0] < key; });
      for (; from != phrases_.end() && from->words[0] == first; ++from)
        if (auto end = phrase_end(text, at, from->words); end > 0)
          offer(entity{from->type, from->value, at, end});
      if (!best && word)
        if (auto named = scan_named_id(text, at, ids_))
          held = std::move(named);
    }
    if (best) {
      at = best->end;
      out.push_back(std::move(*best));
    } else
      ++at;
  }
  return out;
}

} // namespace troupe::text
