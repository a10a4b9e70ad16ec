#pragma once

#include "src/store/postgres_address.hpp"

#include <troupe/clock.hpp>

#include <vector>

namespace troupe {

/// Those of several servers at whose addresses somebody listens, in their order; all of them when
/// nobody does anywhere, for libpq to say why. They are asked at the same time, for at most
/// `patience`: libpq would wait for each in turn, and two seconds at least for a machine that is
/// gone. Names are looked up as libpq does, which may take longer. Any thread.
[[nodiscard]] std::vector<postgres_host> those_that_listen(std::vector<postgres_host> hosts,
                                                           milliseconds patience);

} // namespace troupe
