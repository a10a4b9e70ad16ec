#include "nodes/local/node_process.hpp"

#include "src/tools/spawn.hpp"

#include <boost/asio/buffer.hpp>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <fstream>
#include <utility>

#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace troupe::local {

namespace asio = boost::asio;

namespace {

using process_clock = std::chrono::steady_clock;

constexpr milliseconds first_pause{200};
constexpr milliseconds longest_pause{10000};
/// A process that has lived for so long was well: the next pause is the first again.
constexpr milliseconds well_after{20000};
constexpr milliseconds port_tick{20};
constexpr std::size_t line_max = 64u << 10;

/// A descriptor of our own of what `x` owns: asio closes it by itself.
int copy_of(const tools::unique_fd& x) {
  return ::fcntl(x.get(), F_DUPFD_CLOEXEC, 0);
}

std::string words_of(int status) {
  if (WIFEXITED(status))
    return "ended with code " + std::to_string(WEXITSTATUS(status));
  return "was ended by signal " + std::to_string(WTERMSIG(status));
}

} // namespace

node_process::node_process(asio::io_context& io, plan what)
    : io_(io)
    , plan_(std::move(what))
    , pause_(first_pause)
    , timer_(io)
    , alive_(std::make_shared<bool>(true)) {}

node_process::~node_process() {
  *alive_ = false;
  if (pid_ <= 0)
    return;
  signal(SIGKILL);
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

void node_process::enter(phase x) {
  state_ = x;
  plan_.changed();
}

void node_process::start() {
  std::error_code none;
  std::filesystem::remove(plan_.port_file, none);
  port_ = 0;
  ++starts_;
  started_ = process_clock::now();
  try {
    const auto made = tools::spawn(plan_.recipe());
    pid_ = made.pid;
    handle_ = std::make_unique<asio::posix::stream_descriptor>(io_, copy_of(made.handle));
    for (const auto* from : {&made.out, &made.err}) {
      const auto s = std::make_shared<stream>(
          stream{asio::posix::stream_descriptor{io_, copy_of(*from)}, {}, {}});
      read(s);
    }
  } catch (const std::exception& e) {
    last_end_ = std::string{"could not be started: "} + e.what();
    start_after(pause_);
    return;
  }
  handle_->async_wait(asio::posix::stream_descriptor::wait_read,
                      [this, alive = alive_](const auto& e) {
                        if (*alive && !e)
                          on_end();
                      });
  enter(phase::starting);
  look_for_port();
}

void node_process::read(const std::shared_ptr<stream>& from) {
  from->from.async_read_some(asio::buffer(from->buffer),
                             [this, alive = alive_, from](const auto& e, std::size_t bytes) {
                               if (!*alive)
                                 return;
                               take(*from, bytes);
                               if (!e)
                                 return read(from);
                               if (!from->rest.empty())
                                 plan_.line(from->rest);
                             });
}

void node_process::take(stream& from, std::size_t bytes) {
  from.rest.append(from.buffer.data(), bytes);
  std::size_t at = 0;
  while (true) {
    const auto end = from.rest.find('\n', at);
    if (end == std::string::npos)
      break;
    plan_.line(std::string_view{from.rest}.substr(at, end - at));
    at = end + 1;
  }
  from.rest.erase(0, at);
  if (from.rest.size() > line_max) {
    plan_.line(from.rest);
    from.rest.clear();
  }
}

void node_process::look_for_port() {
  if (state_ != phase::starting)
    return;
  unsigned port = 0;
  if (std::ifstream{plan_.port_file} >> port && port > 0) {
    port_ = static_cast<std::uint16_t>(port);
    ever_up_ = true;
    return enter(phase::up);
  }
  timer_.expires_after(port_tick);
  timer_.async_wait([this, alive = alive_](const auto& e) {
    if (*alive && !e)
      look_for_port();
  });
}

void node_process::on_end() {
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  // What it has started may still be there.
  ::kill(-pid_, SIGKILL);
  pid_ = -1;
  port_ = 0;
  handle_.reset();
  timer_.cancel();
  last_end_ = words_of(status);
  if (state_ == phase::stopping)
    return enter(phase::over);
  if (process_clock::now() - started_ > well_after)
    pause_ = first_pause;
  start_after(std::max(pause_, std::exchange(hold_, milliseconds{0})));
  pause_ = std::min(pause_ * 2, longest_pause);
}

void node_process::start_after(milliseconds pause) {
  enter(phase::waiting);
  if (state_ != phase::waiting)
    return; // whoever was told has stopped it
  timer_.expires_after(pause);
  timer_.async_wait([this, alive = alive_](const auto& e) {
    if (*alive && !e && state_ == phase::waiting)
      start();
  });
}

bool node_process::reload() const {
  if (pid_ <= 0)
    return false;
  signal(SIGHUP);
  return true;
}

void node_process::signal(int number) const {
  // By its handle: the number of a process that has ended may be somebody else's.
  if (handle_)
    ::syscall(SYS_pidfd_send_signal, handle_->native_handle(), number, nullptr, 0);
}

void node_process::stop() {
  if (state_ == phase::stopping || state_ == phase::over)
    return;
  timer_.cancel();
  const bool frozen = state_ == phase::frozen;
  enter(pid_ > 0 ? phase::stopping : phase::over);
  signal(SIGTERM);
  if (frozen)
    signal(SIGCONT);
}

void node_process::kill_for_good() {
  if (state_ == phase::over)
    return;
  timer_.cancel();
  enter(pid_ > 0 ? phase::stopping : phase::over);
  signal(SIGKILL);
}

bool node_process::kill(milliseconds down_for) {
  if (pid_ <= 0 || state_ == phase::stopping)
    return false;
  hold_ = down_for;
  signal(SIGKILL);
  return true;
}

bool node_process::freeze(milliseconds for_so_long) {
  if (state_ != phase::up)
    return false;
  signal(SIGSTOP);
  enter(phase::frozen);
  timer_.expires_after(for_so_long);
  timer_.async_wait([this, alive = alive_](const auto& e) {
    if (*alive && !e)
      thaw();
  });
  return true;
}

void node_process::thaw() {
  if (state_ != phase::frozen)
    return;
  signal(SIGCONT);
  enter(phase::up);
}

} // namespace troupe::local
