#pragma once

#include "nodes/doors/door_tls.hpp"
#include "nodes/doors/router.hpp"

#include <troupe/clock.hpp>
#include <troupe/fleet.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace troupe {

/// Limits of an HTTP server. Everything that a client could make grow or wait has one.
struct http_settings {
  std::string host = "127.0.0.1"; ///< a numeric address, or `localhost`
  door_certificate tls;           ///< needed beyond the loopback
  std::uint16_t port = 0;         ///< 0: any free one
  std::size_t threads = 1;
  std::uint32_t header_max_bytes = 8192;
  std::uint64_t body_max_bytes = 1u << 20;
  std::size_t connections_max = 4096;
  std::size_t stream_backlog_bytes = 256u << 10; ///< a stream's reader that lags by more is cut
  milliseconds header_timeout{5000}; ///< from a request's first byte to the end of its header
  milliseconds body_timeout{10000};  ///< from there to the end of its body
  milliseconds idle_timeout{60000};  ///< between requests
  milliseconds write_timeout{10000}; ///< without any progress
  milliseconds heartbeat{15000};     ///< streams say that they live when they have nothing to say
  /// Bytes that the system buffers per connection for sending; 0: the system's default.
  int send_buffer_bytes = 0;

  /// The limits that a fleet file sets.
  [[nodiscard]] static http_settings of(const door_spec& door);
};

/// Throws as `http_server::start` would: when somebody else has the port just now, or the host is
/// not one to listen on. For those who have much to do before they open a door.
void check_port(const http_settings& want);

/// What a server has seen since it started.
struct http_counts {
  std::uint64_t connections = 0; ///< open now
  std::uint64_t accepted = 0;
  std::uint64_t turned_away = 0; ///< over `connections_max`
  std::uint64_t accept_errors = 0;
  std::uint64_t bad_handshakes = 0; ///< with TLS: connections that never came to a request
};

/// An HTTP/1.1 server on threads of its own. Requests of one connection are answered one after the
/// other, in their order, also when they are pipelined.
class http_server {
 public:
  http_server(http_settings settings, router routes);
  /// Stops without grace.
  ~http_server();
  http_server(const http_server&) = delete;
  http_server& operator=(const http_server&) = delete;

  /// Listens and returns. Throws `std::runtime_error` when the host is not an address, or is not a
  /// loopback address and there is no certificate; when the certificate cannot be used; or when the
  /// port is taken. That keys are asked for beyond the loopback is for the routes' gate to see to.
  void start();
  /// The port it listens on; 0 before `start`.
  [[nodiscard]] std::uint16_t port() const noexcept;
  /// Accepts no more, lets running requests finish for at most `grace`, then ends. Any thread but
  /// the server's own; a second call does nothing.
  void stop(milliseconds grace);

  [[nodiscard]] http_counts counts() const noexcept;

 private:
  class impl;
  std::unique_ptr<impl> impl_;
};

} // namespace troupe
