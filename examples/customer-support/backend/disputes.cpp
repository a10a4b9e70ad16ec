#include "examples/customer-support/backend/disputes.hpp"

#include "examples/customer-support/backend/refunds.hpp"

#include <algorithm>

namespace troupe::support {

namespace {

struct duplicate {
  std::string id;
  std::string of;
  bool of_order = false;
  std::string reference;
  std::string card;
  cents amount = 0;
  std::int64_t apart_s = 0;
};

std::vector<duplicate> find_duplicates(const counter& at) {
  // The one before may itself be refunded by now: three payments in a row are one payment and two
  // duplicates.
  auto rows = at.db.ask("SELECT b.id, MAX(a.id), b.kind = 'order', b.reference, b.card_last4, "
                        "b.amount_cents, MIN(b.at - a.at) FROM payments b JOIN payments a "
                        "ON a.customer_id = b.customer_id AND a.kind = b.kind AND a.reference = "
                        "b.reference AND a.amount_cents = "
                        "b.amount_cents AND a.card_last4 = b.card_last4 AND a.status = 'captured' "
                        "AND (a.at < b.at OR (a.at = b.at AND a.id "
                        "< b.id)) AND b.at - a.at <= ? WHERE b.customer_id = ? AND b.status = "
                        "'captured' AND NOT EXISTS (SELECT 1 FROM "
                        "refunds r WHERE r.payment_id = b.id) GROUP BY b.id ORDER BY b.at DESC",
                        duplicate_window_s, at.who.id);
  std::vector<duplicate> out;
  while (rows.next())
    out.push_back({rows.text(0), rows.text(1), rows.number(2) != 0, rows.text(3), rows.text(4),
                   rows.number(5), rows.number(6)});
  return out;
}

/// The duplicates that the message speaks of to the front: the answer is about the first.
void put_first_what_is_meant(std::string_view text, const std::string& order,
                             std::vector<duplicate>& found) {
  const bool of_orders = says(text, {"order", "orders", "purchase"});
  const bool of_plans = says(text, {"subscription", "plan", "membership"});
  std::stable_partition(found.begin(), found.end(), [&](const duplicate& d) {
    return order.empty() ? of_orders != of_plans && d.of_order == of_orders : d.reference == order;
  });
}

/// `order LF-10203`, `the pro plan`.
std::string what_it_was(bool of_order, const std::string& reference) {
  return of_order ? "order " + reference : "the " + reference + " plan";
}

/// What the duplicates were taken for, each thing once.
std::string taken_for(const std::vector<duplicate>& found) {
  std::vector<std::string> said;
  for (const auto& d : found)
    if (auto one = what_it_was(d.of_order, d.reference);
        std::find(said.begin(), said.end(), one) == said.end())
      said.push_back(std::move(one));
  return listed(said);
}

outcome nothing_found(const counter& at, const std::string& order) {
  auto before = at.db.ask(
      "SELECT r.id, r.amount_cents, r.made_on, p.kind = 'order', p.reference FROM refunds r JOIN "
      "payments p ON p.id = r.payment_id WHERE r.customer_id = ? AND r.cause = 'duplicate' AND "
      "(? = '' OR p.reference = ?) ORDER BY r.id DESC LIMIT 1",
      at.who.id, order, order);
  if (before.next()) {
    const auto on = parse_day(before.text(2)).value_or(at.today);
    const auto refund = "RF-" + std::to_string(9000 + before.number(0));
    return reply("We found the duplicate charge earlier and refunded " + dollars(before.number(1)) +
                     " on " + in_words(on) + " (refund " + refund + "); it was for " +
                     what_it_was(before.number(3) != 0, before.text(4)) +
                     ", and there is no further one. It should reach you by " +
                     in_words(after_working_days(on, 5)) + '.',
                 {{"status", "already_refunded"},
                  {"refund_id", refund},
                  {"amount", dollars(before.number(1))},
                  {"amount_cents", before.number(1)}},
                 0.9);
  }
  auto rows = at.db.ask("SELECT id, amount_cents, at, reference, card_last4 FROM payments WHERE "
                        "customer_id = ? AND status "
                        "= 'captured' ORDER BY at DESC LIMIT 3",
                        at.who.id);
  json latest = json::array();
  std::vector<std::string> said;
  while (rows.next()) {
    const day on{std::chrono::floor<std::chrono::days>(std::chrono::seconds{rows.number(2)})};
    said.push_back(dollars(rows.number(1)) + " on " + in_words(on) + " for " + rows.text(3));
    latest.push_back({{"transaction_id", rows.text(0)},
                      {"amount_cents", rows.number(1)},
                      {"on", iso(on)},
                      {"reference", rows.text(3)}});
  }
  std::string text = "We went through your payments and found none that was taken twice";
  if (said.empty())
    text += "; in fact there is no payment on your account. Was it another account?";
  else
    text += ". The latest are " + listed(said) +
            ". If your statement shows something else, tell us its date and amount and a colleague "
            "takes a look.";
  return reply(std::move(text), {{"status", "no_duplicate"}, {"latest", std::move(latest)}}, 0.6);
}

} // namespace

outcome settle_dispute(const counter& at) {
  // "If I was charged twice, would I get it back?" says of nothing that it has happened.
  if (says(at.call.text, {"if i", "if we", "what if"}) && only_asks(at.call.text) &&
      says(at.call.text, {"would i", "would we", "do i get", "can i", "could i", "what if",
                          "what happens", "would you"}))
    return reply(std::string{"A duplicate charge is always refunded in full, to the card that was "
                             "charged, within "} +
                     refund_eta +
                     ". If one stands on your statement, write \"I was charged twice\" and we "
                     "look for it.",
                 {{"status", "explained"}, {"source", "rules"}}, 0.9);
  const auto order = order_in(at.call.text);
  if (!order.empty() && !has_order(at.db, at.who, order))
    return not_on_account(order, "I have not refunded anything");
  auto found = find_duplicates(at);
  if (found.empty())
    return nothing_found(at, order);
  put_first_what_is_meant(at.call.text, order, found);
  cents total = 0;
  std::string refund;
  json items = json::array();
  for (const auto& d : found) {
    refund = record_refund(at, d.id, d.amount, "duplicate", "issued");
    total += d.amount;
    items.push_back({{"transaction_id", d.id},
                     {"duplicate_of", d.of},
                     {"reference", d.reference},
                     {"amount_cents", d.amount},
                     {"seconds_apart", d.apart_s},
                     {"refund_id", refund}});
  }
  const auto& first = found.front();
  json data{{"status", "refunded"},
            {"amount", dollars(total)},
            {"amount_cents", total},
            {"transaction_id", first.id},
            {"duplicate_of", first.of},
            {"refund_id", refund},
            {"eta", refund_eta},
            {"refunds", std::move(items)},
            {"context", {{"refund", {{"id", refund}, {"amount_cents", total}}}}}};
  // Whoever spoke of another order is told so, and what the money is for is named in any case.
  const bool other = !order.empty() && found.front().reference != order;
  const auto instead =
      other ? " For order " + order + " we found no payment that was taken twice." : std::string{};
  if (found.size() > 1)
    return reply("We found " + std::to_string(found.size()) +
                     " duplicate charges and have issued refunds of " + dollars(total) +
                     " in total to your card ending in " + first.card + " — expect them within " +
                     refund_eta + ". They were for " + taken_for(found) + '.' + instead,
                 std::move(data), 0.97);
  std::string text = "We found the duplicate charge and have issued a " + dollars(total) +
                     " refund to your card ending in " + first.card + " — expect it within " +
                     refund_eta + '.';
  if (at.brief)
    text += " It was for " + taken_for(found) + '.';
  else
    text += " The two payments for " + (first.of_order ? taken_for(found) : first.reference) +
            " were " + std::to_string(first.apart_s) +
            " seconds apart: our payment provider repeated the request.";
  return reply(text + instead, std::move(data), 0.97);
}

} // namespace troupe::support
