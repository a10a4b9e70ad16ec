#pragma once

#include <troupe/failure_rule.hpp>
#include <troupe/plan.hpp>
#include <troupe/reason.hpp>

#include <cstdint>

namespace troupe {

/// A line of the table that holds for everybody.
struct failure_line {
  failure_rule rule;
  /// Whoever failed so may have acted before it did. What was refused before it began has not.
  bool may_have_acted = false;
  friend bool operator==(const failure_line&, const failure_line&) = default;
};

/// The failure table as it is when a domain changes nothing.
///
/// crash, invalid_output: again elsewhere, at once the first time. timeout, rate_limited,
/// unavailable: again elsewhere after a wait. cancelled: nobody wants the answer any more.
/// Everything else will not get better by repeating it: the next rung.
[[nodiscard]] const failure_line& default_line(reason why) noexcept;

/// Whether an attempt that failed so is known to have done nothing; one that was given up may have
/// acted.
[[nodiscard]] bool did_nothing(reason why) noexcept;

/// What `rules` say about `why`, or else the table that holds for everybody.
[[nodiscard]] const failure_rule& rule_for(const failure_rules& rules, reason why) noexcept;

/// What is done about a step whose attempt has failed.
struct treatment {
  remedy what = remedy::give_up;
  milliseconds delay{0};
  /// The agent may have acted and must not act twice: only a person may go on with the step, or
  /// nobody.
  bool unsure = false;
  friend bool operator==(const treatment&, const treatment&) = default;
};

/// Applies the failure table. `retries` is how many retries this rung has had; `repeatable` is
/// false when the agent has unsafe effects; `draw` in [0, 1) spreads the delay.
///
/// retry waits from the second time on, back_off and retry_here from the first; none of them before
/// the time that the failing side asked for. With no retries left the next rung follows. Whatever
/// the rules say short of giving up, an agent with unsafe effects that may have acted leads to a
/// person: `ask_human` with `unsure`.
[[nodiscard]] treatment treat(const failure& f, const failure_rules& rules,
                              const retry_spec& limits, std::uint32_t retries, bool repeatable,
                              double draw) noexcept;

} // namespace troupe
