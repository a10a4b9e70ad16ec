#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <future>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "src/tools/process.hpp"

namespace troupe::tools::test {

using namespace std::chrono_literals;

// Long enough that only a fault makes it matter.
inline constexpr auto patience = 30s;

inline process_spec shell(const std::string& script) {
  process_spec spec;
  spec.argv = {"/bin/sh", "-c", script};
  return spec;
}

struct one_result {
  std::promise<process_result> promise;
  std::future<process_result> future = promise.get_future();
  process_port::done_fn done() {
    return [this](process_result r) { promise.set_value(std::move(r)); };
  }
  process_result get() {
    if (future.wait_for(patience) != std::future_status::ready) {
      ADD_FAILURE() << "no result";
      return {};
    }
    return future.get();
  }
};

inline process_result run(process_port& port, process_spec spec, std::string input = {},
                          std::chrono::milliseconds deadline = patience) {
  one_result result;
  port.run(std::move(spec), std::move(input), deadline, result.done());
  return result.get();
}

/// Collects what a worker says.
class listener {
 public:
  process_port::line_fn line() {
    return [this](std::string_view text) {
      std::lock_guard lock{mutex_};
      lines_.emplace_back(text);
      changed_.notify_all();
    };
  }
  process_port::done_fn ended() {
    return [this](process_result r) {
      std::lock_guard lock{mutex_};
      results_.push_back(std::move(r));
      changed_.notify_all();
    };
  }
  std::string next() {
    std::unique_lock lock{mutex_};
    if (!changed_.wait_for(lock, patience, [this] { return !lines_.empty(); }))
      return "nothing came";
    auto text = lines_.front();
    lines_.pop_front();
    return text;
  }
  process_result result() {
    std::unique_lock lock{mutex_};
    changed_.wait_for(lock, patience, [this] { return !results_.empty(); });
    EXPECT_EQ(results_.size(), 1u);
    return results_.empty() ? process_result{} : results_.front();
  }
  std::size_t lines_left() {
    std::lock_guard lock{mutex_};
    return lines_.size();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::string> lines_;
  std::vector<process_result> results_;
};

/// A named pipe that whole process trees hold open: once all of them are dead, reading it ends.
class life_line {
 public:
  life_line() {
    std::string name = testing::TempDir() + "troupe_life_XXXXXX";
    EXPECT_NE(mkdtemp(name.data()), nullptr);
    dir_ = name;
    path_ = dir_ + "/line";
    EXPECT_EQ(mkfifo(path_.c_str(), 0600), 0);
    fd_ = open(path_.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    EXPECT_GE(fd_, 0);
    own_end_ = open(path_.c_str(), O_WRONLY | O_CLOEXEC);
    EXPECT_GE(own_end_, 0);
  }
  ~life_line() {
    close(own_end_);
    close(fd_);
    unlink(path_.c_str());
    rmdir(dir_.c_str());
  }
  const std::string& path() const { return path_; }
  /// True once everybody who held it is gone.
  bool all_gone() {
    close(std::exchange(own_end_, -1));
    for (;;) {
      pollfd what{fd_, POLLIN, 0};
      if (poll(&what, 1, 30'000) <= 0)
        return false;
      char drop[256];
      if (read(fd_, drop, sizeof drop) == 0)
        return true;
    }
  }

 private:
  std::string dir_;
  std::string path_;
  int fd_ = -1;
  int own_end_ = -1;
};

} // namespace troupe::tools::test
