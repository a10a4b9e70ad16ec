#pragma once

#include <troupe/clock.hpp>

#include <algorithm>

namespace troupe {

/// From `from` to `to` in whole milliseconds, at most what a timestamp can hold. Requires `from <=
/// to`.
constexpr milliseconds span_between(timestamp from, timestamp to) noexcept {
  // A difference can leave the range only when `from` lies before the epoch.
  const bool fits =
      from.time_since_epoch().count() >= 0 || to <= timestamp::max() + from.time_since_epoch();
  return std::chrono::duration_cast<milliseconds>(fits ? to - from : microseconds::max());
}

/// `now + wait` without overflow: no deadline stays no deadline, and a wait below zero is none.
constexpr timestamp later(timestamp now, milliseconds wait) noexcept {
  if (now == no_deadline || wait >= span_between(now, no_deadline))
    return no_deadline;
  return wait.count() <= 0 ? now : now + wait;
}

/// The deadline of a part: its own limit, but never later than that of the whole. A limit of zero
/// inherits.
constexpr timestamp inherit(timestamp whole, timestamp now, milliseconds limit) noexcept {
  return limit.count() <= 0 ? whole : std::min(whole, later(now, limit));
}

/// What is left until `deadline`; zero when it has passed.
constexpr milliseconds left(timestamp deadline, timestamp now) noexcept {
  return deadline <= now ? milliseconds{0} : span_between(now, deadline);
}

} // namespace troupe
