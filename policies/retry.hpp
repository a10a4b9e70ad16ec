#pragma once

#include <troupe/plan.hpp>

namespace troupe {

/// The wait before retry number `retry` (1 for the first): `min_backoff * factor^(retry-1)`, at
/// most `max_backoff`, then stretched by up to `random_factor` so that a crowd of callers does not
/// come back in step. `draw` is in [0, 1).
[[nodiscard]] milliseconds backoff(const retry_spec& spec, std::uint32_t retry,
                                   double draw) noexcept;

} // namespace troupe
