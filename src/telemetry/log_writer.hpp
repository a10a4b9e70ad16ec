#pragma once

#include "src/telemetry/log_facets.hpp"
#include "src/telemetry/log_line.hpp"
#include "src/telemetry/sqlite.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <unordered_map>

namespace troupe {

/// The writing side of a book's file. A line's key is its moment in microseconds, so that time is
/// the order of the file and costs no index; who it is about (task, session, customer) is stored
/// once per task, what it is once per facet. One thread at a time. Every call throws `log_error`
/// when the disk refuses; nothing has changed then.
class log_writer {
 public:
  /// Opens `path`, makes the tables if the file is new, and fills `facets`, which must outlive it.
  log_writer(const std::string& path, log_facets& facets);

  /// Writes all lines or none; sorts them by time first.
  void write(std::span<log_line> batch);

  /// Removes the oldest lines from before `older_than`, at most `most`, and what only they referred
  /// to; returns how many.
  std::size_t prune(std::int64_t older_than, std::size_t most);

  /// How much of the file is in use.
  [[nodiscard]] std::uint64_t bytes();

 private:
  std::int64_t subject_of(const log_line& line);
  std::int64_t insert(const log_line& line, std::int64_t at, std::int64_t subject);
  /// Makes the memory agree with the file again after a transaction was undone.
  void recover();

  struct statements {
    explicit statements(sqlite_file& db);
    sqlite_statement line, subject;
  };
  sqlite_file db_;
  log_facets& facets_;
  statements do_;
  /// Tasks that lines have been about lately. Emptied when full: a task may then have two subjects,
  /// which is harmless.
  std::unordered_map<std::string, std::int64_t> subjects_;
};

} // namespace troupe
