#pragma once

#include "policies/screens/screen.hpp"

#include <troupe/agent.hpp>

#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

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

/// Whom and what a call knows: the addresses and ids that may be spoken of. What stands in the
/// request, the context and the instructions is trusted, and so are the fields of tools' results;
/// what stands in running text of a result is only known. Objects in results that belong to another
/// customer (they name another id of the same form) are foreign: what they alone hold is neither.
class known_things {
 public:
  explicit known_things(std::string customer = {});
  void trust(std::string_view text);
  void trust_data(const json& document);
  void hear(std::string_view text);
  void hear_data(const json& document);

  enum class standing : std::uint8_t { unknown, heard, trusted };
  [[nodiscard]] standing of(const std::string& thing) const;
  /// Ids in `text` that have the form of the customer's and are not his; with their places.
  struct named_id {
    std::size_t at = 0, size = 0;
    std::string id;
  };
  [[nodiscard]] std::vector<named_id> ids_in(std::string_view text) const;
  [[nodiscard]] bool is_own(const std::string& id) const { return id == customer_; }

 private:
  void note(std::string_view text, bool with_hosts, std::set<std::string, std::less<>>& to) const;
  [[nodiscard]] bool is_foreign(const json& object) const;

  std::string customer_; ///< in lower case
  std::string prefix_;   ///< of ids: the letters before the digits
  std::size_t digits_ = 0;
  std::set<std::string, std::less<>> trusted_;
  std::set<std::string, std::less<>> heard_;
};

/// What is held against a text that goes out.
struct outgoing {
  const secret_words* secret = nullptr;              ///< null: there is nothing
  const known_things* known = nullptr;               ///< null: nobody knows what is known
  const std::vector<std::string>* hosts = nullptr;   ///< that links may lead to; null: none
  std::function<bool(const std::string&)> holds_key; ///< whether a text holds a secret of the fleet
};

/// Screens a text that leaves an agent (`answers`), or goes to a tool that acts (`actions`): the
/// model's instructions, keys in another form, other customers' ids and addresses, images and links
/// that carry data away, addresses that nobody gave. With `strip` they are masked in place.
[[nodiscard]] verdict screen_outgoing(std::string& text, screen_place where, screen_rule rule,
                                      const outgoing& by);
[[nodiscard]] verdict screen_outgoing(json& document, screen_place where, screen_rule rule,
                                      const outgoing& by);

} // namespace troupe::screens
