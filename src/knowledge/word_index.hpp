#pragma once

#include "src/telemetry/sqlite.hpp"

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace troupe::knowledge {

/// Finds passages by their words: SQLite FTS5 in memory, ranked by BM25, where a word in a heading
/// counts twice. One thread at a time reads; it takes some 100 us.
class word_index {
 public:
  word_index();

  /// `heading` and `text` are terms joined by blanks. Before the first `find`.
  void add(std::size_t number, const std::string& collection, const std::string& heading,
           const std::string& text);
  void finish();

  /// Numbers of the passages of these collections that hold one of the terms, best first.
  [[nodiscard]] std::vector<std::size_t> find(const std::vector<std::string>& terms,
                                              const std::vector<std::string>& collections,
                                              std::size_t most);

 private:
  std::mutex mutex_;
  sqlite_file db_;
  std::unique_ptr<sqlite_transaction> filling_;
};

} // namespace troupe::knowledge
