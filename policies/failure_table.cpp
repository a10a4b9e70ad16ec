#include "policies/failure_table.hpp"

#include "policies/retry.hpp"

#include <algorithm>
#include <array>

namespace troupe {

namespace {

constexpr failure_line line(remedy then, bool may_have_acted) {
  return {failure_rule{then, std::nullopt, sanction::none}, may_have_acted};
}

// In the order of `reason`.
const std::array<failure_line, enum_names<reason>::value.size()> standard_lines{
    line(remedy::fall_back, false), // none
    line(remedy::retry, true),      // crash
    line(remedy::back_off, true),   // timeout
    line(remedy::back_off, false),  // rate_limited
    line(remedy::back_off, false),  // unavailable
    line(remedy::fall_back, false), // invalid_input
    line(remedy::retry, true),      // invalid_output
    line(remedy::fall_back, true),  // low_confidence
    line(remedy::fall_back, true),  // contradiction
    line(remedy::fall_back, true),  // budget_exhausted
    line(remedy::fall_back, false), // loop
    line(remedy::fall_back, false), // policy_denied
    line(remedy::give_up, false),   // cancelled
};

} // namespace

const failure_line& default_line(reason why) noexcept {
  return standard_lines[std::min(static_cast<std::size_t>(why), standard_lines.size() - 1)];
}

bool did_nothing(reason why) noexcept {
  return why != reason::none && why != reason::cancelled && !default_line(why).may_have_acted;
}

const failure_rule& rule_for(const failure_rules& rules, reason why) noexcept {
  const auto own = rules.find(why);
  return own == rules.end() ? default_line(why).rule : own->second;
}

treatment treat(const failure& f, const failure_rules& rules, const retry_spec& limits,
                std::uint32_t retries, bool repeatable, double draw) noexcept {
  const auto& rule = rule_for(rules, f.why);
  if (rule.then == remedy::give_up)
    return {};
  if (!repeatable && default_line(f.why).may_have_acted)
    return {remedy::ask_human, {}, true};
  if (rule.then == remedy::ask_human || rule.then == remedy::fall_back)
    return {rule.then, {}, false};
  if (retries >= rule.max_retries.value_or(limits.max_retries))
    return {remedy::fall_back, {}, false};
  // A first retry that need not wait moves the waits of the later ones down by one.
  const bool at_once = rule.then == remedy::retry;
  const auto wait = at_once && retries == 0 ? milliseconds{0}
                                            : backoff(limits, retries + (at_once ? 0 : 1), draw);
  return {rule.then, std::max(f.retry_after, wait), false};
}

} // namespace troupe
