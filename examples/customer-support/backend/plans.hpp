#pragma once

#include "examples/customer-support/backend/desk.hpp"

namespace troupe::support {

/// Days for which a quote can be accepted.
inline constexpr int quote_valid_days = 7;

/// plan.upgrade: quotes the higher plan that the message names, or the next one up, prorated by the
/// days left in the billing cycle. Changes nothing but the customer's open quote.
[[nodiscard]] outcome quote_upgrade(const counter& at);
/// plan.confirm: carries the open quote out: the plan changes now, the prorated amount goes on the
/// next invoice.
[[nodiscard]] outcome confirm_quote(const counter& at);
/// plan.downgrade: books the lower plan that the message names, or the next one down, from the next
/// cycle on.
[[nodiscard]] outcome book_downgrade(const counter& at);
/// plan.status: the plan, its price and its dates.
[[nodiscard]] outcome plan_status(const counter& at);

} // namespace troupe::support
