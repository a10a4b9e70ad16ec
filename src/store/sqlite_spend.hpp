#pragma once

#include "src/store/spend.hpp"
#include "src/store/sqlite_handle.hpp"

#include <cstddef>
#include <vector>

namespace troupe {

/// What was spent on models, in the SQLite store. Everything throws `store_error`; `add` and
/// `prune` belong into the caller's transaction.
class sqlite_spend {
 public:
  explicit sqlite_spend(sqlite_handle& db);
  void add(const stored_spend& x);
  [[nodiscard]] std::vector<cost_row> costs(const cost_query& query);
  std::size_t prune(timestamp older_than, std::size_t most);

 private:
  sqlite_handle& db_;
  sqlite_statement add_, sums_, drop_;
};

} // namespace troupe
