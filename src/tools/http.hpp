#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe::tools {

struct http_request {
  /// An HTTP method; it is sent as written.
  std::string method = "GET";
  /// An http or https URL; every other scheme is refused.
  std::string url;
  /// Sent in this order. No Content-Type is invented when none is given.
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::chrono::milliseconds connect_timeout{2000};
  /// For the whole exchange, the wait in the port's queue included, counted from `send`.
  std::chrono::milliseconds deadline{30000};
  /// The largest response body to accept; one byte more fails the request with `too_large`.
  std::size_t body_max_bytes = 1 << 20;
  /// From the place on the wire to the first byte of the response's body; 0: only the deadline
  /// counts. When it passes, the request fails with `timeout`.
  std::chrono::milliseconds first_byte_timeout{0};
  /// Gets the body of a response with a 2xx status piece by piece, on the I/O thread, in place of
  /// `http_response::body`; it must not block. False gives the request up: it fails with
  /// `protocol`. One that throws is taken as false.
  std::function<bool(std::string_view)> on_body;
};

struct http_response {
  enum class error {
    none,
    timeout,        ///< The deadline passed; the server may have acted on the request.
    cannot_connect, ///< No connection, name or TLS session; the server has not seen the request.
    too_large,      ///< The body or the headers of the response are over the limit.
    cancelled,      ///< By `cancel` or because the port is closing.
    protocol,       ///< The connection broke or the answer is not HTTP; the server may have acted.
    refused         ///< Not sent at all: a malformed request, a full queue, or the port is closing.
  };

  /// The HTTP status, or 0 when none was received. Any status is a response, 500 too: `failed`
  /// stays `none`.
  int status = 0;
  /// Of the final response, in order of arrival, names in lower case.
  std::vector<std::pair<std::string, std::string>> headers;
  /// Complete if `failed` is `none`, else whatever part had arrived.
  std::string body;
  error failed = error::none;
  /// With `failed`: nothing of the request has left, whatever the error; the server cannot have
  /// acted on it.
  bool unsent = false;
  /// One sentence for a human when `failed` is not `none`; never contains header values.
  std::string detail;

  /// The first value of a header, asked for in lower case; empty if it is not there.
  std::string_view header(std::string_view lower_case_name) const noexcept;
};

/// The name of an error, as it is written in logs and reasons.
std::string_view to_string(http_response::error) noexcept;

/// Outgoing HTTP. Every call is safe from any thread, callbacks included.
///
/// Redirects are not followed: they come back as the 3xx they are. Proxies and credentials are
/// never taken from the environment.
///
/// Callbacks run on the port's one I/O thread and must not block it; one that throws is logged and
/// swallowed. A `refused` request reports on the caller's own thread before `send` returns.
class http_port {
 public:
  using done_fn = std::function<void(http_response)>;

  /// Cancels every request and returns when each `done` has been called. Not to be called from a
  /// callback.
  virtual ~http_port() = default;

  /// Sends a request; `done` is called exactly once. The id is never 0 and never used again.
  virtual std::uint64_t send(http_request, done_fn done) = 0;

  /// Gives a request up: its callback gets `cancelled`. An id that is unknown or already over is
  /// ignored.
  virtual void cancel(std::uint64_t id) = 0;
};

struct http_limits {
  /// Requests on the wire at the same time.
  std::size_t in_flight_max = 1024;
  /// Requests that wait for a place on the wire; the next one is refused.
  std::size_t queue_max = 1024;
  /// Idle connections kept open for reuse.
  std::size_t idle_connections_max = 256;
  /// All header lines of one response together.
  std::size_t headers_max_bytes = 64 << 10;
  /// A proxy URL; empty means a direct connection whatever the environment says.
  std::string proxy;
};

/// The real port: libcurl's multi interface on one I/O thread, with keep-alive; HTTP/2 where TLS
/// offers it. Throws std::runtime_error when libcurl or the thread cannot be started.
std::unique_ptr<http_port> make_http_port(http_limits limits = {});

} // namespace troupe::tools
