#pragma once

#include "src/telemetry/log_book.hpp"

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

namespace troupe::cli {

/// How much of the log is kept.
struct log_limits {
  std::uint32_t days = 30;
  std::uint64_t max_bytes = 0; ///< 0: as much as there is in those days
};

/// Removes what is beyond the limits, oldest lines first, in small pieces between which others may
/// write; before each it asks whether to go on. Throws `log_error`.
void prune_log(log_book& book, const log_limits& limits, timestamp now,
               const std::function<bool()>& go_on);

/// Keeps the book within its limits: looks at it now, then once a minute, on a thread of its own.
class log_keeper {
 public:
  log_keeper(std::shared_ptr<log_book> book, const log_limits& limits);
  ~log_keeper();
  log_keeper(const log_keeper&) = delete;
  log_keeper& operator=(const log_keeper&) = delete;

 private:
  void run();
  [[nodiscard]] bool ending();

  std::shared_ptr<log_book> book_;
  const log_limits limits_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool ending_ = false;
  std::thread thread_; ///< last: it uses the others
};

} // namespace troupe::cli
