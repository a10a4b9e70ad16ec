#pragma once

#include "src/links/certificates.hpp"
#include "src/links/framing.hpp"
#include "src/links/openssl.hpp"
#include "src/wire/frames.hpp"
#include "tests/src/links/link_kit.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <optional>
#include <string>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

/// Peers that are none of ours: raw sockets and bare OpenSSL, with blocking calls that end after
/// thirty seconds.
namespace troupe::links::test {

/// A TCP socket without anything on it.
class raw_socket {
 public:
  raw_socket() {
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const timeval limit{30, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  }
  explicit raw_socket(int fd)
      : fd_(fd) {}
  ~raw_socket() { close(); }
  raw_socket(const raw_socket&) = delete;
  raw_socket& operator=(const raw_socket&) = delete;

  [[nodiscard]] bool connect(std::uint16_t port) const {
    const auto to = loopback(port);
    return ::connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0;
  }
  /// Listens on a free port, which it returns.
  [[nodiscard]] std::uint16_t listen() const {
    auto at = loopback(0);
    socklen_t size = sizeof at;
    if (::bind(fd_, reinterpret_cast<const sockaddr*>(&at), size) != 0 || ::listen(fd_, 8) != 0 ||
        ::getsockname(fd_, reinterpret_cast<sockaddr*>(&at), &size) != 0)
      return 0;
    return ntohs(at.sin_port);
  }
  [[nodiscard]] int accept() const { return ::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC); }
  void say(std::string_view text) const {
    while (!text.empty()) {
      const auto n = ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
      if (n <= 0)
        return;
      text.remove_prefix(static_cast<std::size_t>(n));
    }
  }
  /// Reads to the end; whether it came, rather than the time limit.
  [[nodiscard]] bool closed_by_peer(std::string* got = nullptr) const {
    std::array<char, 4096> piece;
    while (true) {
      const auto n = ::recv(fd_, piece.data(), piece.size(), 0);
      if (n > 0) {
        if (got)
          got->append(piece.data(), static_cast<std::size_t>(n));
        continue;
      }
      return n == 0 || errno == ECONNRESET;
    }
  }
  /// Ends with a reset instead of an orderly close.
  void reset() {
    const linger at_once{1, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close();
  }
  void close() {
    if (fd_ >= 0)
      ::close(std::exchange(fd_, -1));
  }
  [[nodiscard]] int fd() const noexcept { return fd_; }

 private:
  static sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in out{};
    out.sin_family = AF_INET;
    out.sin_port = htons(port);
    out.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return out;
  }
  int fd_ = -1;
};

/// What a stranger shows of itself.
struct papers {
  std::string certificate; ///< empty: none
  std::string key;
  int newest_protocol = TLS1_3_VERSION;
};

inline papers papers_of(const std::string& node, const authority& by = authority::shared()) {
  const auto files = by.of(node);
  return {files.certificate, files.key, TLS1_3_VERSION};
}

/// One end of a TLS connection that speaks frames, rightly or wrongly.
class stranger {
 public:
  stranger(const papers& with, bool server)
      : server_(server)
      , context_(SSL_CTX_new(TLS_method())) {
    // OpenSSL writes to its sockets without sparing the process a signal.
    std::signal(SIGPIPE, SIG_IGN);
    SSL_CTX_set_min_proto_version(context_.get(), TLS1_2_VERSION);
    SSL_CTX_set_max_proto_version(context_.get(), with.newest_protocol);
    if (!with.certificate.empty()) {
      EXPECT_EQ(SSL_CTX_use_certificate_chain_file(context_.get(), with.certificate.c_str()), 1);
      EXPECT_EQ(SSL_CTX_use_PrivateKey_file(context_.get(), with.key.c_str(), SSL_FILETYPE_PEM), 1);
    }
  }
  ~stranger() {
    SSL_free(ssl_);
    ERR_clear_error();
  }
  stranger(const stranger&) = delete;
  stranger& operator=(const stranger&) = delete;

  /// Whether the handshake succeeds as far as this end sees.
  [[nodiscard]] bool shake(int fd) {
    ssl_ = SSL_new(context_.get());
    SSL_set_fd(ssl_, fd);
    const int ok = server_ ? SSL_accept(ssl_) : SSL_connect(ssl_);
    return ok == 1;
  }
  void say(std::string_view bytes) {
    if (SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size())) <= 0)
      ERR_clear_error();
  }
  void say_hello(const std::string& node, std::uint64_t incarnation = 1,
                 std::uint32_t protocol = newest_link_protocol) {
    hello x;
    x.oldest_protocol = x.newest_protocol = protocol;
    x.node = node;
    x.incarnation = incarnation;
    x.frame_max_bytes = 1u << 20;
    say(make_frame(frame_type::hello, encode_hello(x)));
  }
  /// The next frame that is no heartbeat; nothing at the end.
  struct heard {
    frame_type type;
    std::string body;
  };
  [[nodiscard]] std::optional<heard> hear() {
    while (true) {
      if (const auto f = reader_.next()) {
        if (f->type == frame_type::beat)
          continue;
        return heard{f->type, std::string{f->body}};
      }
      const auto space = reader_.space();
      const int n = SSL_read(ssl_, space.data(), static_cast<int>(space.size()));
      if (n <= 0) {
        ERR_clear_error();
        return std::nullopt;
      }
      reader_.filled(static_cast<std::size_t>(n));
    }
  }
  /// Reads to the end; the reason in the goodbye, or an empty text when there was none.
  [[nodiscard]] std::string goodbye_heard() {
    std::string out;
    while (const auto f = hear())
      if (f->type == frame_type::goodbye)
        out = decode_goodbye(f->body)->why;
    return out;
  }
  [[nodiscard]] std::string serial_of_peer() const {
    const openssl_ptr<X509> x{SSL_get1_peer_certificate(ssl_)};
    return x ? facts_of(*x).serial : std::string{};
  }

 private:
  const bool server_;
  openssl_ptr<SSL_CTX> context_;
  SSL* ssl_ = nullptr;
  frame_reader reader_{16u << 20};
};

/// A stranger that dials a station and says hello as `node`, with a certificate for it.
class impostor {
 public:
  impostor(std::uint16_t port, const papers& with)
      : tls_(with, false) {
    EXPECT_TRUE(socket_.connect(port));
    shaken_ = tls_.shake(socket_.fd());
  }
  [[nodiscard]] bool shaken() const noexcept { return shaken_; }
  stranger& operator*() { return tls_; }
  stranger* operator->() { return &tls_; }
  raw_socket& socket() { return socket_; }

 private:
  raw_socket socket_;
  stranger tls_;
  bool shaken_ = false;
};

} // namespace troupe::links::test
