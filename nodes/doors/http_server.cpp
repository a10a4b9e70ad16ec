#include "nodes/doors/http_server.hpp"

#include "nodes/doors/lane.hpp"

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>

#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <future>
#include <stdexcept>

namespace troupe {

namespace {

using tcp = boost::asio::ip::tcp;

constexpr milliseconds accept_pause{
    100}; ///< after an accept failed for want of descriptors or memory
constexpr int accepts_at_once = 64;
constexpr std::size_t turned_away_max =
    64; ///< connections that are told to come back later, at the same time
constexpr int listen_backlog = 1024;

boost::asio::ip::address address_of_host(const http_settings& want) {
  if (want.host == "localhost")
    return boost::asio::ip::address_v4::loopback();
  boost::system::error_code e;
  const auto out = boost::asio::ip::make_address(want.host, e);
  if (e)
    throw std::runtime_error("the door cannot listen on " + want.host +
                             ": it has to be a numeric address, or localhost");
  if (!out.is_loopback() && !want.tls.given())
    throw std::runtime_error("the door does not listen on " + want.host +
                             " without TLS: whatever passes there could be read and changed on "
                             "its way. It needs a certificate and its key");
  return out;
}

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error(what + ": " + std::strerror(errno));
}

/// A socket at the place, which nobody else has then. Throws when somebody has it.
int bound_to(const tcp::endpoint& where, const http_settings& want) {
  const int fd = ::socket(where.protocol().family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0)
    fail("cannot make a socket");
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(fd, where.data(), static_cast<socklen_t>(where.size())) != 0) {
    const int why = errno;
    ::close(fd);
    errno = why;
    fail("cannot listen on " + want.host + ":" + std::to_string(want.port));
  }
  return fd;
}

} // namespace

void check_port(const http_settings& want) {
  ::close(bound_to({address_of_host(want), want.port}, want));
}

http_settings http_settings::of(const door_spec& door) {
  http_settings out;
  out.host = door.host;
  out.port = door.port;
  out.body_max_bytes = door.body_max_bytes;
  out.connections_max = door.connections_max;
  out.header_timeout = door.header_timeout;
  out.body_timeout = door.body_timeout;
  return out;
}

class http_server::impl {
 public:
  impl(http_settings settings, router routes) {
    shared_.settings = std::move(settings);
    shared_.routes = std::move(routes);
    for (std::size_t i = 0; i < std::clamp<std::size_t>(shared_.settings.threads, 1, 64); ++i)
      lanes_.push_back(std::make_unique<lane>(shared_));
    acceptor_ = std::make_unique<acceptor_type>(lanes_.front()->io());
    pause_ = std::make_unique<boost::asio::steady_timer>(lanes_.front()->io());
  }

  ~impl() { stop(milliseconds{0}); }

  void start() {
    const auto& want = shared_.settings;
    const tcp::endpoint where{address_of_host(want), want.port};
    shared_.loopback = where.address().is_loopback();
    if (want.tls.given())
      tls_ = std::make_unique<door_tls>(want.tls);
    const int fd = bound_to(where, want);
    acceptor_->assign(where.protocol(), fd);
    if (::listen(fd, listen_backlog) != 0) {
      const int why = errno;
      acceptor_->close();
      errno = why;
      fail("cannot listen on " + want.host + ":" + std::to_string(want.port));
    }
    port_ = acceptor_->local_endpoint().port();
    await();
    for (auto& l : lanes_)
      l->start();
    running_ = true;
  }

  void stop(milliseconds grace) {
    if (!running_.exchange(false))
      return;
    const auto deadline = lane::steady::now() + grace;
    std::promise<void> closed;
    boost::asio::post(lanes_.front()->io(), [&] {
      boost::system::error_code ignored;
      acceptor_->close(ignored);
      pause_->cancel();
      closed.set_value();
    });
    closed.get_future().wait();
    for (auto& l : lanes_)
      l->begin_stop(deadline);
    for (auto& l : lanes_)
      l->stop(deadline);
  }

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  [[nodiscard]] http_counts counts() const noexcept {
    return {shared_.connections, shared_.accepted, shared_.turned_away, shared_.accept_errors,
            shared_.bad_handshakes};
  }

 private:
  using acceptor_type =
      boost::asio::basic_socket_acceptor<tcp, boost::asio::io_context::executor_type>;

  void await() {
    acceptor_->async_wait(acceptor_type::wait_read, [this](const boost::system::error_code& e) {
      if (!e)
        accept();
    });
  }

  void accept() {
    for (int i = 0; i < accepts_at_once; ++i) {
      const int fd =
          ::accept4(acceptor_->native_handle(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd < 0) {
        if (errno == EAGAIN || errno == EWOULDBLOCK)
          break;
        if (errno == EINTR || errno == ECONNABORTED)
          continue;
        // No descriptors or no memory: trying at once again would only burn the processor.
        shared_.accept_errors.fetch_add(1);
        pause_->expires_after(accept_pause);
        pause_->async_wait([this](const boost::system::error_code& e) {
          if (!e)
            await();
        });
        return;
      }
      take(fd);
    }
    await();
  }

  void take(int fd) {
    shared_.accepted.fetch_add(1);
    const auto open = shared_.connections.fetch_add(1) + 1;
    const bool turn_away = open > shared_.settings.connections_max;
    if (turn_away)
      shared_.turned_away.fetch_add(1);
    if (open > shared_.settings.connections_max + turned_away_max) {
      shared_.connections.fetch_sub(1);
      ::close(fd);
      return;
    }
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (const int bytes = shared_.settings.send_buffer_bytes; bytes > 0)
      ::setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
    auto& to = *lanes_[next_++ % lanes_.size()];
    client_socket who{to.io()};
    boost::system::error_code e;
    who.assign(tcp::v4(), fd, e);
    if (e) {
      shared_.connections.fetch_sub(1);
      ::close(fd);
      return;
    }
    to.adopt(std::move(who), turn_away, tls_ ? tls_->context() : nullptr);
  }

  server_state shared_;
  std::vector<std::unique_ptr<lane>> lanes_;
  std::unique_ptr<acceptor_type> acceptor_;
  std::unique_ptr<boost::asio::steady_timer> pause_;
  std::unique_ptr<door_tls> tls_;
  std::size_t next_ = 0;
  std::uint16_t port_ = 0;
  std::atomic<bool> running_{false};
};

http_server::http_server(http_settings settings, router routes)
    : impl_(std::make_unique<impl>(std::move(settings), std::move(routes))) {}
http_server::~http_server() = default;
void http_server::start() {
  impl_->start();
}
std::uint16_t http_server::port() const noexcept {
  return impl_->port();
}
void http_server::stop(milliseconds grace) {
  impl_->stop(grace);
}
http_counts http_server::counts() const noexcept {
  return impl_->counts();
}

} // namespace troupe
