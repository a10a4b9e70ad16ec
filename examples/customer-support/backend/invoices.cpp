#include "examples/customer-support/backend/invoices.hpp"

#include "examples/customer-support/backend/money.hpp"

namespace troupe::support {

namespace {

struct payment_row {
  std::string id;
  std::string reference;
  cents amount = 0;
  day on;
  std::string status;
};

payment_row payment_in(const statement& row) {
  return {row.text(0), row.text(1), row.number(2),
          std::chrono::floor<std::chrono::days>(day{} + std::chrono::seconds{row.number(3)}),
          row.text(4)};
}

constexpr const char* payment_columns =
    "SELECT id, reference, amount_cents, at, status FROM payments ";

/// Each payment has one invoice, which carries its number.
std::string invoice_number(const payment_row& p) {
  return "INV-" + p.id.substr(p.id.find('_') + 1);
}

/// `order LF-10234` or `the plan pro`.
std::string what_for(const payment_row& p) {
  return p.reference.starts_with("LF-") ? "order " + p.reference : "the " + p.reference + " plan";
}

json invoice_data(const payment_row& p) {
  return {{"invoice", invoice_number(p)},
          {"transaction_id", p.id},
          {"reference", p.reference},
          {"amount", dollars(p.amount)},
          {"amount_cents", p.amount},
          {"on", iso(p.on)},
          {"status", p.status}};
}

} // namespace

outcome send_invoice(const counter& at) {
  const auto order = order_in(at.call.text);
  const auto sql = std::string{payment_columns} +
                   "WHERE customer_id = ? AND status IN ('captured', 'refunded')" +
                   (order.empty() ? "" : " AND reference = ?") + " ORDER BY at DESC LIMIT 1";
  auto row = order.empty() ? at.db.ask(sql, at.who.id) : at.db.ask(sql, at.who.id, order);
  if (!row.next()) {
    if (order.empty())
      return reply("There is no invoice on your account yet: nothing has been billed.",
                   {{"status", "none"}}, 0.85);
    return reply("I can't find an invoice for " + order +
                     " on your account. Could you check the number?",
                 {{"status", "not_found"}, {"order_id", order}, {"missing", {"order_id"}}}, 0.6);
  }
  const auto found = payment_in(row);
  const auto number = invoice_number(found);
  at.db
      .ask("INSERT INTO mails (idempotency_key, customer_id, recipient, subject, made_on) VALUES "
           "(?, ?, ?, ?, ?)",
           at.call.idempotency_key, at.who.id, at.who.email, "Invoice " + number, iso(at.today))
      .run();
  auto data = invoice_data(found);
  data["status"] = "sent";
  data["sent_to"] = at.who.email;
  std::string text = "Invoice " + number + " over " + dollars(found.amount) + " is on its way to " +
                     at.who.email + '.';
  if (!at.brief)
    text += " It is for " + what_for(found) + ", paid on " + in_words(found.on) +
            "; all others are under Settings > Billing.";
  return reply(std::move(text), std::move(data));
}

outcome explain_invoices(const counter& at) {
  const int shown = at.brief ? 1 : 3;
  auto rows = at.db.ask(
      std::string{payment_columns} +
          "WHERE customer_id = ? AND status IN ('captured', 'refunded') ORDER BY at DESC LIMIT ?",
      at.who.id, shown);
  json invoices = json::array();
  std::vector<std::string> said;
  while (rows.next()) {
    const auto p = payment_in(rows);
    invoices.push_back(invoice_data(p));
    said.push_back(invoice_number(p) + " of " + in_words(p.on) + " over " + dollars(p.amount) +
                   " for " + what_for(p) + (p.status == "refunded" ? " (refunded)" : ""));
  }
  std::string text = said.empty() ? "Nothing has been billed on your account so far."
                     : said.size() == 1
                         ? "Your latest invoice is " + said.front() + "; it is paid."
                         : "Your latest invoices, all of them paid: " + listed(said) + '.';
  json data{{"status", said.empty() ? "none" : "listed"}, {"invoices", std::move(invoices)}};
  auto sub = at.db.ask("SELECT price_cents, billing_day FROM subscriptions WHERE customer_id = ?",
                       at.who.id);
  if (sub.next() && sub.number(0) > 0) {
    const auto next = cycle_at(at.today, static_cast<int>(sub.number(1))).end;
    // What was agreed since the last bill, such as a prorated upgrade, comes on top of the monthly
    // price.
    auto extra =
        at.db.ask("SELECT COALESCE(SUM(amount_cents), 0) FROM adjustments WHERE customer_id = ? "
                  "AND made_on >= ?",
                  at.who.id, iso(cycle_at(at.today, static_cast<int>(sub.number(1))).start));
    extra.next();
    const cents due = sub.number(0) + extra.number(0);
    text += " The next one, over " + dollars(due) + ", comes on " + in_words(next) + '.';
    data["next"] = {{"on", iso(next)}, {"amount", dollars(due)}, {"amount_cents", due}};
  }
  return reply(std::move(text), std::move(data), 0.9);
}

outcome payment_methods(const counter& at) {
  std::string text = "You can pay by Visa, Mastercard and American Express, PayPal, Apple Pay, "
                     "Google Pay and SEPA direct "
                     "debit; companies also by bank transfer against an invoice.";
  json data{{"source", "rules"},
            {"topic", "billing.payment_methods"},
            {"methods",
             {"visa", "mastercard", "amex", "paypal", "apple_pay", "google_pay", "sepa",
              "bank_transfer"}}};
  if (!at.who.id.empty()) {
    text += " The card on file ends in " + at.who.card_last4 +
            "; you can change it under Settings > Billing.";
    data["source"] = "database";
    data["card_last4"] = at.who.card_last4;
  }
  return reply(std::move(text), std::move(data), 0.9);
}

outcome payment_issue(const counter& at) {
  if (!at.who.id.empty()) {
    auto row = at.db.ask(
        "SELECT p.id, p.reference, p.amount_cents, p.at, p.status, p.note, EXISTS "
        "(SELECT 1 FROM payments q "
        "WHERE q.customer_id = p.customer_id AND q.reference = p.reference AND "
        "q.at > p.at AND q.status IN "
        "('captured', 'refunded')) FROM payments p WHERE p.customer_id = ? AND p.status = "
        "'declined' ORDER BY p.at DESC "
        "LIMIT 1",
        at.who.id);
    if (row.next()) {
      const auto p = payment_in(row);
      const bool settled = row.number(6) != 0;
      auto data = invoice_data(p);
      data["status"] = settled ? "settled" : "declined";
      const auto start = "Your payment of " + dollars(p.amount) + " for " + what_for(p) + " on " +
                         in_words(p.on) + " was declined: " + row.text(5) + '.';
      return reply(start + (settled ? " A later attempt went through, so nothing is open."
                                    : " Please check the card under Settings > Billing, or choose "
                                      "another way to pay "
                                      "there; we then try again at once."),
                   std::move(data), 0.85);
    }
  }
  std::string text = at.who.id.empty() ? "" : "We see no declined payment on your account. ";
  text += "When a payment does not go through, it is mostly the bank's confirmation step: keep the "
          "page open, confirm in "
          "your banking app, and check that pop-ups are allowed.";
  if (!at.brief)
    text += " Also look at the card's date and limit. Nothing is charged for a failed attempt; "
            "another card or PayPal "
            "works at once.";
  return reply(std::move(text),
               {{"status", "advice"},
                {"topic", "billing.payment_issue"},
                {"source", at.who.id.empty() ? "rules" : "database"}},
               0.75);
}

outcome cancellation_fee(const counter& at) {
  auto row = at.db.ask("SELECT plan_id, price_cents, billing_day, term, term_ends FROM "
                       "subscriptions WHERE customer_id = ?",
                       at.who.id);
  if (!row.next())
    return reply("There is no subscription on your account, so there is no fee either.",
                 {{"status", "none"}}, 0.85);
  const auto ends = parse_day(row.text(4));
  if (row.text(3) != "annual" || !ends || *ends <= at.today) {
    const auto last = cycle_at(at.today, static_cast<int>(row.number(2))).end;
    return reply(
        "There is no fee: your plan runs from month to month. If you end it today, it stays active "
        "until " +
            in_words(last) + '.',
        {{"status", "no_fee"}, {"fee_cents", 0}, {"fee", dollars(0)}, {"active_until", iso(last)}});
  }
  const int months = whole_months(at.today, *ends);
  const cents fee = prorated(row.number(1) * months, 1, 2);
  std::string text = "Your yearly term runs until " + in_words(*ends) +
                     ". Ending it today would cost " + dollars(fee);
  text += at.brief
              ? "."
              : ": half of the " + std::to_string(months) + " whole months that remain, at " +
                    dollars(row.number(1)) + " each. There is no fee if you let the term run out.";
  return reply(std::move(text), {{"status", "fee"},
                                 {"fee", dollars(fee)},
                                 {"fee_cents", fee},
                                 {"months_left", months},
                                 {"term_ends", iso(*ends)}});
}

} // namespace troupe::support
