#pragma once

#include <cstdint>

namespace troupe {

/// A number drawn from the Beta distribution with these parameters, both above 0: the quotient of
/// two Gamma variates (Marsaglia, Tsang, "A Simple Method for Generating Gamma Variables", ACM TOMS
/// 26, 2000). The same dice give the same number.
[[nodiscard]] double draw_beta(double alpha, double beta, std::uint64_t dice);

} // namespace troupe
