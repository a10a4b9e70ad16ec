#pragma once

#include "actors/seat.hpp"
#include "src/store/order_table.hpp"

#include <cstdint>
#include <mutex>
#include <optional>
#include <string_view>
#include <utility>

namespace troupe {

/// What people have said of the agents, as this node knows it. Thread safe.
class standing_orders {
 public:
  void note(const standing_order& x) {
    std::lock_guard hold{mutex_};
    known_.note(x);
    ++changes_;
  }
  /// Takes these for all there are, unless something was said here after `changes()` was
  /// `unless_after`; returns those that stood before, or nothing.
  std::optional<order_table> use(order_table all, std::uint64_t unless_after) {
    std::lock_guard hold{mutex_};
    if (changes_ != unless_after)
      return std::nullopt;
    return std::exchange(known_, std::move(all));
  }
  [[nodiscard]] std::uint64_t changes() const {
    std::lock_guard hold{mutex_};
    return changes_;
  }
  /// What stands for an agent or one of its replicas; nothing when nobody has said anything.
  [[nodiscard]] std::optional<standing_order> of(std::string_view who) const {
    std::lock_guard hold{mutex_};
    const auto* x = known_.of(who);
    return x ? std::optional{*x} : std::nullopt;
  }

 private:
  mutable std::mutex mutex_;
  order_table known_;
  std::uint64_t changes_ = 0; ///< how often something was said here
};

[[nodiscard]] constexpr duty duty_of(agent_duty x) noexcept {
  switch (x) {
  case agent_duty::draining:
    return duty::draining;
  case agent_duty::quarantined:
    return duty::quarantined;
  case agent_duty::stopped:
    return duty::stopped;
  case agent_duty::serving:
    break;
  }
  return duty::serving;
}

} // namespace troupe
