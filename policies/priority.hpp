#pragma once

#include <troupe/task.hpp>

namespace troupe {

/// `base`, made `steps` steps more urgent (negative: less), within the scale.
constexpr priority raised(priority base, int steps) noexcept {
  const int last = static_cast<int>(enum_names<priority>::value.size()) - 1;
  int at = static_cast<int>(base) - steps;
  at = at < 0 ? 0 : at > last ? last : at;
  return static_cast<priority>(at);
}

/// The more urgent of two.
constexpr priority more_urgent(priority a, priority b) noexcept {
  return a < b ? a : b;
}

/// How urgent a step is by a plan that was not made for its task: the more urgent of what the two
/// say, where `medium` says nothing.
constexpr priority urgency_of_step(priority task, priority step) noexcept {
  return task == priority::medium   ? step
         : step == priority::medium ? task
                                    : more_urgent(task, step);
}

} // namespace troupe
