#include "src/store/postgres_probe.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <memory>

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace troupe {

namespace {

struct address_list {
  addrinfo* first = nullptr;
  explicit address_list(const postgres_host& of) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    const auto& name = of.hostaddr.empty() ? of.host : of.hostaddr;
    const auto port = of.port.empty() ? std::string{"5432"} : of.port;
    if (::getaddrinfo(name.c_str(), port.c_str(), &hints, &first) != 0)
      first = nullptr;
  }
  ~address_list() {
    if (first)
      ::freeaddrinfo(first);
  }
  address_list(const address_list&) = delete;
  address_list& operator=(const address_list&) = delete;
};

/// A connection that is being made, to one of the addresses of a host.
struct attempt {
  std::size_t host = 0;
  int fd = -1;
};

/// Sockets in the file system are not asked: they answer libpq at once.
bool is_local(const postgres_host& x) {
  return x.hostaddr.empty() && (x.host.empty() || x.host.front() == '/' || x.host.front() == '@');
}

} // namespace

std::vector<postgres_host> those_that_listen(std::vector<postgres_host> hosts,
                                             milliseconds patience) {
  if (hosts.size() < 2)
    return hosts;
  std::vector<char> listens(hosts.size(), 0);
  std::vector<attempt> open;
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    if (is_local(hosts[i])) {
      listens[i] = 1;
      continue;
    }
    const address_list all{hosts[i]};
    for (const auto* a = all.first; a; a = a->ai_next) {
      const int fd = ::socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
      if (fd < 0)
        continue;
      if (::connect(fd, a->ai_addr, a->ai_addrlen) == 0)
        listens[i] = 1;
      else if (errno == EINPROGRESS) {
        open.push_back({i, fd});
        continue;
      }
      ::close(fd);
    }
  }
  const auto end = std::chrono::steady_clock::now() + patience;
  while (!open.empty()) {
    const auto left =
        std::chrono::ceil<milliseconds>(end - std::chrono::steady_clock::now()).count();
    if (left <= 0)
      break;
    std::vector<pollfd> waits;
    for (const auto& x : open)
      waits.push_back({x.fd, POLLOUT, 0});
    if (::poll(waits.data(), waits.size(), static_cast<int>(left)) < 0 && errno != EINTR)
      break;
    for (auto i = open.size(); i-- > 0;) {
      if (waits[i].revents == 0)
        continue;
      int failed = 0;
      socklen_t size = sizeof failed;
      if (::getsockopt(open[i].fd, SOL_SOCKET, SO_ERROR, &failed, &size) == 0 && failed == 0)
        listens[open[i].host] = 1;
      ::close(open[i].fd);
      open.erase(open.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }
  for (const auto& x : open)
    ::close(x.fd);
  if (std::find(listens.begin(), listens.end(), 1) == listens.end())
    return hosts;
  std::vector<postgres_host> out;
  for (std::size_t i = 0; i < hosts.size(); ++i)
    if (listens[i] != 0)
      out.push_back(std::move(hosts[i]));
  return out;
}

} // namespace troupe
