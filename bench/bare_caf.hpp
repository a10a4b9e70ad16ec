#pragma once

#include "bench/report.hpp"

#include <cstdint>
#include <string>

namespace troupe::bench {

/// One round of `troupe-floor`, which lies beside this program: `floor` is "route" or "compound".
/// Throws `std::runtime_error` when it does not run.
run_result bare_caf(const std::string& floor, std::uint64_t count, std::uint64_t window);

} // namespace troupe::bench
