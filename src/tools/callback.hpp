#pragma once

#include <algorithm>
#include <chrono>
#include <csignal>
#include <exception>
#include <thread>
#include <utility>

#include <pthread.h>
#include <spdlog/spdlog.h>

namespace troupe::tools {

/// The clock of every deadline in this room.
using steady = std::chrono::steady_clock;

/// The moment `wait` from now. Waits are cut to [0, one year], so that no caller's number can
/// overflow the clock.
inline steady::time_point in(std::chrono::milliseconds wait) {
  using std::chrono::milliseconds;
  return steady::now() +
         std::clamp<milliseconds>(wait, milliseconds{0}, std::chrono::hours{24 * 365});
}

/// Milliseconds until `then`, rounded up so that a poll with that timeout does not wake too early;
/// at least 0.
inline std::chrono::milliseconds until(steady::time_point then) {
  return std::max(std::chrono::milliseconds{0},
                  std::chrono::ceil<std::chrono::milliseconds>(then - steady::now()));
}

/// Calls code that is not ours from a thread that must survive it: an exception is logged and
/// swallowed. An empty function is not called.
template <class Fn, class... Args>
void call_guarded(const char* what, const Fn& fn, Args&&... args) noexcept {
  try {
    if (fn)
      fn(std::forward<Args>(args)...);
  } catch (const std::exception& e) {
    spdlog::error("tools: a {} callback threw: {}", what, e.what());
  } catch (...) {
    spdlog::error("tools: a {} callback threw something that is no std::exception", what);
  }
}

/// Starts a thread that takes no part in the host's signal handling. We may be embedded in a
/// foreign application: its handlers must not run here, and a SIGPIPE raised by a write here stays
/// blocked, so that the write just fails with EPIPE. Signals that report a fault of the thread
/// itself stay open. Throws std::system_error.
template <class Fn>
std::thread quiet_thread(Fn&& fn) {
  sigset_t blocked;
  sigset_t before;
  sigfillset(&blocked);
  for (int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS, SIGPROF})
    sigdelset(&blocked, fault);
  pthread_sigmask(SIG_SETMASK, &blocked, &before);
  try {
    std::thread thread{std::forward<Fn>(fn)};
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return thread;
  } catch (...) {
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    throw;
  }
}

} // namespace troupe::tools
