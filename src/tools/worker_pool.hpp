#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>

namespace troupe::tools {

/// A bounded pool for CPU-heavy or blocking jobs, which must never run on the actor scheduler's
/// threads. Every call is safe from any thread, jobs included.
///
/// Every accepted job is called exactly once, except those still waiting when the pool's closing
/// time is over. Reporting completion is the job's own business; one that throws is logged and
/// swallowed.
///
/// A job that runs on past its deadline and a grace is *lost*: its thread is written off and
/// another takes its place, so a hung native function never starves the rest. A lost job that does
/// return after all gives its place back.
class worker_pool {
 public:
  /// The token is stopped at the deadline, by `cancel`, or when the pool closes. A job whose turn
  /// comes after that is still called, with its token already stopped, so that it can report.
  using job = std::function<void(std::stop_token)>;
  /// 0 means refused.
  using job_id = std::uint64_t;

  /// What the pool is doing at this instant, for metrics.
  struct counts {
    std::size_t queued = 0;
    std::size_t running = 0; ///< Lost jobs are not among them.
    std::size_t lost = 0;
  };

  /// Stops every token, then waits a bounded time for jobs. A thread that is still in a job after
  /// that is left behind; it holds what it needs alive and ends when its job returns. Not to be
  /// called from a job.
  virtual ~worker_pool() = default;

  /// Queues a job; `deadline` counts from this call, the wait in the queue included. Returns 0, and
  /// never calls the job, when the queue is full, when as many jobs are lost as may be replaced, or
  /// when the pool is closing; tests as false then.
  virtual job_id submit(job, std::chrono::milliseconds deadline) = 0;

  /// Stops the token of a job that waits or runs. An id that is unknown or already over is ignored.
  /// Stop callbacks registered on the token run inside this call, or, at the deadline, on the
  /// pool's own watch thread: they must not block.
  virtual void cancel(job_id) = 0;

  virtual counts now() const = 0;
};

struct worker_limits {
  /// 0 means as many as the hardware runs at once.
  std::size_t threads = 0;
  std::size_t queue_max = 1024;
  /// How many jobs may be lost at the same time.
  std::size_t replacements_max = 16;
  /// How long a job may run on after its deadline before it counts as lost.
  std::chrono::milliseconds overrun_grace{1000};
  /// How long the destructor waits for jobs.
  std::chrono::milliseconds close_wait{2000};
};

/// The real pool. Throws std::system_error when a thread cannot be started.
std::unique_ptr<worker_pool> make_worker_pool(worker_limits limits = {});

} // namespace troupe::tools
