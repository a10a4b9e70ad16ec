#pragma once

#include "examples/customer-support/backend/desk.hpp"

namespace troupe::support {

/// Two payments of the same customer for the same thing, of the same amount from the same card,
/// count as one taken twice when they lie at most this far apart: gateways that retry do it within
/// seconds.
inline constexpr int duplicate_window_s = 60;

/// billing.dispute: looks for payments that were taken twice and refunds each second one. Finding
/// none is said as such, with the latest payments and less confidence, since the customer sees
/// something that we do not.
[[nodiscard]] outcome settle_dispute(const counter& at);

} // namespace troupe::support
