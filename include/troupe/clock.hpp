#pragma once

#include <chrono>

namespace troupe {

using std::chrono::microseconds;
using std::chrono::milliseconds;

/// A point in time that means the same on every node and after a restart: microseconds since the
/// Unix epoch.
using timestamp = std::chrono::time_point<std::chrono::system_clock, microseconds>;

/// No time limit has been set. Code that computes with deadlines must replace it by a finite
/// default before it waits.
inline constexpr timestamp no_deadline = timestamp::max();

/// Maps a monotonic clock to timestamps: never runs backwards within a process, whatever is done to
/// the system clock, and can still be compared with what a former process stored. Immutable; any
/// thread may use it.
class timeline {
 public:
  using steady = std::chrono::steady_clock;

  timeline(timestamp wall_at_start, steady::time_point steady_at_start) noexcept
      : wall_(wall_at_start)
      , steady_(steady_at_start) {}

  /// The timeline of this process, read off the system clock once.
  static timeline of_process() {
    return {std::chrono::time_point_cast<microseconds>(std::chrono::system_clock::now()),
            steady::now()};
  }

  [[nodiscard]] timestamp at(steady::time_point t) const noexcept {
    return wall_ + std::chrono::duration_cast<microseconds>(t - steady_);
  }

 private:
  timestamp wall_;
  steady::time_point steady_;
};

} // namespace troupe
