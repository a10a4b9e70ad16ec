#pragma once

#include "src/telemetry/log_entry.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace troupe {

struct log_metrics;

/// The log's file cannot be used. The text is for people.
class log_error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct log_book_settings {
  std::filesystem::path dir = "troupe-data"; ///< `logs.db` lives in it; made if it is missing
  std::size_t queue_max = 65536; ///< lines that wait to be written; above it lines are dropped
  std::size_t queue_max_bytes = 64u << 20; ///< their size, likewise
  std::size_t batch_max = 32768;           ///< lines per transaction
  log_metrics* counts =
      nullptr; ///< where written and dropped lines are counted as well; must outlive the book
  /// Told, on the writing thread, when lines were dropped or the disk refuses them, and when it
  /// takes them again: once per change, not per line. Must not throw.
  std::function<void(log_level, const std::string&)> complain;
};

struct log_book_stats {
  std::uint64_t written = 0;
  std::uint64_t dropped = 0; ///< the queue was full, or the disk refused them
  std::size_t queued = 0;
};

/// The log in one place: an SQLite file that is appended to in batches by a thread of its own and
/// can be searched by session, task, task type, agent, level and time (docs/reference/logs.md). One
/// process owns the file at a time. All functions may be called by any thread.
class log_book {
 public:
  /// Opens or makes the file. Throws `log_error` when it cannot be used: another process has it,
  /// the disk refuses, or it is something else or of a newer version.
  explicit log_book(log_book_settings settings);
  /// Writes what is queued, then closes.
  ~log_book();
  log_book(const log_book&) = delete;
  log_book& operator=(const log_book&) = delete;

  /// Queues a line; never waits for the disk. False when the queue was full: the line is dropped,
  /// counted, and a line with the event `log.dropped` says later how many were lost. Texts are cut
  /// to sane lengths (see `max_message`).
  bool append(log_entry entry);
  static constexpr std::size_t max_message =
      8192; ///< bytes of a message; of the fields as JSON, four times as many
  static constexpr std::size_t max_name = 256; ///< bytes of every other text

  /// Waits until everything that had been queued before the call is written or, if the disk refuses
  /// it, dropped. False when that took longer than `at_most`.
  bool flush(milliseconds at_most = milliseconds{10000});

  /// Lines that match, newest first. Lines become visible when their batch is written. Two lines of
  /// a book never have the same `at`: later ones of the same microsecond are moved on by one. A
  /// search looks at a bounded number of lines, which only matters to one by text or within a task
  /// of very many lines; `end`, if given, says whether it got through. Throws `log_error` when the
  /// file cannot be read.
  [[nodiscard]] std::vector<log_entry> search(const log_filter& filter,
                                              log_search_end* end = nullptr) const;
  static constexpr std::size_t max_scanned = 500000;  ///< lines looked at by one search
  static constexpr milliseconds max_text_search{800}; ///< time that one search for a text takes

  /// Forgets lines older than `older_than`, at most `most`, oldest first; returns how many. Call
  /// again while it returns `most`. The file keeps its size, later lines use the space. Throws
  /// `log_error`.
  std::size_t prune(timestamp older_than, std::size_t most = 20000);

  /// How much room the lines that are written take in the file, with their indexes; pruning lowers
  /// it. Throws `log_error`.
  [[nodiscard]] std::uint64_t bytes() const;

  [[nodiscard]] log_book_stats stats() const;

 private:
  class impl;
  std::unique_ptr<impl> impl_;
};

} // namespace troupe
