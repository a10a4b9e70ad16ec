#pragma once

#include "src/store/budget_table.hpp"
#include "src/store/sqlite_handle.hpp"

#include <cstddef>
#include <functional>

namespace troupe {

/// The accounts of limits in a database. `settle` runs in `transaction`.
class sqlite_budgets final : public budget_table {
 public:
  sqlite_budgets(sqlite_handle& db, std::function<void(const std::function<void()>&)> transaction);

  std::vector<budget_stand> settle(std::span<const budget_claim> claims, timestamp now) override;
  std::vector<budget_stand> stands(std::span<const std::string> accounts) override;
  /// As `memory_budgets::prune`, within the caller's transaction.
  std::size_t prune(timestamp older_than, std::size_t most);

 private:
  budget_row read(const std::string& account);
  sqlite_handle& db_;
  std::function<void(const std::function<void()>&)> transaction_;
  sqlite_statement get_, put_, drop_;
};

} // namespace troupe
