#pragma once

#include "src/store/sqlite_handle.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace troupe {

/// Which tasks of a database are open, in memory. On disk nothing is written for a task that closes
/// soon: a task whose key is at or above the *floor* is open if it has no end, and a start looks at
/// all of those. Every `generation` new tasks the floor rises to where it was a generation before,
/// and the few tasks below it that are still open get a row in `open_tasks`. A start therefore
/// looks at two generations at most, however much history there is.
class open_set {
 public:
  struct entry {
    std::int64_t key = 0;
    std::uint32_t domain = 0; ///< index into the names
    std::uint32_t shard = 0;
    std::uint32_t last_event = 0;
    task_state state = task_state::submitted;
    bool listed = false; ///< has a row in open_tasks
    bool ending = false; ///< its end is in the batch that is being written
    bool whole = false;  ///< and is in its row already
  };
  static constexpr std::size_t generation = 32768;

  explicit open_set(sqlite_handle& db);

  /// Forgets everything and reads it from the database. Throws `store_error`.
  void load();

  [[nodiscard]] entry* find(std::string_view id);

  /// A task was inserted under `key`. Both write to the database, within the caller's transaction.
  void add(std::string_view id, std::string_view domain, entry e);
  /// True if its end is in its row already.
  bool remove(std::string_view id);

  /// Raises the floor if it is time. Within the caller's transaction.
  void raise_floor();

  /// Keys of the open tasks that `wanted` accepts, in rising order.
  [[nodiscard]] std::vector<std::int64_t>
  keys(const std::function<bool(const entry&, const std::string& domain)>& wanted) const;

 private:
  struct hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view s) const noexcept {
      return std::hash<std::string_view>{}(s);
    }
  };

  std::uint32_t domain_index(std::string_view domain);
  void read(sqlite_statement& from, bool listed);

  std::unordered_map<std::string, entry, hash, std::equal_to<>> tasks_;
  std::vector<std::string> domains_;
  std::int64_t floor_ = 0;
  std::int64_t next_floor_ = 0; ///< above every key of the former generations
  std::int64_t top_ = 0;        ///< above every key
  std::size_t young_ = 0;       ///< tasks added since the floor was raised
  sqlite_statement list_;
  sqlite_statement unlist_;
  sqlite_statement set_floor_;
  sqlite_statement get_floor_;
  sqlite_statement get_top_;
  sqlite_statement old_ones_;
  sqlite_statement young_ones_;
};

} // namespace troupe
