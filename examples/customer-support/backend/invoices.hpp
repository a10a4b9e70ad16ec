#pragma once

#include "examples/customer-support/backend/desk.hpp"

namespace troupe::support {

/// billing.invoice: mails the invoice of the named order, or of the latest payment.
[[nodiscard]] outcome send_invoice(const counter& at);
/// billing.invoice_check: what was billed lately, and when the next bill comes.
[[nodiscard]] outcome explain_invoices(const counter& at);
/// billing.payment_methods: what can be paid with, and the card on file. Serves strangers.
[[nodiscard]] outcome payment_methods(const counter& at);
/// billing.payment_issue: looks for a declined payment; else the usual causes. Serves strangers.
[[nodiscard]] outcome payment_issue(const counter& at);
/// billing.cancellation_fee: what leaving today would cost.
[[nodiscard]] outcome cancellation_fee(const counter& at);

} // namespace troupe::support
