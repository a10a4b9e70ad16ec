#include "policies/retry.hpp"

#include <algorithm>
#include <cmath>

namespace troupe {

milliseconds backoff(const retry_spec& spec, std::uint32_t retry, double draw) noexcept {
  const auto steps = static_cast<double>(retry == 0 ? 0 : retry - 1);
  const double wanted =
      static_cast<double>(spec.min_backoff.count()) * std::pow(spec.factor, steps);
  const double bounded = std::min(wanted, static_cast<double>(spec.max_backoff.count()));
  return milliseconds{static_cast<milliseconds::rep>(bounded * (1 + spec.random_factor * draw))};
}

} // namespace troupe
