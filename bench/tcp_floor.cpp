#include "bench/tcp_floor.hpp"

#include <stdexcept>
#include <string>
#include <thread>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

namespace troupe::bench {

namespace {

void must(bool ok, const char* what) {
  if (!ok)
    throw std::runtime_error{std::string{"the floor: "} + what};
}

bool read_whole(int fd, char* to, std::size_t n) {
  while (n > 0) {
    const auto got = ::recv(fd, to, n, 0);
    if (got <= 0)
      return false;
    to += got;
    n -= static_cast<std::size_t>(got);
  }
  return true;
}

struct tcp_pair {
  int client = -1;
  int server = -1;
  tcp_pair() {
    const int door = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    must(::bind(door, reinterpret_cast<sockaddr*>(&at), size) == 0 && ::listen(door, 1) == 0 &&
             ::getsockname(door, reinterpret_cast<sockaddr*>(&at), &size) == 0,
         "cannot listen");
    client = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    must(::connect(client, reinterpret_cast<sockaddr*>(&at), size) == 0, "cannot connect");
    server = ::accept4(door, nullptr, nullptr, SOCK_CLOEXEC);
    ::close(door);
    const int on = 1;
    for (const int fd : {client, server})
      ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  ~tcp_pair() {
    ::close(client);
    ::close(server);
  }
  tcp_pair(const tcp_pair&) = delete;
  tcp_pair& operator=(const tcp_pair&) = delete;
};

} // namespace

run_result tcp_floor(std::uint64_t count, std::uint64_t window) {
  const tcp_pair sockets;
  std::thread echo{[&] {
    char message[tcp_floor_bytes];
    while (read_whole(sockets.server, message, sizeof message))
      if (::send(sockets.server, message, sizeof message, MSG_NOSIGNAL) <= 0)
        return;
  }};
  load work{count, window};
  auto result = work.finished.get_future();
  char message[tcp_floor_bytes] = {};
  const auto send_one = [&] {
    work.begin_one();
    must(::send(sockets.client, message, sizeof message, MSG_NOSIGNAL) > 0, "cannot send");
  };
  while (work.more() && work.sent < window)
    send_one();
  char answer[tcp_floor_bytes];
  for (std::uint64_t i = 0; read_whole(sockets.client, answer, sizeof answer); ++i) {
    if (work.end_one(i))
      break;
    if (work.more())
      send_one();
  }
  ::shutdown(sockets.client, SHUT_WR);
  echo.join();
  return result.get();
}

} // namespace troupe::bench
