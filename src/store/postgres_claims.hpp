#pragma once

#include "src/store/postgres_handle.hpp"
#include "src/store/store.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace troupe {

// The claims to idempotency keys, in PostgreSQL. Everything throws `postgres_error`.

/// Adds the statements that claim keys to a transaction, two for each; `holders_in` reads their
/// answers, of which the first one is number `first`.
void add_claims(postgres_handle& db, std::string_view domain, std::uint32_t shard,
                std::uint64_t epoch, std::span<const key_claim> claims);
[[nodiscard]] std::vector<key_holder> holders_in(const std::vector<postgres_rows>& answers,
                                                 std::size_t first, std::size_t count);

void release_claim(postgres_handle& db, std::string_view domain, std::string_view key,
                   std::string_view id);

/// Adds the statement that removes the claims of tasks that are opened, if some of them have keys.
void add_opened_claims(postgres_handle& db, const std::vector<const store_write*>& opened);

[[nodiscard]] std::size_t prune_claims(postgres_handle& db, timestamp older_than, std::size_t most);

} // namespace troupe
