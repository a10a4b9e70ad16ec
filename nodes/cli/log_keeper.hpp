#pragma once

#include "src/telemetry/log_book.hpp"

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>

namespace troupe::cli {

/// Removes lines older than `days` from the book: once now, then every hour, on a thread of its
/// own.
class log_keeper {
 public:
  log_keeper(std::shared_ptr<log_book> book, std::uint32_t days);
  ~log_keeper();
  log_keeper(const log_keeper&) = delete;
  log_keeper& operator=(const log_keeper&) = delete;

 private:
  void run();
  [[nodiscard]] bool ending();

  std::shared_ptr<log_book> book_;
  const std::uint32_t days_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool ending_ = false;
  std::thread thread_; ///< last: it uses the others
};

} // namespace troupe::cli
