#include "src/store/postgres_budgets.hpp"

#include <algorithm>
#include <numeric>

namespace troupe {

namespace {

constexpr postgres_statement begin_settling{"begin_settling",
                                            "BEGIN ISOLATION LEVEL READ COMMITTED"};
constexpr postgres_statement end_settling{"end_settling", "COMMIT"};
constexpr postgres_statement settle_one{
    "settle_one", "SELECT taken[1], taken[2], taken[3], spent[1], spent[2], spent[3], granted[1],"
                  " granted[2], granted[3], refused::int4, pressed::int4 FROM settle_budget("
                  "$1::bytea, $2::int8[], $3::int8[], $4::int8[], $5::int8[], $6::int8[],"
                  " $7::int8, $8::int8, $9::int8, $10::int8, $11::int8)"};
constexpr postgres_statement read_account{
    "read_account", "SELECT taken[1], taken[2], taken[3], spent[1], spent[2], spent[3]"
                    " FROM budgets WHERE account = $1::bytea"};
constexpr postgres_statement drop_accounts{
    "drop_accounts", "DELETE FROM budgets b USING (SELECT account FROM budgets WHERE until < $1"
                     " LIMIT $2::int8 FOR UPDATE SKIP LOCKED) o WHERE b.account = o.account"};

constexpr postgres_statement put_spend{
    "put_spend",
    "INSERT INTO spend(at, id, day, task, session, domain, agent, workflow, customer, model, input,"
    " output, cost, calls, estimated, cached, cache_write)"
    " SELECT * FROM unnest($1::int8[], $2::bytea[], $3::int8[],"
    " $4::bytea[], $5::bytea[], $6::bytea[], $7::bytea[], $8::bytea[], $9::bytea[], $10::bytea[],"
    " $11::int8[], $12::int8[], $13::int8[], $14::int8[], $15::int8[], $16::int8[], $17::int8[])"
    " ON CONFLICT DO NOTHING"};
constexpr postgres_statement sum_spend{
    "sum_spend",
    "SELECT CASE WHEN $1::int8 & 1 <> 0 THEN domain || '/'::bytea || agent ELSE ''::bytea END,"
    " CASE WHEN $1::int8 & 2 <> 0 THEN task ELSE ''::bytea END,"
    " CASE WHEN $1::int8 & 4 <> 0 THEN session ELSE ''::bytea END,"
    " CASE WHEN $1::int8 & 8 <> 0 THEN workflow ELSE ''::bytea END,"
    " CASE WHEN $1::int8 & 16 <> 0 THEN domain ELSE ''::bytea END,"
    " CASE WHEN $1::int8 & 32 <> 0 THEN customer ELSE ''::bytea END,"
    " CASE WHEN $1::int8 & 64 <> 0 THEN model ELSE ''::bytea END,"
    " CASE WHEN $1::int8 & 128 <> 0 THEN convert_to(day::text, 'UTF8') ELSE ''::bytea END,"
    " sum(input)::int8, sum(output)::int8, sum(cost)::int8, sum(calls)::int8, sum(estimated)::int8,"
    " sum(cached)::int8, sum(cache_write)::int8"
    " FROM spend WHERE at >= $2::int8 AND at < $3::int8 AND ($4::bytea = ''::bytea OR"
    " domain = $4::bytea OR substring(domain from 1 for length($4::bytea) + 1) ="
    " $4::bytea || '/'::bytea) AND ($5::bytea = ''::bytea OR customer = $5::bytea)"
    " AND ($6::bytea = ''::bytea OR task = $6::bytea)"
    " GROUP BY 1, 2, 3, 4, 5, 6, 7, 8 ORDER BY sum(cost) DESC, 1, 2, 3, 4, 5, 6, 7, 8"
    " LIMIT $7::int8"};
constexpr postgres_statement drop_spend{
    "drop_spend", "DELETE FROM spend s USING (SELECT at, id FROM spend WHERE at < $1 ORDER BY at"
                  " LIMIT $2::int8 FOR UPDATE SKIP LOCKED) o WHERE s.at = o.at AND s.id = o.id"};

std::int64_t in_micros(timestamp t) noexcept {
  return t.time_since_epoch().count();
}

postgres_array units_of(const budget_amount& x) {
  postgres_array out{postgres_array::of::int8};
  for (const auto n : x.of)
    out.add(n);
  return out;
}

/// The accounts in the order of their names: two nodes never wait for each other in a circle.
std::vector<std::size_t> in_order(std::span<const budget_claim> claims) {
  std::vector<std::size_t> out(claims.size());
  std::iota(out.begin(), out.end(), std::size_t{0});
  std::sort(out.begin(), out.end(),
            [&](std::size_t a, std::size_t b) { return claims[a].account < claims[b].account; });
  return out;
}

cost_row cost_row_of(const postgres_rows& from, int i) {
  cost_row row;
  for (std::size_t p = 0; p < cost_parts; ++p)
    row.part[p] = std::string{from.bytes(i, static_cast<int>(p))};
  row.used.input_tokens = static_cast<std::uint64_t>(from.number(i, 8));
  row.used.output_tokens = static_cast<std::uint64_t>(from.number(i, 9));
  row.used.cost_micros = static_cast<std::uint64_t>(from.number(i, 10));
  row.used.calls = static_cast<std::uint32_t>(from.number(i, 11));
  row.estimated = static_cast<std::uint64_t>(from.number(i, 12));
  row.used.cached_tokens = static_cast<std::uint64_t>(from.number(i, 13));
  row.used.cache_write_tokens = static_cast<std::uint64_t>(from.number(i, 14));
  return row;
}

} // namespace

std::vector<budget_stand> postgres_budgets::settle(std::span<const budget_claim> claims,
                                                   timestamp now) {
  const auto order = in_order(claims);
  db_->begin_call();
  db_->add(begin_settling);
  for (const auto i : order) {
    const auto& x = claims[i];
    postgres_params p;
    p.bytes(x.account)
        .array(units_of(x.limit))
        .array(units_of(x.spent))
        .array(units_of(x.back))
        .array(units_of(x.need))
        .array(units_of(x.wish))
        .number(x.forced ? 1 : 0)
        .number(in_micros(x.until))
        .number(in_micros(now))
        .number(microseconds{budget_pressed_for}.count())
        .number(budget_grant_part);
    db_->add(settle_one, p);
  }
  db_->add(end_settling);
  const auto said = db_->run();
  std::vector<budget_stand> out(claims.size());
  for (std::size_t n = 0; n < order.size(); ++n) {
    const auto& row = said[n + 1];
    auto& stand = out[order[n]];
    stand.account = claims[order[n]].account;
    for (int i = 0; i < static_cast<int>(budget_units); ++i) {
      const auto unit = static_cast<std::size_t>(i);
      stand.taken[unit] = row.number(0, i);
      stand.spent[unit] = row.number(0, 3 + i);
      stand.granted[unit] = row.number(0, 6 + i);
    }
    stand.refused = row.number(0, 9) != 0;
    stand.pressed = row.number(0, 10) != 0;
  }
  return out;
}

std::vector<budget_stand> postgres_budgets::stands(std::span<const std::string> accounts) {
  std::vector<budget_stand> out;
  if (accounts.empty())
    return out;
  db_->begin_call();
  for (const auto& name : accounts)
    db_->add(read_account, postgres_params{}.bytes(name));
  const auto said = db_->run();
  for (std::size_t n = 0; n < accounts.size(); ++n) {
    auto& stand = out.emplace_back();
    stand.account = accounts[n];
    if (said[n].size() == 0)
      continue;
    for (int i = 0; i < static_cast<int>(budget_units); ++i) {
      stand.taken[static_cast<std::size_t>(i)] = said[n].number(0, i);
      stand.spent[static_cast<std::size_t>(i)] = said[n].number(0, 3 + i);
    }
  }
  return out;
}

std::size_t postgres_budgets::prune(timestamp older_than, std::size_t most) {
  db_->begin_call();
  db_->add(drop_accounts,
           postgres_params{}.number(in_micros(older_than)).number(static_cast<std::int64_t>(most)));
  return static_cast<std::size_t>(db_->run()[0].changed());
}

void add_spend(postgres_handle& db, const std::vector<const stored_spend*>& rows) {
  const auto numbers = [&](auto value) {
    postgres_array out{postgres_array::of::int8};
    for (const auto* x : rows)
      out.add(static_cast<std::int64_t>(value(*x)));
    return out;
  };
  const auto texts = [&](auto member) {
    postgres_array out{postgres_array::of::bytea};
    for (const auto* x : rows)
      out.add(std::string_view{x->*member});
    return out;
  };
  postgres_params p;
  p.array(numbers([](const auto& x) { return in_micros(x.at); }))
      .array(texts(&stored_spend::id))
      .array(numbers([](const auto& x) { return x.day; }))
      .array(texts(&stored_spend::task))
      .array(texts(&stored_spend::session))
      .array(texts(&stored_spend::domain))
      .array(texts(&stored_spend::agent))
      .array(texts(&stored_spend::workflow))
      .array(texts(&stored_spend::customer))
      .array(texts(&stored_spend::model))
      .array(numbers([](const auto& x) { return x.used.input_tokens; }))
      .array(numbers([](const auto& x) { return x.used.output_tokens; }))
      .array(numbers([](const auto& x) { return x.used.cost_micros; }))
      .array(numbers([](const auto& x) { return x.used.calls; }))
      .array(numbers([](const auto& x) { return x.estimated ? 1 : 0; }))
      .array(numbers([](const auto& x) { return x.used.cached_tokens; }))
      .array(numbers([](const auto& x) { return x.used.cache_write_tokens; }));
  db.add(put_spend, p);
}

std::vector<cost_row> read_costs(postgres_handle& db, const cost_query& query) {
  db.begin_call();
  db.add(sum_spend, postgres_params{}
                        .number(query.bits())
                        .number(in_micros(query.since))
                        .number(in_micros(query.until))
                        .bytes(query.domain)
                        .bytes(query.customer)
                        .bytes(query.task)
                        .number(static_cast<std::int64_t>(cost_rows_max)));
  const auto said = db.run();
  std::vector<cost_row> out;
  for (int i = 0; i < said[0].size(); ++i)
    if (auto row = cost_row_of(said[0], i); is_within(row.of(cost_part::domain), query.within))
      out.push_back(std::move(row));
  return out;
}

std::size_t prune_spend(postgres_handle& db, timestamp older_than, std::size_t most) {
  db.begin_call();
  db.add(drop_spend,
         postgres_params{}.number(in_micros(older_than)).number(static_cast<std::int64_t>(most)));
  return static_cast<std::size_t>(db.run()[0].changed());
}

} // namespace troupe
