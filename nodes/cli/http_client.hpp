#pragma once

#include <troupe/clock.hpp>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe::cli {

/// What came back. Status 0: nothing did, and `problem` says why.
struct http_answer {
  long status = 0;
  std::string body;
  std::string problem;
  bool never_sent = false; ///< there was no connection at all
};

/// A request of the program to a node. Blocking; one thread at a time.
struct http_call {
  std::string method = "GET";
  std::string url;
  std::string body; ///< JSON, sent when not empty
  std::vector<std::pair<std::string, std::string>> headers;
  std::string authority{};      ///< a file of certificates, for https; empty: the system's
  milliseconds deadline{30000}; ///< for the whole exchange
  /// Gets the body of a 2xx answer as it arrives, which `body` then stays without; false ends the
  /// exchange.
  std::function<bool(std::string_view)> on_data;
  std::optional<long> refusal{}; ///< a status whose document the caller reads himself

  static constexpr milliseconds connect_timeout{2000};
  static constexpr std::size_t body_max_bytes = 64u << 20;
};

[[nodiscard]] http_answer send(const http_call& what);

/// `text` as it may stand in a path or a query.
[[nodiscard]] std::string percent_encode(std::string_view text);

} // namespace troupe::cli
