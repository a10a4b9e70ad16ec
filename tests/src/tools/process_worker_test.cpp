#include "src/tools/process.hpp"

#include <csignal>
#include <string>

#include <gtest/gtest.h>

#include "tests/src/tools/process_helpers.hpp"

namespace process_worker_cases {

using namespace troupe::tools;
using namespace troupe::tools::test;

TEST(process_worker, a_polite_process_ends_by_sigterm) {
  const auto port = make_process_port();
  listener ears;
  auto spec = shell("trap 'echo bye; exit 3' TERM; echo ready; while :; do read x || :; done");
  spec.term_grace = patience;
  const auto id = port->start(spec, ears.line(), ears.ended());
  EXPECT_EQ(ears.next(), "ready");
  port->cancel(id);
  const auto result = ears.result();
  EXPECT_EQ(ears.next(), "bye");
  EXPECT_EQ(result.end, process_end::cancelled);
  EXPECT_EQ(result.code, -1);
}

TEST(process_worker, one_that_left_the_group_holds_nothing_up) {
  const auto port = make_process_port();
  listener ears;
  const auto id = port->start(shell("setsid sh -c 'echo $$; exec sleep 1000' & read x"),
                              ears.line(), ears.ended());
  const auto stray = ears.next();
  port->cancel(id);
  EXPECT_EQ(ears.result().end, process_end::cancelled);
  EXPECT_EQ(kill(static_cast<pid_t>(std::stol(stray)), SIGKILL), 0);
}

TEST(process_worker, refuses_one_more_than_the_limit_and_recovers) {
  process_limits limits;
  limits.processes_max = 2;
  const auto port = make_process_port(limits);
  listener a;
  listener b;
  const auto first = port->start(shell("cat"), a.line(), a.ended());
  const auto second = port->start(shell("cat"), b.line(), b.ended());
  const auto refused = run(*port, shell("true"));
  EXPECT_EQ(refused.end, process_end::failed_to_start);
  EXPECT_NE(refused.detail.find("2 processes"), std::string::npos);
  port->cancel(first);
  EXPECT_EQ(a.result().end, process_end::cancelled);
  EXPECT_EQ(run(*port, shell("true")).end, process_end::exited);
  port->cancel(second);
  EXPECT_EQ(b.result().end, process_end::cancelled);
}

TEST(process_worker, worker_echoes_lines_in_order) {
  const auto port = make_process_port();
  listener ears;
  const auto id = port->start(shell("exec cat"), ears.line(), ears.ended());
  for (int i = 0; i < 500; ++i)
    ASSERT_EQ(port->write_line(id, R"({"n":)" + std::to_string(i) + "}"), line_fate::queued);
  for (int i = 0; i < 500; ++i)
    ASSERT_EQ(ears.next(), R"({"n":)" + std::to_string(i) + "}");
  EXPECT_EQ(port->write_line(id, "two\nlines"), line_fate::unusable);
  port->cancel(id);
  EXPECT_EQ(ears.result().end, process_end::cancelled);
  EXPECT_EQ(port->write_line(id, "{}"), line_fate::gone);
}

TEST(process_worker, worker_that_crashes_is_reported_with_its_unfinished_line) {
  const auto port = make_process_port();
  listener ears;
  const auto id =
      port->start(shell("read x; echo first; printf '{\"half\":'; echo broken >&2; kill -9 $$"),
                  ears.line(), ears.ended());
  ASSERT_EQ(port->write_line(id, "go"), line_fate::queued);
  const auto result = ears.result();
  EXPECT_EQ(ears.next(), "first");
  EXPECT_EQ(ears.lines_left(), 0u);
  EXPECT_EQ(result.end, process_end::signalled);
  EXPECT_EQ(result.code, SIGKILL);
  EXPECT_EQ(result.out, "{\"half\":");
  EXPECT_EQ(result.err, "broken\n");
}

TEST(process_worker, worker_with_an_endless_line_is_ended) {
  const auto port = make_process_port();
  listener ears;
  auto spec = shell("echo ok; exec tr '\\0' x < /dev/zero");
  spec.stdout_max_bytes = 5000;
  port->start(spec, ears.line(), ears.ended());
  const auto result = ears.result();
  EXPECT_EQ(ears.next(), "ok");
  EXPECT_EQ(result.end, process_end::output_too_large);
  EXPECT_EQ(result.out.size(), 5000u);
}

TEST(process_worker, worker_gets_a_line_as_long_as_a_request_may_be) {
  const auto port = make_process_port();
  listener ears;
  auto spec = shell("exec cat");
  spec.stdout_max_bytes = 2 << 20;
  const auto id = port->start(spec, ears.line(), ears.ended());
  const std::string line(1 << 20, 'x');
  ASSERT_EQ(port->write_line(id, line), line_fate::queued);
  ASSERT_EQ(port->write_line(id, line), line_fate::queued) << "nor does one keep the next ones out";
  EXPECT_EQ(ears.next(), line);
  EXPECT_EQ(ears.next(), line);
  port->cancel(id);
  EXPECT_EQ(ears.result().end, process_end::cancelled);
}

TEST(process_worker, worker_that_does_not_read_is_not_fed_without_bound) {
  process_limits limits;
  limits.stdin_backlog_max_bytes = 256 << 10;
  const auto port = make_process_port(limits);
  listener ears;
  const auto id = port->start(shell("echo up; sleep 1000"), ears.line(), ears.ended());
  EXPECT_EQ(ears.next(), "up");
  const std::string line(1023, 'x');
  std::size_t accepted = 0;
  while (accepted < 1000 && port->write_line(id, line) == line_fate::queued)
    ++accepted;
  // The backlog and what the kernel's own pipe buffer has swallowed.
  EXPECT_GE(accepted, 256u);
  EXPECT_LE(accepted, 256u + 64u);
  EXPECT_EQ(port->write_line(id, std::string(1 << 20, 'x')), line_fate::full);
  port->cancel(id);
  EXPECT_EQ(ears.result().end, process_end::cancelled);
}

TEST(process_worker, a_line_longer_than_what_may_wait_is_taken_when_nothing_waits) {
  process_limits limits;
  limits.stdin_backlog_max_bytes = 64 << 10;
  limits.input_max_bytes = 2 << 20;
  const auto port = make_process_port(limits);
  listener ears;
  const auto id = port->start(shell("exec cat"), ears.line(), ears.ended());
  for (const std::size_t size : {1000000, 1000001}) {
    ASSERT_EQ(port->write_line(id, std::string(size, 'x')), line_fate::queued);
    EXPECT_EQ(ears.next().size(), size);
  }
  EXPECT_EQ(port->write_line(id, std::string(2 << 20, 'x')), line_fate::unusable);
  port->cancel(id);
  EXPECT_EQ(ears.result().end, process_end::cancelled);
}

TEST(process_worker, unknown_ids_are_ignored) {
  const auto port = make_process_port();
  port->cancel(12345);
  EXPECT_EQ(port->write_line(12345, "{}"), line_fate::gone);
}

} // namespace process_worker_cases
