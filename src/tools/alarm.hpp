#pragma once

#include "src/tools/callback.hpp"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

namespace troupe::tools {

/// Calls things later, on one thread of its own: for ports that have to wait and have no thread
/// that could. Every call is safe from any thread, callbacks included.
class alarm_clock {
 public:
  using id = std::uint64_t;

  alarm_clock();
  /// What has not come yet never will. Not to be called from a callback.
  ~alarm_clock();
  alarm_clock(const alarm_clock&) = delete;
  alarm_clock& operator=(const alarm_clock&) = delete;

  /// Calls `then` once after `wait`; it must not block, and one that throws is logged. The id is
  /// never 0.
  id after(std::chrono::milliseconds wait, std::function<void()> then);
  /// True when it will not be called: it has not come yet. One that runs right now may still
  /// finish.
  bool cancel(id which);

 private:
  void run();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::pair<steady::time_point, id>, std::function<void()>> waiting_;
  std::map<id, steady::time_point> due_;
  id last_ = 0;
  bool closing_ = false;
  std::thread thread_;
};

} // namespace troupe::tools
