#pragma once

#include <troupe/clock.hpp>

#include <algorithm>

namespace troupe {

/// `now + wait` without overflow: no deadline stays no deadline.
constexpr timestamp later(timestamp now, milliseconds wait) noexcept {
  if (now == no_deadline || wait >= std::chrono::duration_cast<milliseconds>(no_deadline - now))
    return no_deadline;
  return now + wait;
}

/// The deadline of a part: its own limit, but never later than that of the whole. A limit of zero
/// inherits.
constexpr timestamp inherit(timestamp whole, timestamp now, milliseconds limit) noexcept {
  return limit.count() <= 0 ? whole : std::min(whole, later(now, limit));
}

/// What is left until `deadline`; zero when it has passed.
constexpr milliseconds left(timestamp deadline, timestamp now) noexcept {
  return deadline <= now ? milliseconds{0}
                         : std::chrono::duration_cast<milliseconds>(deadline - now);
}

} // namespace troupe
