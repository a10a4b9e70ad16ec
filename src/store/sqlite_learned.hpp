#pragma once

#include "src/store/sqlite_handle.hpp"
#include "src/store/store.hpp"

#include <span>
#include <vector>

namespace troupe {

/// What nodes have learned of agents, in the SQLite store. Everything throws `store_error`; `keep`
/// belongs into the caller's transaction.
class sqlite_learned {
 public:
  explicit sqlite_learned(sqlite_handle& db);
  void keep(std::span<const learned_row> rows);
  [[nodiscard]] std::vector<learned_row> all();

 private:
  sqlite_statement put_, all_;
};

} // namespace troupe
