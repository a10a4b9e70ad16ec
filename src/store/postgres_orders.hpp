#pragma once

#include "src/store/postgres_handle.hpp"

#include <troupe/standing_order.hpp>

#include <vector>

namespace troupe {

/// Adds the statements that keep a standing order, by the rules of `order_table`, to a transaction.
void add_order(postgres_handle& db, const standing_order& x);
/// All standing orders. Throws `postgres_error`.
[[nodiscard]] std::vector<standing_order> read_orders(postgres_handle& db);

} // namespace troupe
