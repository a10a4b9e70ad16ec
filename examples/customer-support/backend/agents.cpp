#include "examples/customer-support/backend/agents.hpp"

#include "examples/customer-support/backend/disputes.hpp"
#include "examples/customer-support/backend/invoices.hpp"
#include "examples/customer-support/backend/plans.hpp"
#include "examples/customer-support/backend/refunds.hpp"
#include "examples/customer-support/backend/review.hpp"
#include "examples/customer-support/backend/schema.hpp"

#include <filesystem>
#include <stdexcept>

namespace troupe::support {

services billing_services() {
  return {
      {"billing.dispute", {settle_dispute, true, false}},
      {"billing.invoice", {send_invoice, true, false}},
      {"billing.invoice_check", {explain_invoices, false, false}},
      {"billing.payment_methods", {payment_methods, false, true}},
      {"billing.payment_issue", {payment_issue, false, true}},
      {"billing.cancellation_fee", {cancellation_fee, false, false}},
      {"refund.quote", {quote_refund, false, false}},
      {"refund.issue", {issue_refund, true, false}},
      {"refund.policy", {refund_policy, false, true}},
      {"refund.track", {track_refund, false, false}},
  };
}

services sales_services() {
  return {
      {"plan.upgrade", {quote_upgrade, true, false}},
      {"plan.confirm", {confirm_quote, true, false}},
      {"plan.downgrade", {book_downgrade, true, false}},
      {"plan.status", {plan_status, false, false}},
  };
}

services review_services() {
  return {{"answer.review", {review_answer, false, true}}};
}

namespace {

native_factory desk_factory(std::string path, services (*offered)()) {
  return [path = std::move(path), offered](const agent_spec& spec) -> native_function {
    const auto options = spec.settings.is_object() && spec.settings.contains("options")
                             ? spec.settings["options"]
                             : json{};
    // std::function wants copies: they all share the one desk of this incarnation.
    auto one = std::make_shared<desk>(path, offered(), options);
    return [one](const agent_call& call, std::stop_token stop) { return (*one)(call, stop); };
  };
}

} // namespace

void register_agents(native_agents& agents, const std::string& data_dir) {
  std::error_code failed;
  std::filesystem::create_directories(data_dir, failed);
  const auto path = database_path(data_dir);
  database db{path};
  prepare(db, configured_today({}).value_or(system_today()));
  if (!agents.add("support.billing", desk_factory(path, billing_services)) ||
      !agents.add("support.account_executive", desk_factory(path, sales_services)) ||
      !agents.add("support.reviewer", desk_factory(path, review_services)))
    throw std::logic_error{"the support agents are registered already"};
}

} // namespace troupe::support
