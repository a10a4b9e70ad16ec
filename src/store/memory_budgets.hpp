#pragma once

#include "src/store/budget_table.hpp"
#include "src/store/spend.hpp"

#include <map>
#include <string>
#include <vector>

namespace troupe {

/// A `budget_table` in memory; also that of the store in memory.
class memory_budgets final : public budget_table {
 public:
  std::vector<budget_stand> settle(std::span<const budget_claim> claims, timestamp now) override;
  std::vector<budget_stand> stands(std::span<const std::string> accounts) override;
  /// Forgets accounts that were over before `older_than`, at most `most`; returns how many.
  std::size_t prune(timestamp older_than, std::size_t most);

 private:
  std::map<std::string, budget_row, std::less<>> rows_;
};

/// What was spent, in memory.
class memory_spend {
 public:
  void add(const stored_spend& x) { rows_.try_emplace({x.at, x.id}, x); }
  [[nodiscard]] std::vector<cost_row> costs(const cost_query& query) const;
  std::size_t prune(timestamp older_than, std::size_t most);

 private:
  std::map<std::pair<timestamp, std::string>, stored_spend> rows_;
};

} // namespace troupe
