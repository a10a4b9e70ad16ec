#pragma once

#include "src/store/store.hpp"

#include <algorithm>
#include <utility>

namespace troupe {

/// Whether a task is one that `filter` asks for; `state` is its present state.
[[nodiscard]] inline bool matches(const task_filter& filter, std::string_view domain,
                                  std::string_view session, task_state state,
                                  timestamp created) noexcept {
  return (filter.domain.empty() || filter.domain == domain) && is_within(domain, filter.within) &&
         (filter.session.empty() || filter.session == session) &&
         (!filter.state || *filter.state == state) && created < filter.before;
}

[[nodiscard]] inline std::size_t limit_of(const task_filter& filter) noexcept {
  return std::min(filter.limit, task_filter::max_listed);
}

[[nodiscard]] inline std::size_t limit_of(const session_filter& filter) noexcept {
  return std::min(filter.limit, session_filter::max_listed);
}

/// Greater than every task's id.
inline constexpr std::string_view behind_all_tasks = "\xff";

/// Whether a line comes behind `after` in a list of lines, newest task first.
[[nodiscard]] inline bool is_behind(const std::optional<effect_key>& after,
                                    const stored_effect& x) noexcept {
  if (!after || x.task != after->task)
    return !after || x.task < after->task;
  return std::pair{x.step, x.index} > std::pair{after->step, after->index};
}

} // namespace troupe
