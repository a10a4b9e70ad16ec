#pragma once

#include <troupe/agent.hpp>
#include <troupe/clock.hpp>

#include <cstdint>
#include <deque>
#include <string>
#include <utility>

namespace troupe {

struct scaling_decision {
  std::uint32_t replicas = 0; ///< wanted from now on
  std::string why;            ///< for people; empty: no change
};

/// Follows the queue: the formula, the tolerance and the stabilisation downwards are those of
/// Kubernetes' HorizontalPodAutoscaler (replicas = ceil(calls / what one replica is to have)). Up
/// it goes fast, because people wait; down it goes late, by the most that was needed within
/// `stable`, so that a short pause stops nothing. A replica that goes is drained first: see
/// `agent_orders`.
///
/// A value; not thread safe.
class scaling {
 public:
  explicit scaling(const scaling_spec& spec);

  /// `calls`: working and waiting, of all replicas together. `replicas`: ordered so far. `slots`:
  /// of one replica, at least one. Call it at regular times, about once a second.
  [[nodiscard]] scaling_decision update(std::uint64_t calls, std::uint32_t replicas,
                                        std::uint32_t slots, timestamp now);

 private:
  [[nodiscard]] std::uint32_t needed(std::uint64_t calls, std::uint32_t replicas,
                                     std::uint32_t slots) const noexcept;

  scaling_spec spec_;
  /// What was needed within `stable`, decreasing: the front is the most.
  std::deque<std::pair<timestamp, std::uint32_t>> needed_;
  timestamp began_ = no_deadline;
  timestamp grew_{};
  bool has_grown_ = false;
};

} // namespace troupe
