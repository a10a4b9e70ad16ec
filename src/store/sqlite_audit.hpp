#pragma once

#include "src/store/audit.hpp"
#include "src/store/sqlite_handle.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

/// The audit trail in a SQLite database: one table that is only ever added to, in the transactions
/// of the store, and a file beside the database with the trail's head, written after each of them.
/// One thread at a time. Throws `store_error`.
class sqlite_audit {
 public:
  /// Makes the table if it is missing. A head that the table does not bear out is put on record, so
  /// that the next write cannot cover it up.
  sqlite_audit(sqlite_handle& db, std::string key);

  /// Adds a record, unless one with this id is there. To be called within a transaction.
  void add(std::string_view id, std::string_view body);
  /// The transaction is on disk: the head may be written.
  void committed();
  /// It is not: what was added is forgotten.
  void undone();

  [[nodiscard]] std::vector<audit_row> rows(std::uint64_t after, std::size_t most);

  /// About how much room the trail takes, judged by some of its records: looking at all of them
  /// would take longer with every year.
  [[nodiscard]] std::uint64_t bytes();

  /// The file with the head of the trail in the database at `path`.
  [[nodiscard]] static std::string head_file(const std::string& path);

 private:
  void load();
  void compare_with_head();

  sqlite_handle& db_;
  std::string key_;
  audit_head end_;
  bool moved_ = false;
  sqlite_statement insert_, last_, page_, one_, width_;
};

/// Where the head of the trail in the database at `path` is said to be; nothing when there is no
/// such file or it cannot be read.
[[nodiscard]] std::optional<audit_head> read_audit_head(const std::string& path);

/// Reads the trail of a database that no node has open. Throws `store_error`; `busy` when one has.
[[nodiscard]] std::vector<audit_row> read_sqlite_audit(const std::string& path, std::uint64_t after,
                                                       std::size_t most);

} // namespace troupe
