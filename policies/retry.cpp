#include "policies/retry.hpp"

#include <cmath>

namespace troupe {

milliseconds backoff(const retry_spec& spec, std::uint32_t retry, double draw) noexcept {
  if (spec.min_backoff.count() <= 0 || spec.max_backoff.count() <= 0)
    return milliseconds{0};
  const auto steps = static_cast<double>(retry == 0 ? 0 : retry - 1);
  const double wanted =
      static_cast<double>(spec.min_backoff.count()) * std::pow(spec.factor, steps);
  const double most = static_cast<double>(spec.max_backoff.count());
  // Written so that a power beyond all numbers ends at the bound.
  const double bounded = wanted < most ? wanted : most;
  return milliseconds{static_cast<milliseconds::rep>(bounded * (1 + spec.random_factor * draw))};
}

} // namespace troupe
