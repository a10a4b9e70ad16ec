#pragma once

#include "src/store/open_set.hpp"
#include "src/store/sqlite_handle.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

/// The reading half of the SQLite store. Everything throws `store_error`.
class sqlite_reader {
 public:
  sqlite_reader(sqlite_handle& db, const open_set& open);

  [[nodiscard]] std::optional<stored_task> task(std::string_view id);
  [[nodiscard]] std::optional<std::string> task_by_key(std::string_view domain,
                                                       std::string_view key);
  [[nodiscard]] std::optional<std::string> session(std::string_view domain, std::string_view id);
  [[nodiscard]] std::vector<std::string> sessions(const session_filter& filter);
  [[nodiscard]] std::vector<stored_task> open_tasks(std::string_view domain, std::uint32_t shard);
  [[nodiscard]] std::vector<stored_task> tasks(const task_filter& filter);

  /// The first free place for a task that is not stored; nothing if it is stored.
  [[nodiscard]] std::optional<std::int64_t> place_for(std::string_view id);

 private:
  [[nodiscard]] std::optional<std::int64_t> key_of(std::string_view id);
  [[nodiscard]] std::optional<stored_task> at_key(std::int64_t key);
  void read_events(std::int64_t key, stored_task& into);

  const open_set* open_;
  sqlite_statement places_, by_key_, session_, session_at_, newest_sessions_, one_, events_,
      newest_, of_session_;
};

} // namespace troupe
