#pragma once

#include "src/cache/turning_words.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace troupe::text {
class sentence_vectors;
}

namespace troupe::cache {

/// What is held against each other in two questions before their likeness counts at all, whatever
/// their vectors say.
struct hard_facts {
  std::vector<std::string> numbers; ///< numbers, ids and amounts, in order; "two" is 2
  std::vector<std::string> names; ///< words with a capital letter that begin no sentence, in order
  unsigned negations = 0;         ///< how many words of it turn it around: "not", "never"
  std::vector<std::string> turns; ///< words of which one means the opposite of another, sorted
  std::vector<std::string> firm;  ///< stems of words that may not be missing, sorted
  std::vector<side> sides;        ///< of opposites, sorted
  std::vector<std::string> words; ///< stems of all words that say something, in order
  std::vector<std::string> strange; ///< those of them that nobody has learned, in order
  std::string asked; ///< who, when, where, how many or how much; empty: nothing of it
  friend bool operator==(const hard_facts&, const hard_facts&) = default;
};

/// Linear in the text; any bytes are fine. `learned`: tells which words are known; null: all are.
[[nodiscard]] hard_facts facts_of(std::string_view question,
                                  const text::sentence_vectors* learned = nullptr);

/// Whether they may mean the same.
[[nodiscard]] bool may_be_same(const hard_facts& a, const hard_facts& b);

/// A question as the same one is compared: case folded, blanks and final marks taken out.
[[nodiscard]] std::string normal_question(std::string_view question);

} // namespace troupe::cache
