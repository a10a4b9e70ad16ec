#pragma once

#include "src/telemetry/log_entry.hpp"
#include "src/telemetry/log_facets.hpp"
#include "src/telemetry/sqlite.hpp"

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

namespace troupe {

/// The searching side of a book's file. One thread at a time; beside it the writer may write.
class log_reader {
 public:
  /// Opens a file that a `log_writer` has made. `facets` must outlive it.
  log_reader(const std::string& path, const log_facets& facets);

  /// See `log_book::search`.
  std::vector<log_entry> search(const log_filter& filter, log_search_end& end);

 private:
  struct search_state;
  class postings;

  /// Walks all lines from the newest on.
  void scan(search_state& s);
  /// Merges the lines of some facets, or of some subjects, newest first.
  void merge(search_state& s, std::vector<postings> lists, sqlite_statement& next);
  /// Takes the line if it matches; false when the search is over.
  bool look(search_state& s, sqlite_statement& row);

  sqlite_file db_;
  const log_facets& facets_;
  sqlite_statement scan_, one_, by_facet_, by_subject_, subject_;
};

} // namespace troupe
