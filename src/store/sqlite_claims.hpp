#pragma once

#include "src/store/sqlite_handle.hpp"
#include "src/store/store.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace troupe {

/// The claims to idempotency keys, in the SQLite store. Everything throws `store_error` and belongs
/// into the caller's transaction.
class sqlite_claims {
 public:
  explicit sqlite_claims(sqlite_handle& db);
  /// Whose the key is then; no task may have been opened with it.
  [[nodiscard]] std::string claim(std::string_view domain, std::uint32_t shard, std::uint64_t epoch,
                                  const key_claim& x);
  void release(std::string_view domain, std::string_view key, std::string_view id);
  [[nodiscard]] std::size_t prune(timestamp older_than, std::size_t most);

 private:
  sqlite_handle* db_;
  sqlite_statement put_, holder_, drop_, drop_old_;
};

} // namespace troupe
