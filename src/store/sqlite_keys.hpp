#pragma once

#include "src/store/sqlite_handle.hpp"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace troupe {

/// The API keys in a SQLite database: rows are added and revoked, never removed. One thread at a
/// time. Throws `store_error`.
class sqlite_keys {
 public:
  /// Makes the table if it is missing.
  explicit sqlite_keys(sqlite_handle& db);

  // To be called within a transaction.
  void add(std::string_view id, std::string_view body);
  void revoke(std::string_view id, timestamp at);

  /// As `store::keys`.
  [[nodiscard]] std::optional<std::vector<stored_key>> news(std::uint64_t& mark);

 private:
  sqlite_handle& db_;
  sqlite_statement insert_, revoke_, mark_, all_;
};

} // namespace troupe
