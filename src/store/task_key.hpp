#pragma once

#include <troupe/clock.hpp>

#include <cstdint>
#include <string_view>

namespace troupe {

/// The number that a task is filed under. It grows with the time in the task's id, so that new
/// tasks are appended to the table, and being an integer it needs no second index: that is most of
/// what makes the store quick.
///
/// 44 bits of milliseconds from the id, then 19 bits of a hash of the whole id, which keeps
/// sub-tasks apart from their parent. Ids that `make_task_id` did not make get a negative number
/// and count as older than all others. Two ids can have the same number; the second one is then
/// filed in the next free place of `task_key_window`. The numbers are in the files: this function
/// never changes.
[[nodiscard]] std::int64_t task_key(std::string_view id) noexcept;

/// How many places after its key a task may be filed in.
inline constexpr std::int64_t task_key_window = 64;

/// No task created before `t` has this key or a greater one, even if the clock that stamped it was
/// a minute off from the one that made the id.
[[nodiscard]] std::int64_t task_key_bound(timestamp t) noexcept;

} // namespace troupe
