#include "src/text/features.hpp"

#include "src/text/lexicon.hpp"
#include "src/text/normalize.hpp"

#include <algorithm>
#include <string>

namespace troupe::text {

namespace {

constexpr std::size_t most_words = 128;
constexpr std::size_t most_word_bytes = 40;
constexpr std::size_t most_paired = 32;
constexpr std::size_t shortest_group = 2;
constexpr std::size_t longest_group = 5;

// What a fingerprint is of; part of it, so that the word "an" and the letters "an" differ.
enum class kind : std::uint64_t { word = 1, stem, idea, two, three, skip, pair, letters = 16 };

constexpr std::uint64_t mix(std::uint64_t value) {
  value ^= value >> 30;
  value *= 0xbf58476d1ce4e5b9ULL;
  value ^= value >> 27;
  value *= 0x94d049bb133111ebULL;
  return value ^ (value >> 31);
}

fingerprint print_of(std::string_view bytes) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (char c : bytes)
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return mix(hash);
}

constexpr fingerprint marked(kind what, fingerprint print, std::uint64_t extra = 0) {
  return mix(print + 0x9e3779b97f4a7c15ULL * (static_cast<std::uint64_t>(what) + extra));
}

constexpr fingerprint joined(fingerprint left, fingerprint right) {
  return mix(left * 3 + mix(right));
}

void add_letters(std::string_view word, std::vector<feature>& out) {
  std::string ended = " ";
  ended.append(word).push_back(' ');
  for (std::size_t size = shortest_group; size <= longest_group; ++size)
    for (std::size_t at = 0; at + size <= ended.size(); ++at)
      out.push_back(
          {marked(kind::letters, print_of(std::string_view(ended).substr(at, size)), size),
           view::letters, 1});
}

void add_pairs(std::vector<fingerprint> ideas, std::vector<feature>& out) {
  std::vector<fingerprint> different;
  for (auto idea : ideas) {
    if (different.size() == most_paired)
      break;
    if (std::find(different.begin(), different.end(), idea) == different.end())
      different.push_back(idea);
  }
  std::sort(different.begin(), different.end());
  for (std::size_t left = 0; left < different.size(); ++left)
    for (std::size_t right = left + 1; right < different.size(); ++right)
      out.push_back(
          {marked(kind::pair, joined(different[left], different[right])), view::pairs, 1});
}

// Equal keys become one feature with their number.
void fold(std::vector<feature>& all) {
  std::sort(all.begin(), all.end(),
            [](const feature& a, const feature& b) { return a.key < b.key; });
  std::size_t kept = 0;
  for (std::size_t at = 0; at < all.size(); ++at) {
    if (kept > 0 && all[kept - 1].key == all[at].key)
      all[kept - 1].count += all[at].count;
    else
      all[kept++] = all[at];
  }
  all.resize(kept);
}

} // namespace

fingerprint stem_feature(std::string_view stem) {
  return marked(kind::stem, print_of(stem));
}

std::vector<feature> features_of(std::string_view normalized_text) {
  auto words = words_of(normalized_text, most_words);
  std::vector<feature> out;
  if (words.empty())
    return out;
  out.reserve(words.size() * 40);
  static const fingerprint first = print_of("<"), last = print_of(">");
  std::vector<fingerprint> stems{first}, ideas;
  for (auto& word : words) {
    if (word.size() > most_word_bytes)
      word.resize(most_word_bytes);
    auto stem = stem_of(word);
    auto idea = concept_of(stem);
    stems.push_back(print_of(stem));
    out.push_back({marked(kind::word, print_of(word)), view::words, 1});
    out.push_back({stem_feature(stem), view::words, 1});
    if (!idea.empty())
      out.push_back({marked(kind::idea, print_of(idea)), view::words, 1});
    ideas.push_back(idea.empty() ? stems.back() : marked(kind::idea, print_of(idea)));
    add_letters(word, out);
  }
  stems.push_back(last);
  for (std::size_t at = 0; at + 1 < stems.size(); ++at) {
    auto two = joined(stems[at], stems[at + 1]);
    out.push_back({marked(kind::two, two), view::words, 1});
    if (at + 2 < stems.size()) {
      out.push_back({marked(kind::three, joined(two, stems[at + 2])), view::words, 1});
      out.push_back({marked(kind::skip, joined(stems[at], stems[at + 2])), view::words, 1});
    }
  }
  add_pairs(std::move(ideas), out);
  fold(out);
  return out;
}

} // namespace troupe::text
