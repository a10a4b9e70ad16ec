#pragma once

#include "nodes/cli/chaos_load.hpp"
#include "policies/fault_schedule.hpp"

#include <troupe/json.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace troupe::cli {

/// What the store says of a run's tasks.
struct chaos_books {
  std::uint64_t accepted = 0; ///< tasks
  std::uint64_t ended = 0;
  std::uint64_t waiting = 0; ///< open, and with a person
  std::uint64_t doubled = 0; ///< tasks beyond the first under one key
};

/// Reads the books of the run whose idempotency keys begin with `run`, again and again until every
/// task has ended or waits for a person, for at most `most`. Throws `store_error`.
[[nodiscard]] chaos_books read_books(const std::string& store, const std::string& schema,
                                     const std::string& run, milliseconds most);

/// All that is known of a run.
struct chaos_report {
  std::uint64_t seed = 0;
  milliseconds duration{0};
  std::vector<std::string> nodes;
  std::size_t sessions = 0;
  std::vector<std::pair<fault, std::size_t>> done;     ///< how many of each kind
  std::vector<std::pair<fault, std::string>> not_done; ///< and why
  chaos_load_result load;
  std::optional<chaos_books> books; ///< nothing: the store was not asked
  /// So many of the answers may be of tasks that were not completed, as a share.
  double most_failed = 0.01;

  /// Tasks that were accepted and have come to no end, as clients or the store know.
  [[nodiscard]] std::uint64_t lost() const;
  /// More tasks than `most_failed` were not completed: a cluster that answers everybody with a
  /// failure loses nothing, and has not stood it.
  [[nodiscard]] bool failed_too_often() const;
  /// Nothing was lost, doubled, skipped, repeated or answered as it never should be, and not too
  /// much has failed.
  [[nodiscard]] bool good() const;
};

[[nodiscard]] json document_of(const chaos_report& x);
[[nodiscard]] std::string text_of(const chaos_report& x);

} // namespace troupe::cli
