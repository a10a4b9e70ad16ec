#include "src/links/name_lookup.hpp"

#include <condition_variable>
#include <cstring>
#include <deque>
#include <mutex>
#include <thread>

#include <csignal>
#include <netdb.h>
#include <sys/socket.h>

namespace troupe::links {

struct name_lookup::shared {
  struct question {
    std::string host;
    std::uint16_t port = 0;
    found then;
  };
  std::mutex guard;
  std::condition_variable more;
  std::deque<question> questions;
  bool running = false;
  bool stopped = false;
};

namespace {

name_lookup::endpoints look_up(const std::string& host, std::uint16_t port, std::string& error) {
  name_lookup::endpoints out;
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG | AI_NUMERICSERV;
  addrinfo* all = nullptr;
  const int e = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &all);
  if (e != 0) {
    error = ::gai_strerror(e);
    return out;
  }
  constexpr std::size_t enough = 8;
  for (auto* x = all; x && out.size() < enough; x = x->ai_next) {
    boost::asio::ip::tcp::endpoint one;
    if (x->ai_addrlen > one.capacity())
      continue;
    std::memcpy(one.data(), x->ai_addr, x->ai_addrlen);
    one.resize(x->ai_addrlen);
    out.push_back(one);
  }
  ::freeaddrinfo(all);
  return out;
}

} // namespace

name_lookup::name_lookup()
    : shared_(std::make_shared<shared>()) {}

name_lookup::~name_lookup() {
  stop();
}

void name_lookup::ask(const std::string& host, std::uint16_t port, found then) {
  const std::lock_guard lock{shared_->guard};
  if (shared_->stopped)
    return;
  shared_->questions.push_back({host, port, std::move(then)});
  shared_->more.notify_one();
  if (shared_->running)
    return;
  shared_->running = true;
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  // Detached: it may be in the middle of a question when its owner goes.
  std::thread{[s = shared_] {
    std::unique_lock guard{s->guard};
    while (true) {
      s->more.wait(guard, [&] { return s->stopped || !s->questions.empty(); });
      if (s->stopped)
        return;
      auto q = std::move(s->questions.front());
      s->questions.pop_front();
      guard.unlock();
      std::string error;
      auto there = look_up(q.host, q.port, error);
      guard.lock();
      if (!s->stopped)
        q.then(std::move(there), error);
    }
  }}.detach();
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void name_lookup::stop() {
  std::deque<shared::question> gone;
  const std::lock_guard lock{shared_->guard};
  shared_->stopped = true;
  gone.swap(shared_->questions);
  shared_->more.notify_all();
}

} // namespace troupe::links
