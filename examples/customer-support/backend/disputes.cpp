#include "examples/customer-support/backend/disputes.hpp"

#include "examples/customer-support/backend/refunds.hpp"

namespace troupe::support {

namespace {

struct duplicate {
  std::string id;
  std::string of;
  std::string reference;
  std::string card;
  cents amount = 0;
  std::int64_t apart_s = 0;
};

std::vector<duplicate> find_duplicates(const counter& at) {
  // The one before may itself be refunded by now: three payments in a row are one payment and two
  // duplicates.
  auto rows = at.db.ask("SELECT b.id, MAX(a.id), b.reference, b.card_last4, b.amount_cents, "
                        "MIN(b.at - a.at) FROM payments b JOIN payments a "
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
    out.push_back(
        {rows.text(0), rows.text(1), rows.text(2), rows.text(3), rows.number(4), rows.number(5)});
  return out;
}

outcome nothing_found(const counter& at) {
  auto before = at.db.ask(
      "SELECT id, amount_cents, made_on FROM refunds WHERE customer_id = ? AND cause = 'duplicate' "
      "ORDER BY id DESC LIMIT 1",
      at.who.id);
  if (before.next()) {
    const auto on = parse_day(before.text(2)).value_or(at.today);
    return reply("We found the duplicate charge earlier and refunded " + dollars(before.number(1)) +
                     " on " + in_words(on) + " (refund RF-" +
                     std::to_string(9000 + before.number(0)) +
                     "); there is no further one. It should reach you by " +
                     in_words(after_working_days(on, 5)) + '.',
                 {{"status", "already_refunded"},
                  {"refund_id", "RF-" + std::to_string(9000 + before.number(0))},
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
  const auto found = find_duplicates(at);
  if (found.empty())
    return nothing_found(at);
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
  if (found.size() > 1)
    return reply("We found " + std::to_string(found.size()) +
                     " duplicate charges and have issued refunds of " + dollars(total) +
                     " in total to your card ending in " + first.card + " — expect them within " +
                     refund_eta + '.',
                 std::move(data), 0.97);
  std::string text = "We found the duplicate charge and have issued a " + dollars(total) +
                     " refund to your card ending in " + first.card + " — expect it within " +
                     refund_eta + '.';
  if (!at.brief)
    text += " The two payments for " + first.reference + " were " + std::to_string(first.apart_s) +
            " seconds apart: our payment provider repeated the request.";
  return reply(std::move(text), std::move(data), 0.97);
}

} // namespace troupe::support
