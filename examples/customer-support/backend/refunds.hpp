#pragma once

#include "examples/customer-support/backend/desk.hpp"
#include "examples/customer-support/backend/money.hpp"

namespace troupe::support {

/// The time that banks take, as every answer about a refund says it.
inline constexpr const char* refund_eta = "3-5 business days";

/// Days after delivery in which an order can be returned: 60 for gold, 30 for others.
[[nodiscard]] int return_window(const client& who);

/// Writes a refund of the whole payment and marks the payment; gives the refund's id. `status` is
/// `issued` (the money is on its way, the payment counts as refunded) or `awaiting_return`. The
/// table refuses a second refund of a payment and a second use of a key, whatever happened before.
std::string record_refund(const counter& at, const std::string& payment, cents amount,
                          std::string_view cause, std::string_view status);

/// refund.issue: refunds an order that was cancelled, or was delivered and can still be returned.
/// Whoever only asks is told what there would be, and how to get it.
[[nodiscard]] outcome issue_refund(const counter& at);
/// refund.quote: what refund.issue would pay, without paying it; `data.amount_cents` is 0 when
/// nothing would be paid. `data.payable` lists the orders that there is something to pay for.
[[nodiscard]] outcome quote_refund(const counter& at);
/// refund.track: where the customer's last refund is.
[[nodiscard]] outcome track_refund(const counter& at);
/// refund.policy: the rules, for the customer's tier.
[[nodiscard]] outcome refund_policy(const counter& at);

} // namespace troupe::support
