#include "src/tools/process.hpp"

#include <algorithm>
#include <csignal>
#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/src/tools/process_helpers.hpp"

namespace process_cases {

using namespace troupe::tools;
using namespace troupe::tools::test;
using namespace std::chrono_literals;

namespace {

std::size_t open_descriptors() {
  std::size_t count = 0;
  for (int fd = 0; fd < 1024; ++fd)
    count += fcntl(fd, F_GETFD) >= 0;
  return count;
}

} // namespace

TEST(process, gives_output_and_exit_code) {
  const auto port = make_process_port();
  const auto ok = run(*port, shell("cat; echo oops >&2"), "hello");
  EXPECT_EQ(ok.end, process_end::exited);
  EXPECT_EQ(ok.code, 0);
  EXPECT_EQ(ok.out, "hello");
  EXPECT_EQ(ok.err, "oops\n");
  EXPECT_EQ(ok.detail, "");
  const auto bad = run(*port, shell("exit 7"));
  EXPECT_EQ(bad.end, process_end::exited);
  EXPECT_EQ(bad.code, 7);
  EXPECT_EQ(bad.detail, "it exited with code 7");
}

TEST(process, tells_the_signal_that_ended_it) {
  const auto port = make_process_port();
  const auto result = run(*port, shell("kill -SEGV $$"));
  EXPECT_EQ(result.end, process_end::signalled);
  EXPECT_EQ(result.code, SIGSEGV);
  EXPECT_NE(result.detail.find("SIGSEGV"), std::string::npos);
}

TEST(process, passes_bytes_through_unchanged) {
  const auto port = make_process_port();
  std::string garbage;
  for (int i = 0; i < 4096; ++i)
    garbage.push_back(static_cast<char>(i * 7));
  EXPECT_EQ(run(*port, shell("cat"), garbage).out, garbage);
}

TEST(process, takes_big_input_and_output) {
  const auto port = make_process_port();
  auto spec = shell("cat");
  spec.stdout_max_bytes = 8 << 20;
  const std::string big(8 << 20, 'x');
  const auto result = run(*port, spec, big);
  EXPECT_EQ(result.end, process_end::exited);
  EXPECT_EQ(result.out, big);
}

TEST(process, refuses_input_over_the_limit) {
  process_limits limits;
  limits.input_max_bytes = 10;
  const auto port = make_process_port(limits);
  EXPECT_EQ(run(*port, shell("cat"), std::string(10, 'x')).end, process_end::exited);
  const auto refused = run(*port, shell("cat"), std::string(11, 'x'));
  EXPECT_EQ(refused.end, process_end::failed_to_start);
  EXPECT_FALSE(refused.for_good) << "the program is not to blame";
}

TEST(process, ends_one_that_never_stops_writing) {
  const auto port = make_process_port();
  auto spec = shell("exec yes");
  spec.stdout_max_bytes = 1000;
  const auto result = run(*port, spec);
  EXPECT_EQ(result.end, process_end::output_too_large);
  EXPECT_EQ(result.out.size(), 1000u);
  EXPECT_NE(result.detail.find("1000"), std::string::npos);
}

TEST(process, keeps_the_end_of_a_long_stderr) {
  const auto port = make_process_port();
  auto spec =
      shell("i=0; while [ $i -lt 2000 ]; do echo line $i >&2; i=$((i+1)); done; echo last >&2");
  spec.stderr_max_bytes = 100;
  const auto result = run(*port, spec);
  EXPECT_EQ(result.end, process_end::exited);
  EXPECT_EQ(result.err.size(), 100u);
  EXPECT_EQ(result.err.substr(95), "last\n");
}

TEST(process, a_child_that_closes_its_stdin_harms_nobody) {
  const auto port = make_process_port();
  const auto result = run(*port, shell("exec 0<&-; echo done"), std::string(4 << 20, 'x'));
  EXPECT_EQ(result.end, process_end::exited);
  EXPECT_EQ(result.code, 0);
  EXPECT_EQ(result.out, "done\n");
}

TEST(process, timeout_kills_the_whole_group_even_if_it_ignores_sigterm) {
  const auto port = make_process_port();
  life_line line;
  // The grandchild holds the life line and ignores SIGTERM, as does its parent.
  auto spec = shell("trap '' TERM; exec 9>" + line.path() +
                    "; (while :; do sleep 1000; done) & wait; wait; sleep 1000");
  spec.term_grace = 50ms;
  const auto result = run(*port, spec, {}, 1s);
  EXPECT_EQ(result.end, process_end::timed_out);
  EXPECT_EQ(result.code, SIGKILL);
  EXPECT_TRUE(line.all_gone());
}

TEST(process, a_grandchild_that_holds_the_output_is_killed_and_holds_nothing_up) {
  const auto port = make_process_port();
  life_line line;
  const auto result = run(*port, shell("exec 9>" + line.path() + "; sleep 1000 & echo started"));
  EXPECT_EQ(result.end, process_end::exited);
  EXPECT_EQ(result.code, 0);
  EXPECT_EQ(result.out, "started\n");
  EXPECT_TRUE(line.all_gone());
}

TEST(process, explains_why_it_cannot_start) {
  const auto port = make_process_port();
  const auto failure = [&](process_spec spec, bool for_good = false) {
    auto result = run(*port, std::move(spec));
    EXPECT_EQ(result.end, process_end::failed_to_start);
    EXPECT_EQ(result.code, -1);
    EXPECT_EQ(result.for_good, for_good) << result.detail;
    return result.detail;
  };
  process_spec spec;
  EXPECT_EQ(failure(spec, true), "no program is named");
  spec.argv = {"no-such-program-anywhere"};
  EXPECT_EQ(failure(spec, true), "'no-such-program-anywhere' is not in PATH");
  spec.argv = {"/no/such/program"};
  EXPECT_EQ(failure(spec, true), "'/no/such/program': No such file or directory");
  spec.argv = {"/etc/passwd"};
  EXPECT_EQ(failure(spec, true), "'/etc/passwd': Permission denied");
  spec = shell("true");
  spec.workdir = "/no/such/dir";
  EXPECT_EQ(failure(spec), "working directory '/no/such/dir': No such file or directory");
  spec = shell("true");
  spec.env["A=B"] = "c";
  EXPECT_NE(failure(spec).find("'A=B'"), std::string::npos);
  spec = shell(std::string("a\0b", 3));
  EXPECT_EQ(failure(spec), "an argument contains a NUL byte");
}

TEST(process, the_child_gets_this_environment_and_directory_only) {
  ASSERT_EQ(setenv("TROUPE_TEST_SECRET", "do not leak", 1), 0);
  const auto port = make_process_port();
  process_spec spec;
  spec.argv = {"env"};
  spec.env["GREETING"] = "good day";
  auto text = run(*port, spec).out;
  EXPECT_NE(text.find("GREETING=good day\n"), std::string::npos);
  EXPECT_NE(text.find("PATH="), std::string::npos);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2) << text;
  spec.argv = {"pwd"};
  spec.workdir = "/usr";
  EXPECT_EQ(run(*port, spec).out, "/usr\n");
}

