#include "policies/screens/secret_words.hpp"

#include "policies/dice.hpp"
#include "policies/screens/disguise.hpp"
#include "policies/screens/fold.hpp"
#include "policies/screens/pieces.hpp"

#include <algorithm>
#include <cctype>
#include <functional>
#include <set>
#include <vector>

namespace troupe::screens {

namespace {

constexpr std::size_t order_run = 6;
constexpr std::size_t any_run = 24;

template <class Each>
void each_run(const std::vector<std::string>& words, std::size_t size, const Each& each) {
  if (words.size() < size)
    return;
  std::vector<std::uint64_t> hashes;
  for (const auto& w : words)
    hashes.push_back(stable_hash(w));
  for (std::size_t i = 0; i + size <= hashes.size(); ++i) {
    std::uint64_t h = size;
    for (std::size_t k = i; k < i + size; ++k)
      h = scramble(h ^ hashes[k]);
    if (!each(h))
      return;
  }
}

/// Whether a sentence of a prompt tells the model what to do, and not something that customers may
/// ask for.
bool is_order(const std::vector<std::string>& words) {
  static const std::set<std::string, std::less<>> beginnings{
      "you",  "your", "never", "always", "do",     "dont",  "answer", "use",  "say",  "keep",
      "only", "if",   "when",  "make",   "refuse", "write", "speak",  "tell", "give", "remember",
      "must", "be",   "act",   "treat",  "follow", "avoid", "stay",   "ask",  "the",  "internal"};
  static const std::set<std::string, std::less<>> inside{
      "you", "your", "must", "instructions", "prompt", "confidential", "never", "reveal", "secret"};
  const bool has = std::any_of(words.begin(), words.end(),
                               [&](const std::string& w) { return inside.contains(w); });
  return !words.empty() && ((words.front() != "the" && words.front() != "if" &&
                             words.front() != "when" && beginnings.contains(words.front())) ||
                            has);
}

std::string letters_only(std::string_view text) {
  std::string out;
  for (const char c : text)
    if (std::isalnum(static_cast<unsigned char>(c)) != 0)
      out += c;
  return out;
}

} // namespace

std::string canary_of(std::string_view agent, std::string_view instructions) {
  auto h = stable_hash(std::string{agent} + "\n" + std::string{instructions} + "\ncanary");
  std::string out = "zq";
  // Consonants and vowels in turn: one word for people and tokenizers, and none of any language.
  constexpr std::string_view first = "bdfghjklmnprstvz", second = "aeiouaeiouaeioua";
  for (int i = 0; i < 7; ++i) {
    out += first[h & 15];
    out += second[h >> 4 & 15];
    h >>= 8;
  }
  return out;
}

secret_words::secret_words(std::string_view instructions, std::string_view orders,
                           std::string canary)
    : canary_(std::move(canary)) {
  learn(instructions, false);
  learn(orders, true);
}

void secret_words::learn(std::string_view text, bool all_orders) {
  // Whoever asks for a fact may be given the whole of it: only what goes on from one to the next
  // tells the instructions.
  std::unordered_set<std::uint64_t> one_fact;
  for (const auto item : items_of(text))
    each_run(plain_words(fold(item).text), any_run, [&](std::uint64_t h) {
      one_fact.insert(h);
      return true;
    });
  each_run(plain_words(fold(text).text), any_run, [&](std::uint64_t h) {
    if (!one_fact.contains(h))
      anything_.insert(h);
    return true;
  });
  for (const auto& [at, size] : sentences_of(text)) {
    const auto words = plain_words(fold(text.substr(at, size)).text);
    if (all_orders || is_order(words))
      each_run(words, order_run, [&](std::uint64_t h) {
        orders_.insert(h);
        return true;
      });
  }
}

bool secret_words::in(std::string_view text) const {
  for (const auto& x : readings_of(text)) {
    const auto letters = letters_only(x.text);
    if (!canary_.empty() &&
        (letters.find(canary_) != letters.npos ||
         letters.find(std::string{canary_.rbegin(), canary_.rend()}) != letters.npos))
      return true;
    bool found = false;
    const auto words = plain_words(x.text);
    const auto look = [&](const std::unordered_set<std::uint64_t>& in) {
      return [&](std::uint64_t h) {
        found = found || in.contains(h);
        return !found;
      };
    };
    each_run(words, order_run, look(orders_));
    if (!found)
      each_run(words, any_run, look(anything_));
    if (found)
      return true;
  }
  return false;
}

} // namespace troupe::screens
