#include "src/store/postgres_probe.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace troupe {
namespace postgres_probe_cases {

using std::chrono::steady_clock;

/// A port on loopback on which somebody listens.
class door {
 public:
  explicit door(int backlog)
      : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    EXPECT_EQ(::bind(fd_, reinterpret_cast<sockaddr*>(&at), size), 0);
    EXPECT_EQ(::listen(fd_, backlog), 0);
    EXPECT_EQ(::getsockname(fd_, reinterpret_cast<sockaddr*>(&at), &size), 0);
    port_ = ntohs(at.sin_port);
  }
  ~door() {
    for (const int fd : callers_)
      ::close(fd);
    close();
  }
  door(const door&) = delete;
  door& operator=(const door&) = delete;
  void close() {
    if (fd_ >= 0)
      ::close(std::exchange(fd_, -1));
  }
  /// Nobody accepts, and the line is full: whoever calls from now on hears nothing, as from a
  /// machine that is gone.
  void fill() {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    at.sin_port = htons(port_);
    for (int i = 0; i < 4; ++i) {
      callers_.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
      (void)::connect(callers_.back(), reinterpret_cast<sockaddr*>(&at), sizeof at);
    }
  }
  [[nodiscard]] postgres_host host() const { return {"127.0.0.1", "", std::to_string(port_)}; }

 private:
  int fd_;
  std::uint16_t port_ = 0;
  std::vector<int> callers_;
};

std::vector<std::string> ports(const std::vector<postgres_host>& x) {
  std::vector<std::string> out;
  for (const auto& h : x)
    out.push_back(h.port);
  return out;
}

TEST(postgres_probe, keeps_those_that_listen_in_their_order_and_waits_for_the_silent_once) {
  door gone{8}, silent{0}, first{8}, second{8};
  gone.close();
  silent.fill();
  const auto began = steady_clock::now();
  const auto found = those_that_listen({silent.host(), gone.host(), first.host(), second.host()},
                                       milliseconds{300});
  EXPECT_EQ(ports(found), (std::vector<std::string>{first.host().port, second.host().port}));
  EXPECT_LT(steady_clock::now() - began, milliseconds{1500});
}

TEST(postgres_probe, keeps_all_when_nobody_listens) {
  door a{8}, b{8};
  a.close();
  b.close();
  EXPECT_EQ(those_that_listen({a.host(), b.host()}, milliseconds{300}).size(), 2u);
}

TEST(postgres_probe, does_not_ask_one_alone_nor_sockets_in_the_file_system) {
  door gone{8};
  gone.close();
  EXPECT_EQ(those_that_listen({gone.host()}, milliseconds{300}).size(), 1u);
  const postgres_host local{"/run/nowhere", "", ""};
  EXPECT_EQ(those_that_listen({local, gone.host()}, milliseconds{300}).at(0).host, "/run/nowhere");
}

} // namespace postgres_probe_cases
} // namespace troupe
