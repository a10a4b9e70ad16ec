#pragma once

#include "src/links/tls_context.hpp"

// Boost 1.74 uses std::exchange without including what declares it.
#include <utility>

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace troupe::links {

/// A socket whose executor is known at compile time: completions are not dispatched through a
/// polymorphic wrapper.
using link_socket =
    boost::asio::basic_stream_socket<boost::asio::ip::tcp, boost::asio::io_context::executor_type>;

enum class link_side : std::uint8_t { dialler, listener };

/// The bytes of one connection, behind TLS or bare. Handlers run on the I/O thread, never within
/// the call that they were given to; at most one read and one write at a time.
class byte_stream {
 public:
  /// With the reason when it failed, else with an empty text.
  using done = std::function<void(const std::string& error)>;
  using done_some = std::function<void(const std::string& error, std::size_t bytes)>;

  byte_stream() = default;
  byte_stream(const byte_stream&) = delete;
  byte_stream& operator=(const byte_stream&) = delete;
  virtual ~byte_stream() = default;

  virtual void handshake(link_side side, done then) = 0;
  /// The names that the peer's certificate proves, once the handshake is done.
  [[nodiscard]] virtual std::vector<std::string> peer_names() const = 0;
  virtual void read(std::span<char> to, done_some then) = 0;
  /// Writes all of it; the memory must stay until then.
  virtual void write(std::span<const char> from, done then) = 0;
  /// Reads past all encryption and throws away: what the peer still sends must not make the system
  /// reset the connection before the peer has read the last that was said. Only when neither read
  /// nor write is under way.
  virtual void drain(done_some then) = 0;
  [[nodiscard]] virtual link_socket& socket() noexcept = 0;
};

/// Bytes as they are: between nodes on one machine, when asked for.
[[nodiscard]] std::unique_ptr<byte_stream> make_plain_stream(link_socket socket);
/// The context is kept for as long as the stream lives.
[[nodiscard]] std::unique_ptr<byte_stream> make_tls_stream(link_socket socket,
                                                           tls_context_ptr context);

/// A new socket of its own, not inherited by programs that this one starts; closed when the system
/// refuses, with the reason in `e`.
[[nodiscard]] link_socket make_socket(boost::asio::io_context& io,
                                      const boost::asio::ip::tcp::endpoint& to,
                                      boost::system::error_code& e);
/// What all sockets of links have: no delay, not blocking, and the buffers that the settings say.
void prepare_socket(link_socket& socket, int buffer_bytes);

/// A reason for people.
[[nodiscard]] std::string reason_of(const boost::system::error_code& e);

} // namespace troupe::links
