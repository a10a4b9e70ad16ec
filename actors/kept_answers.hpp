#pragma once

#include <troupe/agent.hpp>
#include <troupe/clock.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace troupe {

/// Whether two calls are the same attempt of the same step, with the same request: whoever works on
/// the one, or has worked on it, has the answer to the other. An act is known by its key and its
/// attempt: what its task has learnt since, and would give to it today, makes it no other one.
[[nodiscard]] bool same_request(const agent_call& a, const agent_call& b);

/// The last answers of one agent that took long, for a while. Whoever gave it a call may have gone
/// before the answer came: his successor asks for it under the same attempt, and what has been
/// worked for, and perhaps paid for, is not done again.
class kept_answers {
 public:
  struct answer {
    agent_call_ptr to;
    outcome_ptr what;
    std::shared_ptr<const std::string> note; ///< as in `call_ended`
    timestamp at{};
    std::size_t bytes = 0; ///< about; set by `keep`
  };
  /// Keeps it, if it took long enough to be worth it, or tells of an act, which cannot be had anew;
  /// whether it did.
  bool keep(answer x, milliseconds took);
  /// Null: there is none to this call.
  [[nodiscard]] const answer* find(const agent_call& what) const;
  /// Forgets what nobody comes for any more.
  void forget(timestamp now);
  /// When there will be something to forget.
  [[nodiscard]] timestamp due() const noexcept {
    return all_.empty() ? no_deadline : all_.front().at + long_enough;
  }

  static constexpr milliseconds worth{50};          ///< a call that took less is made again
  static constexpr milliseconds long_enough{10000}; ///< a shard is taken over within seconds
  static constexpr std::size_t most = 256;
  static constexpr std::size_t room = std::size_t{4} << 20; ///< bytes, with the calls

 private:
  void drop(std::size_t first);

  std::vector<answer> all_; ///< the oldest first
  std::size_t bytes_ = 0;   ///< of all
};

} // namespace troupe
