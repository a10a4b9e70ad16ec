#include "src/tools/alarm.hpp"

namespace troupe::tools {

alarm_clock::alarm_clock()
    : thread_(quiet_thread([this] { run(); })) {}

alarm_clock::~alarm_clock() {
  {
    const std::lock_guard hold{mutex_};
    closing_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

alarm_clock::id alarm_clock::after(std::chrono::milliseconds wait, std::function<void()> then) {
  const auto at = in(wait);
  bool first = false;
  id out = 0;
  {
    const std::lock_guard hold{mutex_};
    out = ++last_;
    const auto place = waiting_.emplace(std::pair{at, out}, std::move(then)).first;
    due_.emplace(out, at);
    first = place == waiting_.begin();
  }
  if (first)
    changed_.notify_one();
  return out;
}

bool alarm_clock::cancel(id which) {
  std::function<void()> gone; // Let go without the mutex: it may hold the last of something.
  const std::lock_guard hold{mutex_};
  const auto hit = due_.find(which);
  if (hit == due_.end())
    return false;
  const auto place = waiting_.find({hit->second, which});
  gone = std::move(place->second);
  waiting_.erase(place);
  due_.erase(hit);
  return true;
}

void alarm_clock::run() {
  std::unique_lock hold{mutex_};
  while (!closing_) {
    if (waiting_.empty()) {
      changed_.wait(hold);
      continue;
    }
    const auto next = waiting_.begin();
    // Its own copy: whoever cancels it meanwhile takes the entry away, and what waits still looks.
    if (const auto due = next->first.first; due > steady::now()) {
      changed_.wait_until(hold, due);
      continue;
    }
    auto then = std::move(next->second);
    due_.erase(next->first.second);
    waiting_.erase(next);
    hold.unlock();
    call_guarded("alarm", then);
    then = nullptr;
    hold.lock();
  }
}

} // namespace troupe::tools
