#pragma once

#include "policies/bandit.hpp"
#include "src/store/store.hpp"

#include <troupe/json.hpp>
#include <troupe/learning.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe {

/// What the domains of this node that route by `learned` have learned, with what other nodes have
/// told of it: a bandit for each domain and intent. Thread safe; orchestrators look and note, the
/// arm keeper carries it to the store and back. Others never touch it.
class arm_book {
 public:
  static constexpr std::size_t intents_max = 4096; ///< of all domains; further ones learn nothing

  explicit arm_book(std::string node)
      : node_(std::move(node)) {}

  /// What is believed of these agents, in their order.
  [[nodiscard]] std::vector<arm_belief> look(std::string_view domain, std::string_view intent,
                                             const std::vector<std::string_view>& agents,
                                             const learning_spec& by) const;

  /// A call has ended. True: it is the first that the keeper does not know of.
  bool note(std::string_view domain, std::string_view intent, std::string_view agent,
            const arm_mark& how, const learning_spec& by);
  /// The quality of an answer that has been noted is so much higher than was noted then.
  bool correct(std::string_view domain, std::string_view intent, std::string_view agent,
               double quality, const learning_spec& by);

  /// This node's shares that have changed since they were stored.
  [[nodiscard]] std::vector<learned_row> unsaved();
  /// These have been stored.
  void saved(const std::vector<learned_row>& rows);
  /// Takes what a node has stored, unless what is known of it is newer. A row that cannot be read
  /// is passed over.
  void take(const learned_row& x);

  /// For people: the arms of a domain, intent by intent.
  [[nodiscard]] json view(std::string_view domain, const learning_spec& by) const;

 private:
  using key = std::pair<std::string, std::string>; ///< domain and intent
  bandit* open(std::string_view domain, std::string_view intent);
  bool changed(const key& of);

  const std::string node_;
  mutable std::mutex mutex_;
  std::map<key, bandit> intents_;
  std::map<key, std::uint64_t> unsaved_; ///< the changes of its share when it was last handed out
  bool told_ = false;                    ///< the keeper knows that there is something to store
};

} // namespace troupe
