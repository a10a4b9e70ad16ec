#include "examples/customer-support/backend/review.hpp"

#include <algorithm>

namespace troupe::support {

namespace {

void blame(const std::string& what, const std::string& owner, objections& out) {
  if (owner.empty())
    out.push_back({"unknown_record", "There is no " + what + " in the records."});
  else
    out.push_back({"other_customer", "The " + what + " belongs to another customer."});
}

/// The customer named something that is not theirs, here or in a part of the message that was
/// looked after before, and is told so.
bool told_apart(const reviewed& x, const std::string& order) {
  return x.brought.contains(order) &&
         (x.status == "not_found" ||
          std::any_of(x.said.begin(), x.said.end(), [&](const sentence& s) {
            return s.denies && s.names.orders.contains(order);
          }));
}

} // namespace

void check_names(const reviewed& x, const books& known, objections& out) {
  for (const auto& id : x.names.orders)
    if (!known.order(id) && !told_apart(x, id))
      blame("order " + id, known.owner_of(id), out);
  for (const auto& id : x.names.payments)
    if (!known.payment(id))
      blame("payment " + id, known.owner_of(id), out);
  for (const auto& id : x.names.refunds)
    if (!known.refund(id))
      blame("refund " + id, known.owner_of(id), out);
  const auto& who = known.who();
  auto customers = x.data_only.customers;
  for (const auto& s : x.said)
    if (!s.has({"looks like"})) // An example of a customer number is nobody's.
      customers.insert(s.names.customers.begin(), s.names.customers.end());
  for (const auto& id : customers)
    if (id != who.id)
      blame("customer number " + id, known.owner_of(id), out);
  for (const auto& mail : x.names.emails)
    if (mail != lower_case(who.email))
      blame("address " + mail, known.owner_of(mail), out);
  for (const auto& card : x.names.cards)
    if (card != who.card_last4)
      blame("card ending in " + card, known.owner_of(card), out);
  for (const auto& name : x.names.addressed)
    if (who.name.find(name) == std::string::npos && name != "Customer" && name != "Sir" &&
        name != "Madam" && name != "Team")
      out.push_back({"other_customer", "The customer is not called " + name + "."});
  std::string text;
  for (const auto& s : x.said)
    text += s.text;
  if (const auto other = known.stranger_in(text); !other.empty())
    out.push_back({"other_customer", "It names the customer " + other + "."});
}

} // namespace troupe::support
