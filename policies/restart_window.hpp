#pragma once

#include <troupe/fleet.hpp>

#include <deque>

namespace troupe {

/// Counts restarts against an intensity, exactly as OTP's supervisor does: restarts older than the
/// period are forgotten, and the supervisor gives up as soon as more than `max_restarts` remain.
class restart_window {
 public:
  explicit restart_window(restart_intensity limits)
      : limits_(limits) {}

  /// Records a restart at `now`; false means: give up and escalate.
  [[nodiscard]] bool add_restart(timestamp now);

  [[nodiscard]] std::size_t recent() const noexcept { return restarts_.size(); }

 private:
  restart_intensity limits_;
  std::deque<timestamp> restarts_;
};

/// The wait before a child's restart number `streak` within the period (1 for the first): none for
/// the first, then doubling from `min_backoff` to `max_backoff`.
[[nodiscard]] milliseconds restart_delay(const restart_intensity& limits,
                                         std::uint32_t streak) noexcept;

} // namespace troupe
