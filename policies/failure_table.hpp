#pragma once

#include <troupe/plan.hpp>
#include <troupe/reason.hpp>

#include <cstdint>

namespace troupe {

/// What is done about a failed attempt.
enum class remedy : std::uint8_t {
  retry,     ///< again, on another agent if there is one, after `delay`
  fall_back, ///< the next rung of the step's ladder; without one the step fails
  give_up,   ///< the step fails at once
};

template <>
struct enum_names<remedy> {
  static constexpr std::array<std::string_view, 3> value{"retry", "fall_back", "give_up"};
};

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
