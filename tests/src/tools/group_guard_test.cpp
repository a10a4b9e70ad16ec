// What is left of process groups when the process that has started them is killed outright.
#include "src/tools/group_guard.hpp"

#include <array>
#include <chrono>
#include <climits>
#include <csignal>
#include <stdexcept>
#include <string>
#include <thread>

#include <gtest/gtest.h>
#include <sys/wait.h>

#include "tests/src/tools/process_helpers.hpp"

namespace group_guard_cases {

using namespace troupe::tools;
using namespace troupe::tools::test;

// Each of them leaves children behind that hold the line and do not end by themselves.
process_spec family(const life_line& line, const std::string& then) {
  return shell("exec 9>" + line.path() + "; sleep 1000 & sh -c 'sleep 1001; :' & echo up; " + then);
}

/// A process with a worker and a call under way. It says so on `ready`, and ends only when
/// it is killed.
[[noreturn]] void be_a_node(const life_line& line, std::array<int, 2> ready) {
  close(ready[0]);
  const auto port = make_process_port();
  listener gone;
  listener worker;
  listener other;
  one_result call;
  // The place of what has ended is free for others, and not looked at again.
  port->start(shell("echo up"), gone.line(), gone.ended());
  gone.result();
  port->start(family(line, "cat"), worker.line(), worker.ended());
  port->start(family(line, "trap '' TERM; cat"), other.line(), other.ended());
  if (worker.next() != "up" || other.next() != "up")
    _exit(1);
  port->run(family(line, "wait"), {}, patience, call.done());
  [[maybe_unused]] const auto told = write(ready[1], "x", 1);
  for (;;)
    pause();
}

TEST(group_guard, what_children_have_started_dies_with_a_node_that_is_killed_outright) {
  life_line line;
  std::array<int, 2> ready{};
  ASSERT_EQ(pipe(ready.data()), 0);
  const auto node = fork();
  ASSERT_GE(node, 0);
  if (node == 0)
    be_a_node(line, ready);
  close(ready[1]);
  char up = 0;
  EXPECT_EQ(read(ready[0], &up, 1), 1) << "the node has its workers";
  close(ready[0]);
  kill(node, SIGKILL);
  int status = 0;
  EXPECT_EQ(waitpid(node, &status, 0), node);
  EXPECT_TRUE(WIFSIGNALED(status));
  EXPECT_TRUE(line.all_gone());
}

TEST(group_guard, stands_from_the_first_group_on_and_is_replaced_when_somebody_ends_it) {
  group_guard guard{4};
  EXPECT_EQ(guard.pid(), -1);
  (void)guard.next();
  const auto first = guard.pid();
  ASSERT_GT(first, 0);
  (void)guard.next();
  EXPECT_EQ(guard.pid(), first);
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{30};
  while (getpgid(first) == getpgid(0) && std::chrono::steady_clock::now() < until)
    std::this_thread::yield();
  EXPECT_NE(getpgid(first), getpgid(0)) << "a signal for our group is not for it";
  ASSERT_EQ(kill(first, SIGKILL), 0);
  siginfo_t info{};
  ASSERT_EQ(waitid(P_PID, static_cast<id_t>(first), &info, WEXITED | WNOWAIT), 0);
  (void)guard.next();
  EXPECT_NE(guard.pid(), first);
  EXPECT_EQ(kill(guard.pid(), 0), 0);
}

TEST(group_guard, ends_with_its_owner_and_has_so_many_places) {
  // No process has this number.
  constexpr pid_t nobody = INT_MAX;
  pid_t it = -1;
  {
    group_guard guard{2};
    auto a = guard.next();
    a.enter(nobody);
    auto b = guard.next();
    b.enter(nobody);
    EXPECT_THROW((void)guard.next(), std::length_error);
    a.clear();
    EXPECT_NO_THROW((void)guard.next());
    it = guard.pid();
    ASSERT_EQ(kill(it, 0), 0);
  }
  EXPECT_EQ(kill(it, 0), -1);
}

} // namespace group_guard_cases
