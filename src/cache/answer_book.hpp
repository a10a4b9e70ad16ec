#pragma once

#include "src/cache/same_facts.hpp"
#include "src/text/nearest.hpp"

#include <troupe/model.hpp>

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

namespace troupe::cache {

/// What a request is known by.
struct request_key {
  std::string owner; ///< the agent, as `domain/agent`
  std::string scope; ///< digest of all that has to be the same, but the question
  std::string exact; ///< digest of the scope and the question
  std::string group; ///< digest of the scope and the space of its vector; empty: it may have none
  hard_facts facts;  ///< of a question that may have a vector
  text::sentence_vector at; ///< empty: no question means the same
};

/// The key of a request, without its vector. What is compared are SHA-256 digests: whoever writes
/// to a fleet cannot make two requests alike that are not.
[[nodiscard]] request_key key_of(const model_request& what);

/// Whether other words may mean the same as this request's question.
[[nodiscard]] bool may_mean_the_same(const cache_use& use);

/// Answers that may be given again, bounded by number for each agent and by bytes in all, with all
/// that they are known by; of two the one that was used longer ago goes. One thread at a time.
class answer_book {
 public:
  static constexpr std::size_t answer_most = 64 << 10; ///< bytes; a longer answer is not kept

  explicit answer_book(std::size_t bytes_most)
      : bytes_most_(bytes_most) {}

  struct found {
    model_reply reply; ///< as it is given again: `cached`, `spared`, nothing used
  };
  /// The answer to the same request; else, when `key.at` is there, to the question that is most
  /// like it among those from the threshold on whose hard facts allow it: the eight nearest are
  /// looked at. What has grown too old is dropped on the way.
  [[nodiscard]] std::optional<found> find(const request_key& key, const cache_spec& how,
                                          std::int64_t now);
  /// In place of another answer to the same request.
  void put(const request_key& key, const cache_spec& how, const model_reply& reply,
           std::int64_t now);

  [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }

 private:
  using order = std::list<std::uint64_t>; ///< the one used last in front
  struct entry {
    request_key key;
    model_reply reply;
    std::int64_t made = 0;
    std::size_t bytes = 0;
    order::iterator in_all, in_owner;
  };
  struct owner {
    order used;
  };
  struct group {
    text::nearest near;
    std::size_t count = 0;
  };
  void touch(entry& x);
  void drop(std::uint64_t id);
  [[nodiscard]] static bool old(const entry& x, const cache_spec& how, std::int64_t now);

  std::size_t bytes_most_;
  std::size_t bytes_ = 0;
  std::uint64_t last_ = 0;
  std::unordered_map<std::uint64_t, entry> entries_;
  std::unordered_map<std::string, std::uint64_t> exact_;
  std::unordered_map<std::string, group> groups_; ///< by `request_key::group`
  std::unordered_map<std::string, owner> owners_;
  order all_;
};

} // namespace troupe::cache
