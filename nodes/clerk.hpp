#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

namespace troupe {

/// One thread that does jobs which would block the door's, one after the other. At most `most`
/// wait; jobs that have not begun when it ends are dropped.
class clerk {
 public:
  explicit clerk(std::size_t most)
      : most_(most)
      , thread_([this] { run(); }) {}
  ~clerk() {
    {
      std::lock_guard hold{mutex_};
      ending_ = true;
    }
    wake_.notify_one();
    thread_.join();
  }
  clerk(const clerk&) = delete;
  clerk& operator=(const clerk&) = delete;

  /// False when too many wait already. Any thread; the job must not throw.
  bool give(std::function<void()> job) {
    {
      std::lock_guard hold{mutex_};
      if (waiting_.size() >= most_ || ending_)
        return false;
      waiting_.push_back(std::move(job));
    }
    wake_.notify_one();
    return true;
  }

 private:
  void run() {
    std::unique_lock hold{mutex_};
    for (;;) {
      wake_.wait(hold, [this] { return ending_ || !waiting_.empty(); });
      if (ending_)
        return;
      auto job = std::move(waiting_.front());
      waiting_.pop_front();
      hold.unlock();
      job();
      job = nullptr;
      hold.lock();
    }
  }

  const std::size_t most_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> waiting_;
  bool ending_ = false;
  std::thread thread_;
};

} // namespace troupe
