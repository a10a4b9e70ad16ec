#pragma once

#include <cstddef>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "src/tools/callback.hpp"
#include "src/tools/process.hpp"

namespace troupe::tools {

/// What is to be done about one process.
struct process_order {
  process_id id = 0;
  bool fresh = true; ///< To be started; the next six fields mean something only then.
  process_spec spec;
  std::string input;
  steady::time_point deadline = steady::time_point::max();
  process_port::line_fn line;
  process_port::done_fn done;
  bool worker = false;
  bool cancelled = false;
  std::string lines; ///< Text for its stdin, newlines included.
};

/// Where the callers of a process port and its I/O thread meet. Every call is safe from any thread.
///
/// Everything it holds is bounded: there are at most `processes_max` orders, and one takes no more
/// text than the stdin backlog allows, or a single line of the largest input.
class process_desk {
 public:
  explicit process_desk(const process_limits& limits)
      : limits_{limits} {}

  /// Takes an order for a new process; one that is refused is reported before this returns.
  process_id enter(process_order);
  /// True if the I/O thread has something new to look at.
  bool cancel(process_id);
  line_fate write_line(process_id, std::string_view text);
  /// From here on new orders are refused.
  void close();

  struct batch {
    std::vector<process_order> orders;
    bool closing = false;
  };
  /// Everything that is new since the last call.
  batch fetch();
  /// How much text for its stdin a process has not taken, and whether it will ever take more.
  void note_input(process_id, std::size_t backlog, bool takes_input);
  /// Processes that are reported but that the system has not let go of; they count against the
  /// limit.
  void note_stuck(std::size_t count);
  /// Ends an order. Its place is free before the callback runs, so that the callback may start the
  /// next.
  void report(process_id, process_result);

 private:
  struct entry {
    process_order order;
    bool posted = false;
    bool takes_lines = false;
    std::size_t backlog = 0; ///< All text its stdin has not taken, fetched or not.
  };

  void post(process_id, entry&);

  const process_limits limits_;
  std::mutex mutex_;
  bool closing_ = false;
  process_id last_id_ = 0;
  std::size_t stuck_ = 0;
  std::unordered_map<process_id, entry> entries_;
  std::vector<process_id> posted_; ///< Entries that changed since the last fetch, in that order.
};

/// A result for a process that never ran.
process_result never_ran(process_end, std::string detail);

} // namespace troupe::tools
