#pragma once

#include "examples/customer-support/backend/desk.hpp"

#include <troupe/agent.hpp>

#include <string>

namespace troupe::support {

/// The services of the billing desk: payments, invoices and refunds. Never looks at the price list.
[[nodiscard]] services billing_services();

/// The services of the sales desk: plans and quotes. Never looks at payments.
[[nodiscard]] services sales_services();

/// The services of the reviewer, who looks at everything and changes nothing.
[[nodiscard]] services review_services();

/// Makes the database in `data_dir` if it is not there, and registers `support.billing`,
/// `support.account_executive` and `support.reviewer`. Throws `database_error` if that can't be
/// done.
void register_agents(native_agents& agents, const std::string& data_dir);

} // namespace troupe::support
