#include "src/links/listener.hpp"

#include <boost/asio/ip/address.hpp>

#include <cerrno>
#include <cstring>
#include <stdexcept>

#include <sys/socket.h>
#include <unistd.h>

namespace troupe::links {

namespace {

using boost::system::error_code;

constexpr int backlog = 256;
constexpr int accepts_at_once = 16;
constexpr milliseconds accept_pause{100}; ///< trying at once again would only burn the processor

} // namespace

listener::listener(boost::asio::io_context& io)
    : io_(io)
    , acceptor_(io)
    , pause_(io) {}

void listener::open(const std::string& host, std::uint16_t port) {
  const auto address = host == "localhost" ? boost::asio::ip::address_v4::loopback()
                                           : boost::asio::ip::make_address(host);
  const boost::asio::ip::tcp::endpoint where{address, port};
  const auto fail = [&](const char* why) {
    throw std::runtime_error{"cannot listen for links on " + host + ":" + std::to_string(port) +
                             ": " + why};
  };
  const int fd = ::socket(where.protocol().family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0)
    fail(std::strerror(errno));
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(fd, where.data(), static_cast<socklen_t>(where.size())) != 0 ||
      ::listen(fd, backlog) != 0) {
    const int why = errno;
    ::close(fd);
    fail(std::strerror(why));
  }
  acceptor_.assign(where.protocol(), fd);
  port_ = acceptor_.local_endpoint().port();
}

void listener::start(taken take, failed fail) {
  take_ = std::move(take);
  fail_ = std::move(fail);
  await();
}

void listener::close() {
  error_code ignored;
  acceptor_.close(ignored);
  pause_.cancel();
}

void listener::await() {
  acceptor_.async_wait(acceptor::wait_read, [this](const error_code& e) {
    if (!e)
      accept();
  });
}

void listener::accept() {
  for (int i = 0; i < accepts_at_once; ++i) {
    const int fd =
        ::accept4(acceptor_.native_handle(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
      if (errno == EAGAIN || errno == EWOULDBLOCK)
        break;
      if (errno == EINTR || errno == ECONNABORTED)
        continue;
      fail_(std::strerror(errno));
      pause_.expires_after(accept_pause);
      pause_.async_wait([this](const error_code& e) {
        if (!e && acceptor_.is_open())
          await();
      });
      return;
    }
    link_socket who{io_};
    error_code e;
    who.assign(acceptor_.local_endpoint(e).protocol(), fd, e);
    if (e)
      ::close(fd);
    else
      take_(std::move(who));
  }
  await();
}

} // namespace troupe::links
