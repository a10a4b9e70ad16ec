#pragma once

#include "src/tools/alarm.hpp"
#include "src/tools/http.hpp"
#include "src/tools/process.hpp"

#include <troupe/reason.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe::mcp {

/// What a channel tells its client; on threads of the ports, which it must not block.
struct channel_ears {
  std::function<void(std::string_view message)> message;
  /// This request will not be answered any more. `unavailable` and `rate_limited`: the server has
  /// not begun with it; anything else: it may have been done.
  std::function<void(std::uint64_t id, failure why)> lost;
  /// The connection is over; nothing more is heard of it. What was sent over it and neither
  /// answered nor `lost` may have been done.
  std::function<void(std::string why)> broken;
  /// Nothing more is taken, for this reason; `broken` follows when what is under way has ended.
  std::function<void(std::string why)> ending = nullptr;
};

/// A connection to a server, over which messages go both ways. Every call is safe from any thread.
/// After its end nothing is heard any more, except of what runs right then.
class channel {
 public:
  virtual ~channel() = default;
  /// Sends a message; `request` is its id if it is a request, which is waited for at most so long.
  virtual void send(std::string message, std::uint64_t request,
                    std::chrono::milliseconds deadline) = 0;
  /// The server has answered `initialize` with this revision.
  virtual void agreed(std::string revision) = 0;
  /// Nobody waits for this request any more.
  virtual void forget(std::uint64_t request) = 0;
};

using channel_ptr = std::shared_ptr<channel>;

/// A server as a child process: a line of JSON per message on its standard input and output.
[[nodiscard]] channel_ptr open_stdio(tools::process_spec what, tools::process_port& port,
                                     channel_ears ears);

struct http_place {
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers; ///< sent with each request
};

/// A server behind streamable HTTP. A stream that ends before its answer is taken up again where it
/// ended, after the time that the server asked for; what the server sends by itself is listened to
/// as long as it offers that.
[[nodiscard]] channel_ptr open_http(http_place where, tools::http_port& port,
                                    tools::alarm_clock& clock, channel_ears ears);

} // namespace troupe::mcp
