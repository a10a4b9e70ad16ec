#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_set>

namespace troupe::screens {

/// A word without meaning that is put into a model's instructions and must never come out again:
/// whoever sees it has seen the instructions. It follows from the agent and its instructions, so
/// that equal requests stay equal, on all nodes.
[[nodiscard]] std::string canary_of(std::string_view agent, std::string_view instructions);

/// What a model was told that nobody else is to read. Immutable; any thread.
class secret_words {
 public:
  /// `orders`: what tells the model how to behave, besides the orders among the instructions.
  secret_words(std::string_view instructions, std::string_view orders, std::string canary);

  /// Whether `text` tells them, also encoded, backwards or letter by letter: six words in a row of
  /// an order, twenty-four of anything else, or the canary. Facts that instructions hold are there
  /// to be told.
  [[nodiscard]] bool in(std::string_view text) const;

 private:
  void learn(std::string_view text, bool all_orders);
  std::unordered_set<std::uint64_t> orders_;
  std::unordered_set<std::uint64_t> anything_;
  std::string canary_;
};

} // namespace troupe::screens
