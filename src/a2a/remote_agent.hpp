#pragma once

#include "src/a2a/exchange.hpp"
#include "src/tools/alarm.hpp"
#include "src/tools/http.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace troupe::a2a {

struct settings {
  std::string url;    ///< of the agent or of its card
  std::string tenant; ///< instead of the one that its card names
  std::string skill;  ///< told with each message; empty: none
  std::vector<std::pair<std::string, std::string>> headers; ///< sent with each request
  std::chrono::milliseconds card_age_max{300000};           ///< then it is read again
  std::chrono::milliseconds poll_min{25};   ///< between two looks at a task that goes on,
  std::chrono::milliseconds poll_max{2000}; ///< doubled up to this
  /// For the answer to one look: a lost one must not use up the whole call.
  std::chrono::milliseconds poll_deadline{30000};
};

/// An agent somewhere else that speaks A2A 1.0. Every call is safe from any thread, callbacks
/// included, which run on a thread of the port or the clock and must not block.
class remote_agent {
 public:
  using done_fn = std::function<void(reply)>;

  /// Port and clock must live until `done` of every call has been called.
  remote_agent(settings how, tools::http_port& http, tools::alarm_clock& clock);
  /// Gives up what is under way; nothing is called back any more. Tasks there go on: whoever takes
  /// the work up again sends the same message, and is given the same task.
  ~remote_agent();
  remote_agent(const remote_agent&) = delete;
  remote_agent& operator=(const remote_agent&) = delete;

  /// Sends a message and waits for what comes of it, looking again while the task goes on, also
  /// when the agent is out of reach or too busy to be asked for a while: the task has been begun
  /// there. `done` is called once, at the latest a moment after `deadline`; a task that has not
  /// ended by then, whatever the reason, is cancelled there.
  std::uint64_t call(message what, std::chrono::milliseconds deadline, done_fn done);
  /// Cancels the task there; `done` hears `cancelled`.
  void cancel(std::uint64_t id);

 private:
  struct state;
  std::shared_ptr<state> state_;
};

} // namespace troupe::a2a
