#pragma once

#include "src/store/postgres_handle.hpp"
#include "src/store/store.hpp"

#include <span>
#include <vector>

namespace troupe {

/// Adds the statements that keep what nodes have learned of agents to a transaction.
void add_learned(postgres_handle& db, std::span<const learned_row> rows);
/// All of it. Throws `postgres_error`.
[[nodiscard]] std::vector<learned_row> read_learned(postgres_handle& db);

} // namespace troupe
