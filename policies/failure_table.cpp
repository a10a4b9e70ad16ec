#include "policies/failure_table.hpp"

#include "policies/retry.hpp"

#include <algorithm>

namespace troupe {

treatment treat(const failure& f, std::uint32_t retries, const retry_spec& limits, bool repeatable,
                double draw) noexcept {
  const bool more = retries < limits.max_retries;
  switch (f.why) {
  case reason::crash:
  case reason::invalid_output:
    if (!more || !repeatable)
      return {remedy::fall_back, {}};
    return {remedy::retry, retries == 0 ? milliseconds{0} : backoff(limits, retries, draw)};
  case reason::timeout:
    if (!more || !repeatable)
      return {remedy::fall_back, {}};
    return {remedy::retry, backoff(limits, retries + 1, draw)};
  case reason::rate_limited:
  case reason::unavailable:
    // Both are said before anything was done, so that even an unsafe call may be repeated.
    if (!more)
      return {remedy::fall_back, {}};
    return {remedy::retry, std::max(f.retry_after, backoff(limits, retries + 1, draw))};
  case reason::cancelled:
    return {remedy::give_up, {}};
  case reason::none:
  case reason::invalid_input:
  case reason::low_confidence:
  case reason::contradiction:
  case reason::budget_exhausted:
  case reason::loop:
  case reason::policy_denied:
    return {remedy::fall_back, {}};
  }
  return {remedy::give_up, {}};
}

} // namespace troupe
