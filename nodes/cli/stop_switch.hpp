#pragma once

#include <troupe/clock.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>

namespace troupe::cli {

/// Why a node is to stop.
struct stop_order {
  bool by_signal = true;
  std::string why; ///< `SIGTERM`, or what failed
};

/// Turns signals into an orderly stop that cannot hang. Made on the main thread before any other
/// thread exists: it blocks SIGINT, SIGTERM and SIGHUP for them all, and a thread of its own waits
/// for them. While the node starts, a signal ends the process at once. After `started`, the first
/// one is an order to stop, a second one ends the process at once, and so does the watchdog when
/// stopping takes longer than `watchdog`. A SIGHUP that somebody sends is an order to `on_hangup`,
/// once there is such a function; from a terminal that goes away it is an order to stop. One per
/// process.
class stop_switch {
 public:
  static constexpr std::chrono::seconds watchdog{20};

  stop_switch();
  /// The watchdog stays: the process is expected to end now.
  ~stop_switch() = default;
  stop_switch(const stop_switch&) = delete;
  stop_switch& operator=(const stop_switch&) = delete;

  /// From now on the first signal is an order. Any thread.
  void started();
  /// What somebody wants who sends SIGHUP. Called on the thread that waits for signals.
  void on_hangup(std::function<void()> f);
  /// Orders to stop because something failed. Any thread; only the first order counts.
  void fail(std::string why);
  /// Waits for the order, for at most `most`.
  [[nodiscard]] std::optional<stop_order> wait(milliseconds most);
  /// Waits for the order as long as it takes: people and supervisors give it.
  [[nodiscard]] stop_order wait();

 private:
  struct state;
  static void listen(std::shared_ptr<state> with);
  std::shared_ptr<state> state_; ///< shared with the thread, which outlives us
  std::thread::native_handle_type listener_{};
};

} // namespace troupe::cli
