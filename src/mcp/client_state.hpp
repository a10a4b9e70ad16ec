#pragma once

#include "src/mcp/client.hpp"

#include <map>
#include <mutex>

namespace troupe::mcp {

[[nodiscard]] inline answer no_answer(reason why, std::string detail) {
  answer out;
  out.failed = {why, std::move(detail), {}};
  return out;
}

/// What is behind a client; held by its callbacks only weakly.
struct client::state : std::enable_shared_from_this<client::state> {
  struct one {
    std::string method;
    json parameters;
    tools::steady::time_point deadline;
    done_fn done;
    progress_fn progress;
    tools::alarm_clock::id alarm = 0;
    std::uint64_t sent_in = 0; ///< the connection that it was given to; 0: it waits for one
    bool handing = false;      ///< right now: whether that still takes it is not known yet
    std::string broke = {};    ///< why it has broken meanwhile
    bool greeting = false;     ///< of the handshake: goes out before the connection is ready
  };

  state(client_settings given, tools::alarm_clock& clock_, open_fn opener)
      : how(given)
      , clock(clock_)
      , open(std::move(opener)) {}

  // -- connections (client_connect.cpp): `mine` is the number of the one that speaks --------------
  void connect();
  void greet(std::uint64_t mine);
  void greeted(std::uint64_t mine, answer a);
  void list(std::uint64_t mine, const std::string& cursor,
            const std::shared_ptr<std::vector<tool_description>>& found, int page);
  void list_from_the_start(std::uint64_t mine);
  /// The list has changed: it is read again, once for however many changes while it is read.
  void changed(std::uint64_t mine);
  void unlisted(std::uint64_t mine, std::string why);
  void settled(std::uint64_t mine, std::vector<tool_description> found);
  /// The connection takes nothing more: what is asked from now on waits for the next one.
  void ends(std::uint64_t mine, std::string why);
  void broken(std::uint64_t mine, std::string why);
  void heard(std::uint64_t mine, std::string_view text);
  void asked(const incoming& x);
  void told(std::uint64_t mine, const incoming& x);

  // -- requests (client.cpp) ------------------------------------------------------------------
  std::uint64_t add(std::string method, json parameters, milliseconds deadline, done_fn done,
                    progress_fn progress, bool greeting);
  void dispatch(std::uint64_t id);
  /// False when there is no such request, or none that has not been given to a connection.
  bool end(std::uint64_t id, answer a, bool if_unsent = false);
  void give_up(std::uint64_t id, reason why, const char* detail);
  void too_late(std::uint64_t id); ///< its deadline has passed

  const client_settings how;
  tools::alarm_clock& clock;
  const open_fn open;
  mutable std::mutex mutex;
  bool closed = false;
  bool is_ready = false;
  bool ending = false; ///< the connection takes nothing more, but is not over
  /// Counted, so that what comes late from an old one is known as such.
  std::uint64_t connection = 0;
  channel_ptr wire;
  std::string why_not = "not connected yet";
  milliseconds backoff = how.backoff_min;
  tools::alarm_clock::id again = 0;
  std::map<std::uint64_t, one> requests;
  std::uint64_t last = 0;
  std::vector<tool_description> listed;
  bool listing = false;   ///< a list is under way, or waits for its turn
  bool list_owed = false; ///< and does not show the last change
};

} // namespace troupe::mcp
