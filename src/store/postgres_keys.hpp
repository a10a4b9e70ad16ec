#pragma once

#include "src/store/postgres_handle.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace troupe {

/// Reads the API keys of a schema. Throws `postgres_error`.
class postgres_keys {
 public:
  explicit postgres_keys(postgres_handle& db)
      : db_(&db) {}

  /// As `store::keys`.
  [[nodiscard]] std::optional<std::vector<stored_key>> news(std::uint64_t& mark);

 private:
  postgres_handle* db_;
};

/// Puts the write of a key, or of its revocation, into the pipeline.
void add_key_write(postgres_handle& db, const store_write& w);

} // namespace troupe
