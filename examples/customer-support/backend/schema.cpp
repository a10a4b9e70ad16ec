#include "examples/customer-support/backend/schema.hpp"

#include "examples/customer-support/backend/seed.hpp"

#include <cstdlib>
#include <filesystem>

namespace troupe::support {

namespace {

// Days are ISO text, moments are seconds since the Unix epoch, money is cents.
constexpr const char* tables = R"sql(
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS plans (
  id TEXT PRIMARY KEY, name TEXT NOT NULL, level INTEGER NOT NULL UNIQUE,
  monthly_cents INTEGER NOT NULL, features TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS products (
  sku TEXT PRIMARY KEY, name TEXT NOT NULL, words TEXT NOT NULL, unit_cents INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS customers (
  id TEXT PRIMARY KEY, name TEXT NOT NULL, email TEXT NOT NULL,
  tier TEXT NOT NULL CHECK (tier IN ('gold', 'standard', 'free')),
  card_last4 TEXT NOT NULL, address TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS addresses (
  id INTEGER PRIMARY KEY, customer_id TEXT NOT NULL REFERENCES customers, address TEXT NOT NULL,
  UNIQUE (customer_id, address));
CREATE TABLE IF NOT EXISTS subscriptions (
  customer_id TEXT PRIMARY KEY REFERENCES customers, plan_id TEXT NOT NULL REFERENCES plans,
  price_cents INTEGER NOT NULL, billing_day INTEGER NOT NULL CHECK (billing_day BETWEEN 1 AND 28),
  term TEXT NOT NULL CHECK (term IN ('monthly', 'annual')), term_ends TEXT,
  next_plan_id TEXT REFERENCES plans, next_plan_from TEXT);
CREATE TABLE IF NOT EXISTS quotes (
  id INTEGER PRIMARY KEY, idempotency_key TEXT NOT NULL UNIQUE,
  customer_id TEXT NOT NULL REFERENCES customers, plan_id TEXT NOT NULL REFERENCES plans,
  prorated_cents INTEGER NOT NULL, quoted_on TEXT NOT NULL, valid_until TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('open', 'accepted', 'superseded')));
CREATE TABLE IF NOT EXISTS orders (
  id TEXT PRIMARY KEY, customer_id TEXT NOT NULL REFERENCES customers,
  status TEXT NOT NULL CHECK (status IN ('placed', 'packed', 'shipped', 'delivered', 'cancelled')),
  placed_on TEXT NOT NULL, shipped_on TEXT, delivered_on TEXT, address TEXT NOT NULL,
  delivery TEXT NOT NULL CHECK (delivery IN ('standard', 'express')), total_cents INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS orders_by_customer ON orders (customer_id, id);
CREATE TABLE IF NOT EXISTS order_items (
  order_id TEXT NOT NULL REFERENCES orders, sku TEXT NOT NULL REFERENCES products,
  quantity INTEGER NOT NULL CHECK (quantity > 0), unit_cents INTEGER NOT NULL,
  PRIMARY KEY (order_id, sku));
CREATE TABLE IF NOT EXISTS payments (
  id TEXT PRIMARY KEY, customer_id TEXT NOT NULL REFERENCES customers,
  kind TEXT NOT NULL CHECK (kind IN ('subscription', 'order')), reference TEXT NOT NULL,
  amount_cents INTEGER NOT NULL, card_last4 TEXT NOT NULL, at INTEGER NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('captured', 'declined', 'refunded', 'pending')), note TEXT NOT NULL DEFAULT '');
CREATE INDEX IF NOT EXISTS payments_by_customer ON payments (customer_id, at);
CREATE TABLE IF NOT EXISTS refunds (
  id INTEGER PRIMARY KEY, idempotency_key TEXT NOT NULL UNIQUE,
  payment_id TEXT NOT NULL UNIQUE REFERENCES payments, customer_id TEXT NOT NULL REFERENCES customers,
  amount_cents INTEGER NOT NULL, cause TEXT NOT NULL, made_on TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('issued', 'awaiting_return')));
CREATE TABLE IF NOT EXISTS adjustments (
  id INTEGER PRIMARY KEY, idempotency_key TEXT NOT NULL UNIQUE,
  customer_id TEXT NOT NULL REFERENCES customers, amount_cents INTEGER NOT NULL, cause TEXT NOT NULL,
  made_on TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS mails (
  id INTEGER PRIMARY KEY, idempotency_key TEXT NOT NULL UNIQUE,
  customer_id TEXT NOT NULL REFERENCES customers, recipient TEXT NOT NULL, subject TEXT NOT NULL,
  made_on TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS delivery_reports (
  id INTEGER PRIMARY KEY, idempotency_key TEXT NOT NULL UNIQUE,
  order_id TEXT NOT NULL REFERENCES orders, problem TEXT NOT NULL, made_on TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS effects (
  idempotency_key TEXT PRIMARY KEY, reply TEXT NOT NULL, made_on TEXT NOT NULL);
)sql";

} // namespace

std::string database_path(const std::string& data_dir) {
  if (const char* named = std::getenv("SUPPORT_DB"); named && *named)
    return named;
  return (std::filesystem::path{data_dir} / "support.db").string();
}

void prepare(database& db, day today) {
  transaction all{db};
  db.run(tables);
  const bool filled = db.ask("SELECT value FROM meta WHERE key = 'seeded_on'").next();
  if (!filled) {
    fill(db, today);
    db.ask("INSERT INTO meta VALUES ('seeded_on', ?)", iso(today)).run();
  }
  // What was answered a month ago is not going to be asked again under the same key.
  db.ask("DELETE FROM effects WHERE made_on < ?", iso(today - std::chrono::days{30})).run();
  all.commit();
}

} // namespace troupe::support
