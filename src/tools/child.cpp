#include "src/tools/child.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <system_error>
#include <utility>

#include <sys/epoll.h>
#include <sys/wait.h>

namespace troupe::tools {
namespace {

// After SIGKILL only a process that is stuck inside the kernel stays; its result is not waited for
// any longer.
constexpr std::chrono::seconds kill_patience{2};
// What a descendant may still push into the pipes while they are emptied for the last time.
constexpr int last_reads_max = 32;

std::string signal_name(int number) {
  const char* name = sigabbrev_np(number);
  return "signal " + std::to_string(number) +
         (name != nullptr ? " (SIG" + std::string{name} + ")" : "");
}

} // namespace

child::child(plan how, spawned io, int epoll)
    : plan_{std::move(how)}
    , io_{std::move(io)}
    , epoll_{epoll} {
  try {
    watch(io_.out, source::output, EPOLLIN);
    watch(io_.err, source::errors, EPOLLIN);
    watch(io_.handle, source::leader, EPOLLIN);
    watch(io_.in, source::input, 0);
  } catch (...) {
    signal_group(SIGKILL);
    io_.guarded.clear();
    siginfo_t info{};
    waitid(P_PIDFD, static_cast<id_t>(io_.handle.get()), &info, WEXITED);
    throw;
  }
}

child::~child() {
  for (auto* fd : {&io_.in, &io_.out, &io_.err, &io_.handle})
    unwatch(*fd);
}

void child::watch(const unique_fd& fd, source what, std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = plan_.id << source_bits | static_cast<std::uint64_t>(what);
  if (epoll_ctl(epoll_, EPOLL_CTL_ADD, fd.get(), &event) != 0 &&
      (errno != EEXIST || epoll_ctl(epoll_, EPOLL_CTL_MOD, fd.get(), &event) != 0))
    throw std::system_error{errno, std::generic_category(), "a child's pipe cannot be watched"};
}

// Closing alone would not do: a copy of the descriptor, held for a moment by a child that the host
// forks on its own, would keep the registration and its events alive.
void child::unwatch(unique_fd& fd) {
  if (fd)
    epoll_ctl(epoll_, EPOLL_CTL_DEL, fd.get(), nullptr);
  fd.reset();
}

void child::feed(std::string_view bytes) {
  if (!io_.in)
    return;
  input_.erase(0, std::exchange(input_at_, 0));
  input_.append(bytes);
  write_input();
}

void child::end_input() {
  input_ends_ = true;
  write_input();
}

void child::write_input() {
  while (io_.in && backlog() > 0) {
    const auto wrote = write(io_.in.get(), input_.data() + input_at_, backlog());
    if (wrote >= 0) {
      input_at_ += static_cast<std::size_t>(wrote);
    } else if (errno == EAGAIN) {
      watch(io_.in, source::input, EPOLLOUT);
      return;
    } else if (errno != EINTR) {
      unwatch(io_.in); // EPIPE: nobody reads it any more, which is the child's right.
    }
  }
  input_.clear();
  input_at_ = 0;
  if (!io_.in)
    return;
  if (input_ends_)
    unwatch(io_.in);
  else
    watch(io_.in, source::input, 0);
}

void child::on_event(source what, std::uint32_t events, std::span<char> scratch) {
  switch (what) {
  case source::input:
    if (events & EPOLLERR)
      unwatch(io_.in); // The last reader is gone.
    else
      write_input();
    break;
  case source::output:
    read_some(io_.out, what, scratch);
    break;
  case source::errors:
    read_some(io_.err, what, scratch);
    break;
  case source::leader:
    leader_exited();
    break;
  }
}

bool child::read_some(unique_fd& fd, source what, std::span<char> scratch) {
  if (!fd)
    return false;
  const auto got = read(fd.get(), scratch.data(), scratch.size());
  if (got < 0 && (errno == EAGAIN || errno == EINTR))
    return false;
  if (got <= 0) {
    unwatch(fd);
    return false;
  }
  const std::string_view bytes{scratch.data(), static_cast<std::size_t>(got)};
  if (what == source::output) {
    take_output(bytes);
  } else {
    err_.append(bytes);
    // Twice the limit is let in before the front is dropped, so that not every read moves the whole
    // tail.
    if (err_.size() > 2 * plan_.stderr_max_bytes)
      err_.erase(0, err_.size() - plan_.stderr_max_bytes);
  }
  return true;
}

void child::take_output(std::string_view bytes) {
  if (plan_.lines)
    return take_lines(bytes);
  const auto room = plan_.stdout_max_bytes - out_.size();
  out_.append(bytes.substr(0, room));
  if (bytes.size() > room)
    too_large("its output");
}

void child::take_lines(std::string_view bytes) {
  while (!bytes.empty() && !discard_output_) {
    const auto end = bytes.find('\n');
    const auto part = bytes.substr(0, end);
    if (out_.size() + part.size() > plan_.stdout_max_bytes) {
      out_.append(part.substr(0, plan_.stdout_max_bytes - out_.size()));
      return too_large("a line of its output");
    }
    if (end == std::string_view::npos) {
      out_.append(part);
      return;
    }
    if (out_.empty()) {
      call_guarded("process line", plan_.line, part);
    } else {
      out_.append(part);
      const auto line = std::exchange(out_, {});
      call_guarded("process line", plan_.line, std::string_view{line});
    }
    bytes.remove_prefix(end + 1);
  }
}

void child::too_large(const char* what) {
  discard_output_ = true;
  stop(process_end::output_too_large,
       std::string{what} + " is longer than " + std::to_string(plan_.stdout_max_bytes) + " bytes");
}

void child::leader_exited() {
  siginfo_t info{};
  if (waitid(P_PIDFD, static_cast<id_t>(io_.handle.get()), &info, WEXITED | WNOHANG | WNOWAIT) !=
      0) {
    if (errno == EINTR)
      return;
    status_lost_ = true;
  } else if (info.si_pid == 0) {
    return;
  }
  exited_ = true;
  epoll_ctl(epoll_, EPOLL_CTL_DEL, io_.handle.get(), nullptr);
  over_at_ = std::min(in(plan_.drain), kill_at_);
  const bool by_itself = !stopping_;
  if (status_lost_) {
    if (by_itself) {
      result_.end = process_end::exited;
      result_.detail = "its exit status was taken by another waiter in this program";
    }
  } else if (info.si_code == CLD_EXITED) {
    if (by_itself) {
      result_.end = process_end::exited;
      result_.code = info.si_status;
      if (info.si_status != 0)
        result_.detail = "it exited with code " + std::to_string(info.si_status);
    }
  } else {
    result_.code = info.si_status;
    if (by_itself) {
      result_.end = process_end::signalled;
      result_.detail = "it was ended by " + signal_name(info.si_status);
    }
  }
}

void child::stop(process_end why, std::string detail) {
  if (stopping_)
    return;
  if (exited_) {
    // What is drained after the exit can still be too much; everything else no longer matters.
    if (why == process_end::output_too_large) {
      result_.end = why;
      result_.detail = std::move(detail);
    }
    return;
  }
  stopping_ = true;
  result_.end = why;
  result_.detail = std::move(detail);
  signal_group(SIGTERM);
  kill_at_ = in(plan_.term_grace);
}

void child::on_time(steady::time_point now) {
  if (!exited_ && now >= plan_.deadline)
    stop(process_end::timed_out, "it did not finish before its deadline");
  if (!exited_ && !killed_ && now >= kill_at_) {
    killed_ = true;
    signal_group(SIGKILL);
    over_at_ = in(kill_patience);
  }
}

steady::time_point child::next_time() const noexcept {
  if (exited_ || killed_)
    return over_at_;
  return stopping_ ? kill_at_ : plan_.deadline;
}

bool child::over(steady::time_point now) const noexcept {
  return (exited_ && !io_.out && !io_.err) || now >= over_at_;
}

process_result child::finish(std::span<char> scratch) {
  signal_group(SIGKILL);
  io_.guarded.clear();
  for (int reads = 0; reads < last_reads_max && read_some(io_.out, source::output, scratch);)
    ++reads;
  for (int reads = 0; reads < last_reads_max && read_some(io_.err, source::errors, scratch);)
    ++reads;
  for (auto* fd : {&io_.in, &io_.out, &io_.err})
    unwatch(*fd);
  if (err_.size() > plan_.stderr_max_bytes)
    err_.erase(0, err_.size() - plan_.stderr_max_bytes);
  result_.out = std::move(out_);
  result_.err = std::move(err_);
  if (!exited_)
    result_.detail += "; it does not die, as it is stuck inside the system";
  return std::move(result_);
}

bool child::reap() {
  if (status_lost_)
    return true;
  siginfo_t info{};
  const int rc = waitid(P_PIDFD, static_cast<id_t>(io_.handle.get()), &info, WEXITED | WNOHANG);
  return rc == 0 ? info.si_pid != 0 : errno != EINTR;
}

void child::signal_group(int number) noexcept {
  if (!status_lost_)
    ::kill(-io_.pid, number);
}

} // namespace troupe::tools