TEST(process, the_child_gets_no_descriptor_but_its_own_three) {
  const auto port = make_process_port();
  // One that the host forgot to mark as close-on-exec.
  const int careless = open("/dev/null", O_RDONLY);
  ASSERT_GE(careless, 3);
  const auto result = run(*port, shell("ls /proc/self/fd | wc -l"));
  // Three of its own and the one ls has open on the directory.
  EXPECT_EQ(std::stoi(result.out), 4) << result.err;
  close(careless);
}

TEST(process, two_hundred_at_once) {
  const auto port = make_process_port();
  std::vector<one_result> results(200);
  // Every child waits for its input to end, so all of them are alive together for a while.
  for (std::size_t i = 0; i < results.size(); ++i)
    port->run(shell("read x; echo $x; exit " + std::to_string(i % 100)), std::to_string(i) + "\n",
              patience, results[i].done());
  for (std::size_t i = 0; i < results.size(); ++i) {
    const auto result = results[i].get();
    EXPECT_EQ(result.end, process_end::exited) << result.detail;
    EXPECT_EQ(result.code, static_cast<int>(i % 100));
    EXPECT_EQ(result.out, std::to_string(i) + "\n");
  }
}

TEST(process, leaves_no_descriptor_behind) {
  const auto before = open_descriptors();
  {
    const auto port = make_process_port();
    for (int i = 0; i < 20; ++i) {
      run(*port, shell("cat"), "x");
      run(*port, shell("exit 1"));
      process_spec missing;
      missing.argv = {"/no/such/program"};
      run(*port, missing);
    }
  }
  EXPECT_EQ(open_descriptors(), before);
}

TEST(process, works_in_a_host_without_standard_descriptors) {
  const int saved = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 10);
  close(STDIN_FILENO);
  const auto port = make_process_port();
  const auto result = run(*port, shell("cat; echo err >&2"), "in");
  if (saved >= 0) {
    dup2(saved, STDIN_FILENO);
    close(saved);
  }
  EXPECT_EQ(result.out, "in") << result.detail;
  EXPECT_EQ(result.err, "err\n");
}

TEST(process, the_destructor_ends_everything_and_reports_it) {
  life_line line;
  one_result one;
  listener ears;
  {
    const auto port = make_process_port();
    port->run(shell("exec 9>" + line.path() + "; sleep 1000"), {}, patience, one.done());
    port->start(shell("exec 9>" + line.path() + "; echo up; cat"), ears.line(), ears.ended());
    EXPECT_EQ(ears.next(), "up");
  }
  ASSERT_EQ(one.future.wait_for(0s), std::future_status::ready);
  EXPECT_EQ(one.get().end, process_end::cancelled);
  EXPECT_EQ(ears.result().end, process_end::cancelled);
  EXPECT_TRUE(line.all_gone());
}

TEST(process, a_callback_may_start_the_next_and_may_throw) {
  const auto port = make_process_port();
  one_result second;
  port->run(shell("true"), {}, patience, [&](process_result) {
    port->run(shell("echo second"), {}, patience, second.done());
    throw std::runtime_error{"a careless callback"};
  });
  EXPECT_EQ(second.get().out, "second\n");
}

} // namespace process_cases
