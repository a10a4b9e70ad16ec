#pragma once

#include "src/store/postgres_handle.hpp"
#include "src/store/store.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

/// The reading half of the PostgreSQL store: one round trip each. What consists of several
/// statements is read as of one instant. Throws `postgres_error`.
class postgres_reader {
 public:
  explicit postgres_reader(postgres_handle& db) noexcept
      : db_(&db) {}

  [[nodiscard]] std::optional<stored_task> task(std::string_view id);
  [[nodiscard]] std::optional<std::string> task_by_key(std::string_view domain,
                                                       std::string_view key);
  [[nodiscard]] std::optional<std::string> session(std::string_view domain, std::string_view id);
  [[nodiscard]] std::vector<std::string> sessions(const session_filter& filter);
  [[nodiscard]] std::vector<stored_task> open_tasks(std::string_view domain, std::uint32_t shard);
  [[nodiscard]] std::vector<stored_task> tasks(const task_filter& filter);
  [[nodiscard]] std::vector<stored_effect> effects(const effect_filter& filter);

 private:
  postgres_handle* db_;
};

} // namespace troupe
