#pragma once

#include "src/telemetry/log_line.hpp"
#include "src/telemetry/sqlite.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace troupe {

/// What many lines have in common. Sixty agents with ten events each make some thousand of them at
/// most, so a line stores a small number instead of five words, one index serves searches by any of
/// them, and all of them fit into memory.
struct log_facet {
  std::int64_t id = 0;
  log_level level = log_level::info;
  std::string event, agent, domain, task_type;
};

/// A facet and what is known about its lines.
struct log_facet_state {
  std::shared_ptr<const log_facet> what;
  std::int64_t lines = 0;  ///< how many
  std::int64_t newest = 0; ///< no line of it is newer: a bound, not a fact
};

/// The facets and the frequent messages of a book, in memory and in its file. Writing calls come
/// from the one writer, the others from any thread.
class log_facets {
 public:
  /// Facets beyond it lose task type and event to the word "other", and beyond that all words:
  /// clients choose skills.
  static constexpr std::size_t max_facets = 20000;
  /// Messages that occur again and again are stored once.
  static constexpr std::size_t max_texts = 20000;
  static constexpr std::size_t max_text_bytes = 200;

  /// Reads everything from `db` again: at the start, and after a transaction was undone.
  void load(sqlite_file& db);

  /// The facet of a line, stored if it is new; its newest line is at `at` or later from now on.
  std::int64_t facet_of(sqlite_file& db, const log_line& line, std::int64_t at);
  /// A line of the facet is at `at`, which may be later than facet_of() was told: two lines cannot
  /// be of the same moment.
  void reach(std::int64_t facet, std::int64_t at);
  /// The number of a frequent message, or 0: then the line stores the message itself.
  std::int64_t text_of(sqlite_file& db, const std::string& message);
  /// Writes what has been counted since the last call.
  void store_counts(sqlite_file& db);
  /// `lines` lines of the facet are gone; with the last of them the facet goes too.
  void forget(sqlite_file& db, std::int64_t facet, std::int64_t lines);

  /// Facets that match what `filter` says of level, event, agent, domain and task type.
  [[nodiscard]] std::vector<log_facet_state> matching(const log_filter& filter) const;
  [[nodiscard]] std::string text(std::int64_t id) const;
  [[nodiscard]] std::int64_t lines() const;

 private:
  std::int64_t insert(sqlite_file& db, const log_line& line, std::string key);
  log_facet_state& put(std::shared_ptr<const log_facet> what, std::string key);

  struct entry : log_facet_state {
    std::string key;
    bool changed = false;
  };
  mutable std::mutex mutex_;
  std::map<std::int64_t, entry> all_;
  std::unordered_map<std::string, std::int64_t> by_key_;
  std::unordered_map<std::string, std::int64_t> text_ids_;
  std::unordered_map<std::int64_t, std::string> texts_;
  std::vector<std::size_t>
      seen_once_; ///< hashes of messages: a second sight makes a message frequent
  std::int64_t lines_ = 0;
};

} // namespace troupe
