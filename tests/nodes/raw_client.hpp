#pragma once

#include <troupe/json.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace troupe::test {

/// A client of raw sockets, so that tests can say what no library would. Every wait ends after ten
/// seconds.
class raw_client {
 public:
  explicit raw_client(std::uint16_t port, int receive_bytes = 0)
      : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (receive_bytes > 0)
      ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof receive_bytes);
    const timeval limit{10, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0;
  }
  ~raw_client() { ::close(fd_); }
  raw_client(const raw_client&) = delete;
  raw_client& operator=(const raw_client&) = delete;

  [[nodiscard]] bool connected() const noexcept { return connected_; }
  bool send(std::string_view text) {
    while (!text.empty()) {
      const auto n = ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
      if (n <= 0)
        return false;
      text.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }
  void half_close() { ::shutdown(fd_, SHUT_WR); }

  /// Reads on; false at the end of the connection, or when nothing came in time.
  bool more() {
    char piece[8192];
    const auto n = ::recv(fd_, piece, sizeof piece, 0);
    if (n <= 0)
      return false;
    in_.append(piece, static_cast<std::size_t>(n));
    return true;
  }
  /// What came up to the end of the connection.
  std::string rest() {
    while (more()) {
    }
    return std::exchange(in_, {});
  }
  /// What came up to and including `mark`.
  std::string until(std::string_view mark) {
    for (;;) {
      if (const auto at = in_.find(mark); at != std::string::npos) {
        auto out = in_.substr(0, at + mark.size());
        in_.erase(0, out.size());
        return out;
      }
      if (!more())
        return std::exchange(in_, {});
    }
  }

  struct answer {
    unsigned status = 0;
    std::string head;
    std::string body;
    [[nodiscard]] json parsed() const { return json::parse(body, nullptr, false); }
  };
  answer read() {
    answer out;
    out.head = until("\r\n\r\n");
    if (out.head.size() > 12)
      out.status = static_cast<unsigned>(std::stoul(out.head.substr(9, 3)));
    if (const auto at = out.head.find("Content-Length: "); at != std::string::npos) {
      const auto n = std::stoul(out.head.substr(at + 16));
      while (in_.size() < n && more()) {
      }
      out.body = in_.substr(0, n);
      in_.erase(0, out.body.size());
    }
    return out;
  }
  answer ask(std::string_view text) {
    send(text);
    return read();
  }

 private:
  int fd_;
  bool connected_ = false;
  std::string in_;
};

inline std::string get(std::string_view path, std::string_view more = "") {
  return "GET " + std::string{path} + " HTTP/1.1\r\nHost: localhost\r\n" + std::string{more} +
         "\r\n";
}
inline std::string post(std::string_view path, std::string_view body, std::string_view more = "",
                        std::string_view type = "application/json") {
  return "POST " + std::string{path} +
         " HTTP/1.1\r\nHost: localhost\r\nContent-Type: " + std::string{type} +
         "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + std::string{more} +
         "\r\n" + std::string{body};
}

} // namespace troupe::test
