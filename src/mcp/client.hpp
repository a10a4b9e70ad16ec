#pragma once

#include "src/mcp/channel.hpp"
#include "src/mcp/words.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace troupe::mcp {

/// What a client does beside asking.
struct client_settings {
  /// What is answered when a server wants something of a person (`elicitation/create`): true takes
  /// the defaults that it names, false declines.
  bool take_defaults = false;
  std::chrono::milliseconds greeting_deadline{30000}; ///< for `initialize` and the list of tools
  std::chrono::milliseconds backoff_min{500};         ///< before a connection is tried again,
  std::chrono::milliseconds backoff_max{30000};       ///< doubled up to this
  /// Between two lists of tools, however often a server says that they have changed.
  std::chrono::milliseconds relist_pause{1000};
  std::size_t requests_max = 256; ///< at the same time, those that wait for a connection included
};

/// What came of a request: the server's result, or why there is none.
struct answer {
  json result;
  failure failed;
};

/// A server of the Model Context Protocol, spoken to over connections that are made again when they
/// break. Every call is safe from any thread, callbacks included, which run on threads of the ports
/// and the clock and must not block.
class client {
 public:
  using open_fn = std::function<channel_ptr(channel_ears)>;
  using done_fn = std::function<void(answer)>;
  /// How far a request is, as its server tells.
  using progress_fn = std::function<void(double done, const std::string& message)>;

  /// Connects at once. `clock` and what `open` uses must live longer.
  client(client_settings how, tools::alarm_clock& clock, open_fn open);
  /// Nothing is called back any more.
  ~client();
  client(const client&) = delete;
  client& operator=(const client&) = delete;

  /// Asks the server; waits for a connection if there is none. `done` is called once, at the latest
  /// a moment after the deadline, when the server is told that nobody waits any more. The id is
  /// never 0.
  std::uint64_t ask(std::string method, json parameters, std::chrono::milliseconds deadline,
                    done_fn done, progress_fn progress = {});
  /// Gives a request up: the server is told, `done` hears `cancelled`.
  void cancel(std::uint64_t id);

  /// The tools as the server listed them last; empty before it did.
  [[nodiscard]] std::vector<tool_description> tools() const;
  /// Connected, and the tools are known.
  [[nodiscard]] bool ready() const;
  /// Why there is no connection; empty while there is one.
  [[nodiscard]] std::string trouble() const;

 private:
  struct state;
  std::shared_ptr<state> state_;
};

} // namespace troupe::mcp
