#pragma once

#include <cstdint>
#include <string>

namespace troupe::support {

/// An amount of money in cents. Whole numbers only: sums stay exact.
using cents = std::int64_t;

/// `$1,249.00`; negative amounts as `-$5.00`.
[[nodiscard]] std::string dollars(cents amount);

/// The part of `amount` that `part` of `whole` days stand for, rounded half up to the cent. 0 when
/// `whole` is not positive.
[[nodiscard]] cents prorated(cents amount, int part, int whole);

} // namespace troupe::support
