#include "src/tools/group_guard.hpp"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <csignal>
#include <memory>
#include <stdexcept>
#include <system_error>

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

extern "C" {
#include <sys/pidfd.h>
}

namespace troupe::tools {
namespace {

// It is written by one process and read by another.
static_assert(std::atomic<pid_t>::is_always_lock_free);

/// The life of the guard, in a copy of a process with many threads: system calls only.
[[noreturn]] void stand_guard(pid_t whom, std::span<std::atomic<pid_t>> groups) {
  setsid();
  prctl(PR_SET_NAME, "troupe-guard");
  // Ports, files and locks of ours would stay taken when we are gone.
  close_range(0, UINT_MAX, 0);
  const int life = pidfd_open(whom, 0);
  if (life < 0 && errno != ESRCH)
    _exit(1); // The next group finds nobody here, and another guard is made.
  // Who has another parent by now has come too late to see it end.
  if (life >= 0 && getppid() == whom) {
    pollfd end{life, POLLIN, 0};
    while (poll(&end, 1, -1) <= 0) {
    }
  }
  for (const auto& group : groups)
    if (const auto leader = group.load(std::memory_order_relaxed); leader > 1)
      kill(-leader, SIGKILL);
  _exit(0);
}

} // namespace

group_guard::group_guard(std::size_t groups_max) {
  const auto count = std::max<std::size_t>(groups_max, 1);
  void* memory = mmap(nullptr, count * sizeof(std::atomic<pid_t>), PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED)
    throw std::system_error{errno, std::generic_category(), "no memory for the guard of processes"};
  auto* first = static_cast<std::atomic<pid_t>*>(memory);
  std::uninitialized_value_construct_n(first, count);
  groups_ = {first, count};
}

group_guard::~group_guard() {
  // Only while it is an unreaped child of ours its number is its own.
  if (pid_ > 0 && waitpid(pid_, nullptr, WNOHANG) == 0) {
    kill(pid_, SIGKILL);
    while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
  munmap(groups_.data(), groups_.size_bytes());
}

group_guard::place group_guard::next() {
  if (pid_ < 0 || waitpid(pid_, nullptr, WNOHANG) != 0)
    stand();
  const auto free = std::find_if(groups_.begin(), groups_.end(), [](const auto& group) {
    return group.load(std::memory_order_relaxed) == 0;
  });
  if (free == groups_.end())
    throw std::length_error{"more process groups than are guarded"};
  return place{*free};
}

void group_guard::stand() {
  const auto whom = getpid();
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  // Signals stay blocked in the copy, so that no handler of the host ever runs there.
  pid_ = fork();
  const int error = errno;
  if (pid_ == 0)
    stand_guard(whom, groups_);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (pid_ < 0)
    throw std::system_error{error, std::generic_category(), "no guard for child processes"};
}

} // namespace troupe::tools
