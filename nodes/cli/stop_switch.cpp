#include "nodes/cli/stop_switch.hpp"

#include "nodes/cli/exit_code.hpp"

#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <ctime>
#include <functional>
#include <mutex>
#include <system_error>
#include <unistd.h>

namespace troupe::cli {

namespace {

sigset_t stop_signals() {
  sigset_t out;
  sigemptyset(&out);
  for (const int s : {SIGINT, SIGTERM, SIGHUP})
    sigaddset(&out, s);
  return out;
}

std::string name_of(int signal) {
  return signal == SIGINT ? "SIGINT" : signal == SIGTERM ? "SIGTERM" : "SIGHUP";
}

} // namespace

struct stop_switch::state {
  std::mutex mutex;
  std::condition_variable changed;
  bool started = false;
  std::optional<stop_order> order;
  std::function<void()> hangup;
};

stop_switch::stop_switch()
    : state_(std::make_shared<state>()) {
  const auto signals = stop_signals();
  if (const int e = pthread_sigmask(SIG_BLOCK, &signals, nullptr); e != 0)
    throw std::system_error{e, std::generic_category(), "cannot block signals"};
  std::signal(SIGPIPE, SIG_IGN);
  std::thread thread{[with = state_] { listen(with); }};
  listener_ = thread.native_handle();
  thread.detach();
}

void stop_switch::listen(std::shared_ptr<state> with) {
  const auto signals = stop_signals();
  int signal = 0;
  for (;;) {
    siginfo_t from{};
    signal = sigwaitinfo(&signals, &from);
    if (signal < 0 && errno == EINTR)
      continue;
    if (signal < 0)
      ::_exit(exit_failed);
    std::function<void()> hangup;
    {
      const std::lock_guard hold{with->mutex};
      hangup = with->hangup;
    }
    if (signal != SIGHUP || from.si_code != SI_USER || !hangup)
      break;
    hangup();
  }
  {
    const std::lock_guard hold{with->mutex};
    if (!with->started && !with->order)
      ::_exit(128 + signal);
    if (!with->order)
      with->order = stop_order{true, name_of(signal)};
  }
  with->changed.notify_all();
  const timespec most{watchdog.count(), 0};
  while (true) {
    const int second = sigtimedwait(&signals, nullptr, &most);
    if (second > 0)
      ::_exit(exit_interrupted);
    if (errno == EAGAIN) {
      constexpr char text[] = "troupe: stopping took too long; the process ends as it is\n";
      static_cast<void>(!::write(STDERR_FILENO, text, sizeof text - 1));
      ::_exit(exit_hung);
    }
  }
}

void stop_switch::started() {
  const std::lock_guard hold{state_->mutex};
  state_->started = true;
}

void stop_switch::on_hangup(std::function<void()> f) {
  const std::lock_guard hold{state_->mutex};
  state_->hangup = std::move(f);
}

void stop_switch::fail(std::string why) {
  {
    const std::lock_guard hold{state_->mutex};
    if (state_->order)
      return;
    state_->order = stop_order{false, std::move(why)};
  }
  // The listener goes from waiting for the first signal to guarding the stop.
  pthread_kill(listener_, SIGTERM);
}

std::optional<stop_order> stop_switch::wait(milliseconds most) {
  std::unique_lock hold{state_->mutex};
  state_->changed.wait_for(hold, most, [&] { return state_->order.has_value(); });
  return state_->order;
}

stop_order stop_switch::wait() {
  std::unique_lock hold{state_->mutex};
  state_->changed.wait(hold, [&] { return state_->order.has_value(); });
  return *state_->order;
}

} // namespace troupe::cli
