#include "examples/customer-support/backend/books.hpp"

#include "examples/customer-support/backend/claims.hpp"
#include "examples/customer-support/backend/refunds.hpp"

#include <algorithm>

namespace troupe::support {

namespace {

constexpr std::int64_t two_days_s = 2 * 24 * 3600;

day day_of(std::int64_t at) {
  return day{std::chrono::floor<std::chrono::days>(std::chrono::seconds{at})};
}

template <class Rows>
auto find_in(const Rows& rows, const std::string& id) -> decltype(rows.data()) {
  const auto hit =
      std::find_if(rows.begin(), rows.end(), [&](const auto& row) { return row.id == id; });
  return hit == rows.end() ? nullptr : &*hit;
}

} // namespace

books::books(database& db, const client& who, day today)
    : db_(db)
    , who_(who)
    , today_(today) {
  days_.insert({today, after_working_days(today, 5)});
  if (who.id.empty())
    return;
  read_payments();
  read_orders();
  read_subscription();
}

void books::read_payments() {
  auto rows = db_.ask("SELECT id, reference, amount_cents, at, status FROM payments WHERE "
                      "customer_id = ? ORDER BY at",
                      who_.id);
  while (rows.next()) {
    payments_.push_back({rows.text(0), rows.text(1), rows.number(2), rows.number(3), rows.text(4)});
    days_.insert(day_of(rows.number(3)));
  }
  auto back = db_.ask("SELECT r.id, r.payment_id, p.reference, r.amount_cents, r.cause, r.made_on, "
                      "r.status FROM refunds r JOIN payments p ON p.id = r.payment_id WHERE "
                      "r.customer_id = ? ORDER BY r.id",
                      who_.id);
  while (back.next()) {
    const auto made = parse_day(back.text(5)).value_or(today_);
    refunds_.push_back({"RF-" + std::to_string(9000 + back.number(0)), back.text(1), back.text(2),
                        back.number(3), back.text(4), made, back.text(6)});
    days_.insert({made, after_working_days(made, 5)});
  }
}

void books::read_orders() {
  auto rows = db_.ask("SELECT id, status, total_cents, placed_on, shipped_on, delivered_on FROM "
                      "orders WHERE customer_id = ?",
                      who_.id);
  while (rows.next()) {
    ordered o{rows.text(0), rows.text(1), rows.number(2), {}, std::nullopt};
    for (int column = 3; column <= 5; ++column)
      if (const auto on = parse_day(rows.text(column)))
        o.days.insert(*on);
    if (const auto on = parse_day(rows.text(5)); on && o.status == "delivered") {
      o.return_until = *on + std::chrono::days{return_window(who_)};
      o.days.insert(*o.return_until);
    }
    days_.insert(o.days.begin(), o.days.end());
    orders_.push_back(std::move(o));
  }
}

void books::read_subscription() {
  auto row = db_.ask("SELECT price_cents, billing_day, term, term_ends, next_plan_from FROM "
                     "subscriptions WHERE customer_id = ?",
                     who_.id);
  if (row.next()) {
    const auto price = row.number(0);
    const auto cycle = cycle_at(today_, static_cast<int>(row.number(1)));
    other_amounts_.insert(price);
    days_.insert({cycle.start, cycle.end});
    auto extra = db_.ask("SELECT COALESCE(SUM(amount_cents), 0) FROM adjustments WHERE "
                         "customer_id = ? AND made_on >= ?",
                         who_.id, iso(cycle.start));
    extra.next();
    if (price > 0)
      next_bill_ = price + extra.number(0);
    fee_ = 0;
    if (const auto ends = parse_day(row.text(3)); ends && row.text(2) == "annual") {
      days_.insert(*ends);
      if (*ends > today_)
        fee_ = prorated(price * whole_months(today_, *ends), 1, 2);
    }
    if (const auto from = parse_day(row.text(4)))
      days_.insert(*from);
  }
  auto quotes =
      db_.ask("SELECT prorated_cents, valid_until FROM quotes WHERE customer_id = ?", who_.id);
  while (quotes.next()) {
    other_amounts_.insert(quotes.number(0));
    if (const auto until = parse_day(quotes.text(1)))
      days_.insert(*until);
  }
  auto changes = db_.ask("SELECT amount_cents FROM adjustments WHERE customer_id = ?", who_.id);
  while (changes.next())
    other_amounts_.insert(changes.number(0));
}

const ordered* books::order(const std::string& id) const {
  return find_in(orders_, id);
}

const paid* books::payment(const std::string& id) const {
  return find_in(payments_, id);
}

const returned* books::refund(const std::string& id) const {
  return find_in(refunds_, id);
}

std::string books::owner_of(const std::string& record) const {
  const auto ask = [&](const char* sql, const std::string& value) {
    auto row = db_.ask(sql, value, who_.id);
    return row.next() ? row.text(0) : std::string{};
  };
  if (record.starts_with("LF-"))
    return ask("SELECT customer_id FROM orders WHERE id = ? ORDER BY customer_id = ? DESC", record);
  if (record.starts_with("txn_"))
    return ask("SELECT customer_id FROM payments WHERE id = ? ORDER BY customer_id = ? DESC",
               record);
  if (record.starts_with("RF-"))
    return ask("SELECT customer_id FROM refunds WHERE CAST(id + 9000 AS TEXT) = ? ORDER BY "
               "customer_id = ? DESC",
               record.substr(3));
  if (record.starts_with("C-"))
    return ask("SELECT id FROM customers WHERE id = ? ORDER BY id = ? DESC", record);
  if (record.find('@') != std::string::npos)
    return ask("SELECT id FROM customers WHERE email = ? ORDER BY id = ? DESC LIMIT 1", record);
  return ask("SELECT id FROM customers WHERE card_last4 = ? ORDER BY id = ? DESC LIMIT 1", record);
}

std::string books::stranger_in(std::string_view text) const {
  auto rows = db_.ask("SELECT id FROM customers WHERE name <> ? AND instr(?, name) > 0 LIMIT 1",
                      who_.name, text);
  return rows.next() ? rows.text(0) : std::string{};
}

std::string books::open_question(const std::set<std::string>& references) const {
  for (auto b = payments_.begin(); b != payments_.end(); ++b) {
    if (!references.empty() && !references.contains(b->reference))
      continue;
    if (b->status == "pending")
      return b->id + " over " + dollars(b->amount) + " for " + b->reference + " is pending";
    const auto went_back = std::any_of(refunds_.begin(), refunds_.end(),
                                       [&](const auto& r) { return r.payment == b->id; });
    if (b->status != "captured" || went_back)
      continue;
    const auto a = std::find_if(payments_.begin(), b, [&](const paid& x) {
      return x.status == "captured" && x.reference == b->reference && x.amount == b->amount &&
             b->at - x.at <= two_days_s;
    });
    if (a != b)
      return b->id + " is like " + a->id + ": " + dollars(b->amount) + " for " + b->reference +
             ", " + std::to_string(b->at - a->at) + " seconds later";
  }
  return {};
}

bool books::has_paid(const std::string& reference) const {
  return std::any_of(payments_.begin(), payments_.end(), [&](const paid& p) {
    return (p.status == "captured" || p.status == "refunded") &&
           (reference.empty() || p.reference == reference);
  });
}

const paid* books::last_declined() const {
  const auto hit = std::find_if(payments_.rbegin(), payments_.rend(),
                                [](const paid& p) { return p.status == "declined"; });
  return hit == payments_.rend() ? nullptr : &*hit;
}

bool books::settled_later(const paid& declined) const {
  return std::any_of(payments_.begin(), payments_.end(), [&](const paid& p) {
    return p.reference == declined.reference && p.at > declined.at &&
           (p.status == "captured" || p.status == "refunded");
  });
}

bool books::was_mailed(const std::string& payment) const {
  const auto subject = "Invoice INV-" + payment.substr(std::min<std::size_t>(4, payment.size()));
  auto row =
      payment.empty()
          ? db_.ask("SELECT 1 FROM mails WHERE customer_id = ? AND subject LIKE 'Invoice %'",
                    who_.id)
          : db_.ask("SELECT 1 FROM mails WHERE customer_id = ? AND subject = ?", who_.id, subject);
  return row.next();
}

std::set<cents> books::amounts_of(const std::string& record) const {
  std::set<cents> out;
  if (const auto* p = payment(record)) {
    out.insert(p->amount);
    return out;
  }
  if (const auto* r = refund(record)) {
    // One effort may give back several payments, and names the last refund with the sum.
    cents same_order = 0, same_cause = 0;
    for (const auto& x : refunds_) {
      same_order += x.reference == r->reference ? x.amount : 0;
      same_cause += x.cause == r->cause && x.made_on == r->made_on ? x.amount : 0;
    }
    return {r->amount, same_order, same_cause};
  }
  if (const auto* o = order(record))
    out.insert(o->total);
  cents all = 0, open = 0, back = 0;
  for (const auto& p : payments_)
    if (p.reference == record && p.status != "declined") {
      out.insert(p.amount);
      all += p.amount;
      open += p.status == "captured" ? p.amount : 0;
    }
  for (const auto& r : refunds_)
    back += r.reference == record ? r.amount : 0;
  if (!out.empty())
    out.insert({all, open, back});
  return out;
}

std::set<cents> books::amounts(std::string_view low) const {
  auto out = other_amounts_;
  out.insert(0);
  if (fee_)
    out.insert(*fee_);
  if (next_bill_)
    out.insert(*next_bill_);
  for (const auto& p : payments_) {
    out.insert(p.amount);
    if (p.reference.starts_with("LF-"))
      out.merge(amounts_of(p.reference));
  }
  for (const auto& r : refunds_)
    out.merge(amounts_of(r.id));
  for (const auto& o : orders_)
    out.insert(o.total);
  auto plans = db_.ask("SELECT id, monthly_cents FROM plans");
  while (plans.next())
    if (holds_any(low, {plans.text(0)}))
      out.insert(plans.number(1));
  return out;
}

} // namespace troupe::support
