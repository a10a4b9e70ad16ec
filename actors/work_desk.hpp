#pragma once

#include "src/tools/alarm.hpp"

#include <troupe/agent.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

/// Where the calls of agents of kind `worker` wait for programs that ask for work. A call is lent
/// to one program at a time, under a lease that the program renews; when it lets the lease run out,
/// the call has crashed, and what follows is the failure table's affair: nothing is handed out
/// twice behind its back. Thread safe; callbacks run on the caller's thread or the clock's and must
/// not block.
class work_desk {
 public:
  using steady = std::chrono::steady_clock;
  using done_fn = std::function<void(outcome)>;

  /// What a program is given.
  struct loan {
    std::uint64_t item = 0;
    std::string lease; ///< to be shown with everything that is said of it
    milliseconds length{0};
    json call; ///< as agents in other languages read it, see `call_to_json`
  };
  using take_fn = std::function<void(std::optional<loan>)>;

  /// How a program's word on a loan was taken.
  enum class taken : std::uint8_t {
    yes,
    unknown, ///< there is no such loan, or no longer: ended, run out, or nobody waits for it
  };

  explicit work_desk(tools::alarm_clock& clock)
      : clock_(clock) {}
  ~work_desk();
  work_desk(const work_desk&) = delete;
  work_desk& operator=(const work_desk&) = delete;

  // -- for agents -------------------------------------------------------------

  /// Puts a call up for whoever asks for work of this agent (`domain/agent`); `done` is called
  /// once.
  std::uint64_t offer(std::string agent, json call, steady::time_point deadline, milliseconds lease,
                      done_fn done);
  /// Nobody waits for it any more: `done` hears `cancelled`, its program when it speaks next.
  void withdraw(std::uint64_t item);

  // -- for programs -------------------------------------------------------------

  /// Lends the oldest call that waits for this agent, at once or when there is one; nothing after
  /// `wait`. The number lets whoever asked `stop_waiting`.
  std::uint64_t ask(std::string agent, milliseconds wait, take_fn take);
  /// `take` is not called any more, unless it is called right now.
  void stop_waiting(std::uint64_t number);
  /// The lease begins anew; `left` is then how long the call itself may still take.
  taken renew(std::uint64_t item, std::string_view lease, milliseconds& left);
  /// The end of a call.
  taken end(std::uint64_t item, std::string_view lease, outcome x);
  /// The loan has reached nobody: the call waits for the next one who asks, as if it had not been
  /// lent.
  void give_back(std::uint64_t item, std::string_view lease);
  /// The agent whose call is lent under this number; empty when there is none.
  [[nodiscard]] std::string agent_of(std::uint64_t item) const;
  /// How many wait for work.
  [[nodiscard]] std::size_t askers() const;

  static constexpr std::size_t askers_max = 4096; ///< that wait at the same time

 private:
  struct item {
    std::string agent;
    json call;
    steady::time_point deadline;
    milliseconds lease{0};
    done_fn done;
    std::string lent; ///< the lease's word; empty: it waits
    tools::alarm_clock::id alarm = 0;
  };
  struct asker {
    std::string agent;
    take_fn take;
    tools::alarm_clock::id alarm = 0;
  };

  loan lend(std::uint64_t id, item& x);
  /// To whoever has waited longest for such a call, if anybody has: called without the mutex.
  void hand_out(std::uint64_t id);
  void watch(std::uint64_t id, item& x);
  void run_out(std::uint64_t id, const std::string& lease);

  tools::alarm_clock& clock_;
  mutable std::mutex mutex_;
  std::map<std::uint64_t, item> items_; ///< by number, so the oldest first
  std::map<std::uint64_t, asker> askers_;
  std::uint64_t numbers_ = 0;
};

} // namespace troupe
