#pragma once

#include <atomic>
#include <cstddef>
#include <span>
#include <utility>

#include <sys/types.h>

namespace troupe::tools {

/// A process that outlives this one, and then kills the process groups that were started here. When
/// we are killed outright, the system ends the leaders of those groups (`spawn`), but nothing that
/// they have started themselves.
///
/// It is a copy of this process that only waits: made with the first group, and anew with a later
/// one if somebody has ended it. It has a session of its own, so that no signal for our group or
/// terminal reaches it, and holds no descriptor. The groups stand in memory that both share:
/// nothing is said to it while all is well.
///
/// Belongs to one thread.
class group_guard {
 public:
  /// One group's place on the list; an empty one is on none.
  class place {
   public:
    place() = default;
    explicit place(std::atomic<pid_t>& at) noexcept
        : at_{&at} {}
    place(place&& other) noexcept
        : at_{std::exchange(other.at_, nullptr)} {}
    place& operator=(place&& other) noexcept {
      if (this != &other) {
        clear();
        at_ = std::exchange(other.at_, nullptr);
      }
      return *this;
    }
    ~place() { clear(); }

    /// Called in the child that leads the group, before it is a program: it shares our memory.
    void enter(pid_t group) const noexcept {
      if (at_ != nullptr)
        at_->store(group, std::memory_order_relaxed);
    }
    /// Takes the group off the list. Before its leader is reaped, or its number could be another's.
    void clear() noexcept {
      if (at_ != nullptr)
        std::exchange(at_, nullptr)->store(0, std::memory_order_relaxed);
    }

   private:
    std::atomic<pid_t>* at_ = nullptr;
  };

  /// For so many groups at the same time. Throws std::system_error when there is no memory.
  explicit group_guard(std::size_t groups_max);
  group_guard(const group_guard&) = delete;
  group_guard& operator=(const group_guard&) = delete;
  /// Ends the guard; nothing is killed. All places must be clear.
  ~group_guard();

  /// A place for the next group, and somebody who guards it. It is entered or given up before the
  /// next one is asked for. Throws std::system_error when the system refuses another process, and
  /// std::length_error when there are too many groups.
  place next();

  /// The process that stands guard; -1: none was needed so far.
  [[nodiscard]] pid_t pid() const noexcept { return pid_; }

 private:
  void stand();

  std::span<std::atomic<pid_t>> groups_;
  pid_t pid_ = -1;
};

} // namespace troupe::tools
