#include "src/links/stream.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <cerrno>

#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

namespace troupe::links {

namespace {

using boost::system::error_code;

class plain_stream final : public byte_stream {
 public:
  explicit plain_stream(link_socket socket)
      : socket_(std::move(socket)) {}

  void handshake(link_side, done then) override {
    boost::asio::post(socket_.get_executor(), [then = std::move(then)] { then({}); });
  }
  std::vector<std::string> peer_names() const override { return {}; }
  void read(std::span<char> to, done_some then) override {
    socket_.async_read_some(
        boost::asio::buffer(to.data(), to.size()),
        [then = std::move(then)](const error_code& e, std::size_t n) { then(reason_of(e), n); });
  }
  void write(std::span<const char> from, done then) override {
    boost::asio::async_write(
        socket_, boost::asio::buffer(from.data(), from.size()),
        [then = std::move(then)](const error_code& e, std::size_t) { then(reason_of(e)); });
  }
  void drain(done_some then) override { read(waste_, std::move(then)); }
  link_socket& socket() noexcept override { return socket_; }

 private:
  link_socket socket_;
  std::array<char, 4096> waste_;
};

} // namespace

std::unique_ptr<byte_stream> make_plain_stream(link_socket socket) {
  return std::make_unique<plain_stream>(std::move(socket));
}

link_socket make_socket(boost::asio::io_context& io, const boost::asio::ip::tcp::endpoint& to,
                        error_code& e) {
  link_socket out{io};
  const int fd = ::socket(to.protocol().family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) {
    e.assign(errno, boost::system::system_category());
    return out;
  }
  out.assign(to.protocol(), fd, e);
  if (e)
    ::close(fd);
  return out;
}

void prepare_socket(link_socket& socket, int buffer_bytes) {
  const int fd = socket.native_handle();
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (buffer_bytes > 0) {
    ::setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer_bytes, sizeof buffer_bytes);
    ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer_bytes, sizeof buffer_bytes);
  }
  error_code ignored;
  socket.non_blocking(true, ignored);
}

std::string reason_of(const error_code& e) {
  if (!e)
    return {};
  if (e == boost::asio::error::eof)
    return "closed by the peer";
  return e.message();
}

} // namespace troupe::links
