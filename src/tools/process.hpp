#pragma once

#include <troupe/reason.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::tools {

/// What to start and how much of it to tolerate.
struct process_spec {
  /// The program and its arguments. A program without a slash is looked up in PATH (that of `env`
  /// if it is there, else the host's); one with a relative path is taken from `workdir`. No shell
  /// is involved.
  std::vector<std::string> argv;
  /// The directory to start in; empty means the host's own.
  std::string workdir;
  /// The whole environment of the child. Nothing is inherited but PATH, and that only when it is
  /// not listed.
  std::map<std::string, std::string> env;
  /// One-shot: the most bytes of stdout to accept. Long-lived: the most bytes in one line.
  /// One byte more ends the process with `output_too_large`.
  std::size_t stdout_max_bytes = 1 << 20;
  /// The last so many bytes of stderr are kept; what came before them is dropped and does no harm.
  std::size_t stderr_max_bytes = 64 << 10;
  /// How long the group has between SIGTERM and SIGKILL.
  std::chrono::milliseconds term_grace{200};
};

enum class process_end {
  exited,
  signalled,
  timed_out,
  output_too_large,
  cancelled,
  failed_to_start
};

/// The name of an end, as it is written in logs and reasons.
std::string_view to_string(process_end) noexcept;

struct process_result {
  /// Why it is over. When the runtime ended the process, this says the runtime's reason.
  process_end end = process_end::failed_to_start;
  /// `exited`: the exit code. Otherwise the signal that ended the leader, if one did. Else -1.
  int code = -1;
  /// One-shot: what came on stdout, at most `stdout_max_bytes`. Long-lived: the last line if it was
  /// not finished.
  std::string out;
  /// The last `stderr_max_bytes` of stderr.
  std::string err;
  /// One sentence for a human; never empty unless the process exited with code 0.
  std::string detail;
  /// `failed_to_start`: the program is missing or cannot be run, however often it is tried.
  bool for_good = false;
};

/// Names one process of one port; never 0 and never used again within that port.
using process_id = std::uint64_t;

/// What became of a line for a worker's stdin.
enum class line_fate : std::uint8_t {
  queued,
  full,     ///< so much waits for it that it has to catch up first
  unusable, ///< it is not one line, or a longer one than is ever taken
  gone,     ///< the process is gone or takes no more input
};

/// Runs child processes. Every call is safe from any thread, callbacks included.
///
/// Each child leads its own process group, and at its end the whole group is killed, however it
/// ended; also when this process is killed outright, by a guard that outlives it. A descendant that
/// has left the group (setsid) is outside that reach, but cannot hold up a result.
///
/// Callbacks run on the port's one I/O thread and must not block it; one that throws is logged and
/// swallowed. A call that is refused outright (over a limit, nothing to run, closing) reports
/// `failed_to_start` on the caller's own thread before the call returns.
class process_port {
 public:
  using done_fn = std::function<void(process_result)>;
  using line_fn = std::function<void(std::string_view)>;

  /// Ends every process, waits for them, and returns when each `done` and `ended` has been called.
  /// Not to be called from a callback of this port.
  virtual ~process_port() = default;

  /// One shot: writes `input` to stdin, closes it, and collects output until the process exits or
  /// `deadline` (counted from this call) has passed. `done` is called exactly once.
  /// A process that does not read its input is no error: the rest of the input is dropped.
  virtual process_id run(process_spec, std::string input, std::chrono::milliseconds deadline,
                         done_fn done) = 0;

  /// Ends the process group: SIGTERM, then SIGKILL after the grace. The result comes by the
  /// callback as `cancelled`. An id that is unknown or already over is ignored.
  virtual void cancel(process_id) = 0;

  /// A long-lived worker that speaks one JSON document per line on stdin and stdout. `line` is
  /// called for each line of output, without its newline, in order; the view holds during the call
  /// only. `ended` is called exactly once, after the last `line`. The content is not checked here.
  virtual process_id start(process_spec, line_fn line, done_fn ended) = 0;

  /// Queues one line for a worker's stdin; the newline is added. Nothing is written unless it says
  /// `queued`. A line longer than the bound of what may wait is taken when nothing else waits: or
  /// it never would be.
  virtual line_fate write_line(process_id, std::string) = 0;
};

struct process_limits {
  /// Processes alive or waiting to be started at the same time; the next one is refused.
  std::size_t processes_max = 256;
  /// Bytes queued for the stdin of one worker.
  std::size_t stdin_backlog_max_bytes = 4 << 20;
  /// The largest `input` of a one-shot process, and the longest line for a worker.
  std::size_t input_max_bytes = 16 << 20;
  /// How long to read on after the leader has exited while a descendant still holds its output
  /// open.
  std::chrono::milliseconds drain{100};
};

/// What a call has failed of whose line was not `queued`: it never reached `whom`. Who has only to
/// catch up is busy, not broken, and a line that is too long says nothing of who should read it.
[[nodiscard]] failure why_not_taken(line_fate fate, std::string_view whom);

/// The real port: one I/O thread, pidfds, no global signal handler, no reaping of children of
/// others. Throws std::system_error when the system refuses the descriptors or the thread it needs.
std::unique_ptr<process_port> make_process_port(process_limits limits = {});

} // namespace troupe::tools
