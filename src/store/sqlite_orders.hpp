#pragma once

#include "src/store/sqlite_handle.hpp"

#include <troupe/standing_order.hpp>

#include <vector>

namespace troupe {

/// The standing orders of agents in the SQLite store, by the rules of `order_table`. Everything
/// throws `store_error`; `keep` belongs into the caller's transaction.
class sqlite_orders {
 public:
  explicit sqlite_orders(sqlite_handle& db);
  void keep(const standing_order& x);
  [[nodiscard]] std::vector<standing_order> all();

 private:
  sqlite_statement drop_, put_, all_;
};

} // namespace troupe
