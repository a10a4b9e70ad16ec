#include "examples/customer-support/backend/refunds.hpp"

#include "examples/customer-support/backend/disputes.hpp"

#include <algorithm>

namespace troupe::support {

namespace {

struct order_row {
  std::string id;
  std::string status;
  std::string delivered_on;
};

std::optional<order_row> find_order(const counter& at, const std::string& id) {
  auto row =
      at.db.ask("SELECT id, status, delivered_on FROM orders WHERE id = ? AND customer_id = ?", id,
                at.who.id);
  if (!row.next())
    return std::nullopt;
  return order_row{row.text(0), row.text(1), row.text(2)};
}

/// Without a named order: the newest that was cancelled or delivered and whose money has not been
/// given back.
std::optional<order_row> newest_refundable(const counter& at) {
  auto row = at.db.ask(
      "SELECT id, status, delivered_on FROM orders o WHERE customer_id = ? AND status IN "
      "('cancelled', 'delivered') AND EXISTS (SELECT 1 FROM payments p WHERE p.reference = "
      "o.id AND p.status = 'captured' AND NOT EXISTS (SELECT 1 FROM refunds r WHERE "
      "r.payment_id = p.id)) ORDER BY status = 'cancelled' DESC, id DESC LIMIT 1",
      at.who.id);
  if (!row.next())
    return std::nullopt;
  return order_row{row.text(0), row.text(1), row.text(2)};
}

/// What a refund of an order comes to, or the answer why there is none.
struct verdict_on_refund {
  std::optional<outcome> refused;
  order_row order;
  std::vector<std::pair<std::string, cents>> payments;
  cents total = 0;
};

verdict_on_refund refuse(std::string text, json data, double confidence = 0.9) {
  verdict_on_refund out;
  data["amount_cents"] = 0;
  out.refused = reply(std::move(text), std::move(data), confidence);
  return out;
}

verdict_on_refund judge(const counter& at) {
  const auto named = order_of(at.call);
  const auto found = named.empty() ? newest_refundable(at) : find_order(at, named);
  if (!found && !named.empty()) {
    verdict_on_refund out;
    out.refused = not_on_account(named, "I have not refunded anything");
    out.refused->data["amount_cents"] = 0;
    return out;
  }
  if (!found)
    return refuse("I found no order of yours that is cancelled or delivered and not refunded yet. "
                  "Which payment is it "
                  "about?",
                  {{"status", "nothing_to_refund"}, {"missing", {"order_id"}}}, 0.6);
  verdict_on_refund out;
  out.order = *found;
  const json about{{"order_id", found->id}, {"order_status", found->status}};
  auto with = [&about](const char* status) {
    json data = about;
    data["status"] = status;
    return data;
  };
  bool paid = false, waits = false;
  std::string before;
  auto rows = at.db.ask("SELECT p.id, p.amount_cents, r.status, r.id FROM payments p LEFT JOIN "
                        "refunds r ON r.payment_id = "
                        "p.id WHERE p.kind = 'order' AND p.reference = ? AND p.status IN "
                        "('captured', 'refunded') ORDER BY p.at",
                        found->id);
  while (rows.next()) {
    paid = true;
    if (!rows.text(2).empty()) {
      // What still waits for the goods is what there is to say of the order.
      if (!waits)
        before = "RF-" + std::to_string(9000 + rows.number(3));
      waits = waits || rows.text(2) == "awaiting_return";
      continue;
    }
    out.payments.emplace_back(rows.text(0), rows.number(1));
    out.total += rows.number(1);
  }
  if (!paid)
    return refuse("Order " + found->id + " has not been paid, so there is nothing to refund.",
                  with("not_paid"));
  if (out.payments.empty()) {
    auto data = with(waits ? "awaits_return" : "refunded_before");
    data["refund_id"] = before;
    return refuse(waits ? "Refund " + before + " for order " + found->id +
                              " waits for the goods to come back to us."
                        : "The payment of order " + found->id +
                              " has already been refunded (refund " + before + ").",
                  std::move(data));
  }
  if (found->status == "placed" || found->status == "packed")
    return refuse("Order " + found->id +
                      " has not left us yet. Tell us to cancel it and we refund " +
                      dollars(out.total) + " at once.",
                  with("needs_cancellation"), 0.8);
  if (found->status == "shipped")
    return refuse("Order " + found->id + " is on its way to you. Once it has arrived you have " +
                      std::to_string(return_window(at.who)) +
                      " days to return it for a full refund.",
                  with("not_delivered_yet"));
  if (found->status == "delivered") {
    const auto delivered = parse_day(found->delivered_on).value_or(at.today);
    const auto last = delivered + std::chrono::days{return_window(at.who)};
    if (at.today > last)
      return refuse("Order " + found->id + " could be returned until " + in_words(last) +
                        ", so a refund is no longer possible.",
                    with("too_late"));
  }
  return out;
}

} // namespace

int return_window(const client& who) {
  return who.tier == "gold" ? 60 : 30;
}

std::string record_refund(const counter& at, const std::string& payment, cents amount,
                          std::string_view cause, std::string_view status) {
  at.db
      .ask("INSERT INTO refunds (idempotency_key, payment_id, customer_id, amount_cents, cause, "
           "made_on, status) "
           "VALUES (?, ?, ?, ?, ?, ?, ?)",
           at.call.idempotency_key + '/' + payment, payment, at.who.id, amount, cause,
           iso(at.today), status)
      .run();
  if (status == "issued")
    at.db.ask("UPDATE payments SET status = 'refunded' WHERE id = ?", payment).run();
  auto id = at.db.ask("SELECT last_insert_rowid()");
  id.next();
  return "RF-" + std::to_string(9000 + id.number(0));
}

outcome issue_refund(const counter& at) {
  // "Refund what you took twice" is a dispute, whatever else the message says.
  if (says(at.call.text, {"twice", "duplicate", "double charge", "charged double"}))
    return settle_dispute(at);
  const auto judged = judge(at);
  if (judged.refused)
    return *judged.refused;
  const bool sent = judged.order.status == "delivered";
  const auto back = dollars(judged.total) + " to your card ending in " + at.who.card_last4;
  if (only_asks(at.call.text))
    return reply("Order " + judged.order.id +
                     (sent ? " can be returned: once the goods are here, we return "
                           : " can be refunded: we would return ") +
                     back + ", within " + refund_eta +
                     ". Nothing has been done so far: write \"refund order " + judged.order.id +
                     "\" if you want that.",
                 {{"status", "refundable"},
                  {"order_id", judged.order.id},
                  {"order_status", judged.order.status},
                  {"payable", json::array({{{"order_id", judged.order.id}}})},
                  {"amount", dollars(judged.total)},
                  {"amount_cents", judged.total},
                  {"eta", refund_eta}},
                 0.9);
  std::string id;
  for (const auto& [payment, amount] : judged.payments)
    id = record_refund(at, payment, amount, judged.order.status,
                       sent ? "awaiting_return" : "issued");
  json data{{"status", sent ? "awaiting_return" : "refunded"},
            {"order_id", judged.order.id},
            {"refund_id", id},
            {"transaction_id", judged.payments.front().first},
            {"amount", dollars(judged.total)},
            {"amount_cents", judged.total},
            {"eta", refund_eta},
            {"context", {{"refund", {{"id", id}, {"amount_cents", judged.total}}}}}};
  if (sent)
    return reply("We have noted refund " + id + " for order " + judged.order.id +
                     ". Please send the goods back with the label that we are mailing to " +
                     at.who.email + "; once they are here we return " + back + " within " +
                     refund_eta + ".",
                 std::move(data));
  return reply("We have refunded " + back + " for order " + judged.order.id +
                   (at.brief ? "." : " (refund " + id + ").") + " Expect it within " + refund_eta +
                   ".",
               std::move(data));
}

outcome quote_refund(const counter& at) {
  const auto judged = judge(at);
  if (judged.refused) {
    auto out = *judged.refused;
    out.data["payable"] = json::array();
    return out;
  }
  return reply("Order " + judged.order.id + " can be refunded with " + dollars(judged.total) + ".",
               {{"status", "refundable"},
                {"order_id", judged.order.id},
                {"payable", json::array({{{"order_id", judged.order.id}}})},
                {"amount", dollars(judged.total)},
                {"amount_cents", judged.total}});
}

outcome track_refund(const counter& at) {
  const auto order = order_in(at.call.text);
  if (!order.empty() && !has_order(at.db, at.who, order))
    return not_on_account(order, "I can't follow a refund of it");
  auto row = at.db.ask(
      "SELECT r.id, r.amount_cents, r.made_on, r.status, p.card_last4, p.reference FROM refunds r "
      "JOIN payments p ON p.id = r.payment_id WHERE r.customer_id = ? "
      "ORDER BY p.reference = ? DESC, r.id DESC LIMIT 1",
      at.who.id, order);
  const bool any = row.next();
  // Who asks after the refund of an order that nobody has refunded yet is told what there would be.
  if (!order.empty() && (!any || row.text(5) != order)) {
    const auto judged = judge(at);
    if (!judged.refused)
      return reply("Order " + order + " has not been refunded so far; it can be, with " +
                       dollars(judged.total) + ": write \"refund order " + order +
                       "\" if you want that.",
                   {{"status", "refundable"},
                    {"order_id", order},
                    {"payable", json::array({{{"order_id", order}}})},
                    {"amount", dollars(judged.total)},
                    {"amount_cents", judged.total}},
                   0.9);
  }
  if (!any)
    return reply("There is no refund on your account so far. If you expect one, tell me which "
                 "order or payment it is "
                 "about.",
                 {{"status", "none"}}, 0.8);
  const auto id = "RF-" + std::to_string(9000 + row.number(0));
  const auto made = parse_day(row.text(2)).value_or(at.today);
  json data{{"refund_id", id},
            {"status", row.text(3)},
            {"amount", dollars(row.number(1))},
            {"amount_cents", row.number(1)},
            {"made_on", row.text(2)}};
  if (row.text(3) == "awaiting_return")
    return reply(
        "Refund " + id + " over " + dollars(row.number(1)) + " for " + row.text(5) +
            " waits for the goods to come back to us. The money leaves on the day they arrive.",
        std::move(data));
  const auto due = after_working_days(made, 5);
  data["due"] = iso(due);
  const auto start = "Refund " + id + " over " + dollars(row.number(1)) +
                     " went to your card ending in " + row.text(4) + " on " + in_words(made);
  if (at.today > due)
    return reply(start + " and should have arrived by " + in_words(due) +
                     ". If your bank does not show it, tell us and a colleague traces it.",
                 std::move(data));
  return reply(start + ". It should be there by " + in_words(due) + '.', std::move(data));
}

outcome refund_policy(const counter& at) {
  const int window = return_window(at.who);
  std::string text = "You can return what you bought within " + std::to_string(window) +
                     " days of delivery for a full refund";
  if (at.who.id.empty())
    text += " (60 days for gold customers)";
  text += "; orders that have not been shipped can be cancelled and are refunded at once.";
  if (!at.brief)
    text += " The return label is free, opened boxes are fine, and the money goes back to the card "
            "you paid with "
            "within 3-5 business days. Subscriptions run to the end of the paid month and are not "
            "refunded in part, "
            "except for charges made in error.";
  return reply(std::move(text),
               {{"source", "rules"}, {"topic", "refund.policy"}, {"return_days", window}}, 0.95);
}

} // namespace troupe::support
