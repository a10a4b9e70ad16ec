#pragma once

#include <troupe/failure_rule.hpp>
#include <troupe/plan.hpp>
#include <troupe/reason.hpp>

#include <cstdint>

namespace troupe {

struct treatment {
  remedy what = remedy::give_up;
  milliseconds delay{0};
  friend bool operator==(const treatment&, const treatment&) = default;
};

/// The failure table. `retries` is how many retries this rung has had; `repeatable` is false when
/// the agent has unsafe effects and may already have acted; `draw` in [0, 1) spreads the delay.
///
/// crash, invalid_output: once at once elsewhere, then with backoff. timeout: elsewhere, with
/// backoff. rate_limited, unavailable: with backoff, not before the time they asked for. Everything
/// else will not get better by repeating it: the next rung. cancelled: nobody wants the answer any
/// more.
[[nodiscard]] treatment treat(const failure& f, std::uint32_t retries, const retry_spec& limits,
                              bool repeatable, double draw) noexcept;

} // namespace troupe
