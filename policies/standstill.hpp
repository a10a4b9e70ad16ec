#pragma once

#include "policies/deadline.hpp"

#include <troupe/reason.hpp>

#include <algorithm>
#include <utility>

namespace troupe {

/// Tells from its own timers that a process stood still: it was frozen, its machine slept, or its
/// clock was put forward. Every deadline of that time passes at once, and whoever missed one did
/// not have the time for it. They are given a moment, and what then is still late is nobody's
/// fault.
class standstill {
 public:
  /// A timer that comes so late was not kept waiting by other work alone.
  static constexpr milliseconds late{2000};
  /// So long what was under way may still come to its end: answers that had been given already are
  /// read within it.
  static constexpr milliseconds moment{1000};

  /// A timer that was due at `due` comes at `now`. True: what is overdue is to be looked at a
  /// `moment` later. Of timers that are late one after the other only the first one is put off, so
  /// that every deadline is kept in the end.
  bool noticed(timestamp due, timestamp now) noexcept {
    const bool is_late = too_late(due, now);
    if (is_late)
      excused_until_ = later(now, 2 * moment);
    const bool first = !std::exchange(was_late_, is_late) && is_late;
    if (first)
      put_off_until_ = later(now, moment);
    return first;
  }

  /// When a timer that is due at `due` is heeded.
  [[nodiscard]] timestamp heeded(timestamp due) const noexcept {
    return std::max(due, put_off_until_);
  }

  /// Whether nobody is to be blamed at `now` for a failure for that reason. `due`: of the next
  /// timer, which may not have been heard of yet.
  [[nodiscard]] bool excuses(reason why, timestamp due, timestamp now) const noexcept {
    return why == reason::timeout && (now <= excused_until_ || too_late(due, now));
  }

 private:
  static bool too_late(timestamp due, timestamp now) noexcept {
    return due < now && span_between(due, now) > late;
  }

  timestamp excused_until_{};
  timestamp put_off_until_{};
  bool was_late_ = false;
};

} // namespace troupe
