#pragma once

#include "src/store/postgres_handle.hpp"

#include <cstdint>
#include <string>

namespace troupe {

/// Forgets what is old, and says how much room the rest takes. Throws `postgres_error`.
class postgres_pruner {
 public:
  explicit postgres_pruner(postgres_handle& db) noexcept
      : db_(&db) {}

  [[nodiscard]] std::size_t prune(const prune_limits& limits, std::size_t most);

  /// Without the audit trail, which only grows. An estimate from the server's statistics: rows that
  /// live, times what a row of the table takes on average. The files are no measure: they do not
  /// shrink when rows are deleted, the room is used again. It lags behind by the second or so that
  /// the server's counters do.
  [[nodiscard]] std::uint64_t bytes();

 private:
  [[nodiscard]] std::size_t prune_strays(timestamp older_than, std::size_t most);
  postgres_handle* db_;
  std::string stray_from_; ///< the task after which the next look at the ledger goes on
};

} // namespace troupe
