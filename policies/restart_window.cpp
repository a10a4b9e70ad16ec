#include "policies/restart_window.hpp"

#include <algorithm>

namespace troupe {

bool restart_window::add_restart(timestamp now) {
  restarts_.push_back(now);
  while (!restarts_.empty() && restarts_.front() + limits_.period < now)
    restarts_.pop_front();
  return restarts_.size() <= limits_.max_restarts;
}

milliseconds restart_delay(const restart_intensity& limits, std::uint32_t streak) noexcept {
  if (streak <= 1)
    return milliseconds{0};
  auto delay = limits.min_backoff;
  for (std::uint32_t i = 2; i < streak && delay < limits.max_backoff; ++i)
    delay *= 2;
  return std::min(delay, limits.max_backoff);
}

} // namespace troupe
