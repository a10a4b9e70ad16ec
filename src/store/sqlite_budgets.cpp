#include "src/store/sqlite_budgets.hpp"

namespace troupe {

namespace {

std::int64_t since_1970(timestamp t) noexcept {
  return t.time_since_epoch().count();
}

} // namespace

sqlite_budgets::sqlite_budgets(sqlite_handle& db,
                               std::function<void(const std::function<void()>&)> transaction)
    : db_(db)
    , transaction_(std::move(transaction))
    , get_(db, "SELECT taken_cost, taken_tokens, taken_calls, spent_cost, spent_tokens,"
               " spent_calls, pressed, until FROM budgets WHERE account = ?1")
    , put_(db, "INSERT INTO budgets VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"
               " ON CONFLICT(account) DO UPDATE SET taken_cost = ?2, taken_tokens = ?3,"
               " taken_calls = ?4, spent_cost = ?5, spent_tokens = ?6, spent_calls = ?7,"
               " pressed = ?8, until = ?9")
    , drop_(db, "DELETE FROM budgets WHERE account IN (SELECT account FROM budgets"
                " WHERE until < ?1 LIMIT ?2)") {}

budget_row sqlite_budgets::read(const std::string& account) {
  budget_row out;
  get_.text(1, account);
  sqlite_rows rows{get_};
  if (!rows.next())
    return out;
  for (int i = 0; i < static_cast<int>(budget_units); ++i) {
    const auto unit = static_cast<std::size_t>(i);
    out.taken[unit] = rows.number(i);
    out.spent[unit] = rows.number(i + static_cast<int>(budget_units));
  }
  out.pressed = timestamp{microseconds{rows.number(6)}};
  out.until = timestamp{microseconds{rows.number(7)}};
  return out;
}

std::vector<budget_stand> sqlite_budgets::settle(std::span<const budget_claim> claims,
                                                 timestamp now) {
  std::vector<budget_stand> out;
  transaction_([&] {
    for (const auto& x : claims) {
      auto row = read(x.account);
      out.push_back(settle_row(row, x, now));
      put_.text(1, x.account);
      for (int i = 0; i < static_cast<int>(budget_units); ++i) {
        const auto unit = static_cast<std::size_t>(i);
        put_.number(2 + i, row.taken[unit]);
        put_.number(2 + static_cast<int>(budget_units) + i, row.spent[unit]);
      }
      put_.number(8, since_1970(row.pressed)).number(9, since_1970(row.until)).run();
    }
  });
  return out;
}

std::vector<budget_stand> sqlite_budgets::stands(std::span<const std::string> accounts) {
  std::vector<budget_stand> out;
  for (const auto& name : accounts) {
    const auto row = read(name);
    auto& stand = out.emplace_back();
    stand.account = name;
    stand.taken = row.taken;
    stand.spent = row.spent;
  }
  return out;
}

std::size_t sqlite_budgets::prune(timestamp older_than, std::size_t most) {
  drop_.number(1, since_1970(older_than)).number(2, static_cast<std::int64_t>(most)).run();
  return static_cast<std::size_t>(db_.changed_rows());
}

} // namespace troupe
