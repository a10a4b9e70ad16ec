#pragma once

#include "src/links/stream.hpp"

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstdint>
#include <functional>
#include <string>

namespace troupe::links {

/// Where peers connect to. A connection that cannot be accepted, for want of descriptors or memory,
/// costs nothing but a pause: accepting goes on as soon as there are some again. Lives on the I/O
/// thread.
class listener {
 public:
  using taken = std::function<void(link_socket)>;
  using failed = std::function<void(const std::string& why)>;

  explicit listener(boost::asio::io_context& io);

  /// Throws `std::runtime_error` when the port is taken or the address is not this machine's.
  void open(const std::string& host, std::uint16_t port);
  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  void start(taken take, failed fail);
  void close();

 private:
  using acceptor = boost::asio::basic_socket_acceptor<boost::asio::ip::tcp,
                                                      boost::asio::io_context::executor_type>;
  void await();
  void accept();

  boost::asio::io_context& io_;
  acceptor acceptor_;
  boost::asio::steady_timer pause_;
  taken take_;
  failed fail_;
  std::uint16_t port_ = 0;
};

} // namespace troupe::links
