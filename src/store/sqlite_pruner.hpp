#pragma once

#include "src/store/sqlite_audit.hpp"
#include "src/store/sqlite_budgets.hpp"
#include "src/store/sqlite_claims.hpp"
#include "src/store/sqlite_handle.hpp"
#include "src/store/sqlite_ledger.hpp"
#include "src/store/sqlite_reader.hpp"
#include "src/store/sqlite_spend.hpp"
#include "src/store/store.hpp"

#include <cstddef>
#include <cstdint>

namespace troupe {

/// Forgets what is old, and says how much room the rest takes. What it is made of must outlive it.
/// One thread at a time. Throws `store_error`.
class sqlite_pruner {
 public:
  sqlite_pruner(sqlite_handle& db, sqlite_reader& reader, sqlite_ledger& ledger,
                sqlite_claims& claims, sqlite_audit& audit, sqlite_spend& spend,
                sqlite_budgets& budgets);

  /// As `store::prune`; to be called within a transaction.
  [[nodiscard]] std::size_t prune(const prune_limits& limits, std::size_t most);
  /// Without the audit trail.
  [[nodiscard]] std::uint64_t bytes();

 private:
  sqlite_handle& db_;
  sqlite_reader& reader_;
  sqlite_ledger& ledger_;
  sqlite_claims& claims_;
  sqlite_audit& audit_;
  sqlite_spend& spend_;
  sqlite_budgets& budgets_;
  sqlite_statement closed_before_, drop_task_, drop_events_, drop_end_, drop_sessions_;
};

} // namespace troupe
