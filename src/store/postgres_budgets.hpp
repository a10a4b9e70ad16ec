#pragma once

#include "src/store/budget_table.hpp"
#include "src/store/postgres_handle.hpp"
#include "src/store/spend.hpp"

#include <cstddef>
#include <vector>

namespace troupe {

/// The accounts of limits in PostgreSQL: the rule of `settle_row` runs in the server, as the
/// function `settle_budget`, so that all claims are one round trip.
class postgres_budgets final : public budget_table {
 public:
  explicit postgres_budgets(postgres_handle& db) noexcept
      : db_(&db) {}

  std::vector<budget_stand> settle(std::span<const budget_claim> claims, timestamp now) override;
  std::vector<budget_stand> stands(std::span<const std::string> accounts) override;
  std::size_t prune(timestamp older_than, std::size_t most);

 private:
  postgres_handle* db_;
};

/// Adds the statement that keeps what was spent to a transaction.
void add_spend(postgres_handle& db, const std::vector<const stored_spend*>& rows);
[[nodiscard]] std::vector<cost_row> read_costs(postgres_handle& db, const cost_query& query);
std::size_t prune_spend(postgres_handle& db, timestamp older_than, std::size_t most);

} // namespace troupe
