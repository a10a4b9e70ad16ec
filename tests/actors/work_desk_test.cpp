#include "actors/work_desk.hpp"

#include <gtest/gtest.h>

#include <future>
#include <thread>

namespace troupe::test {

namespace work_desk_cases {

using steady = work_desk::steady;

/// A desk with one call up for `d/a`, and what came of that.
struct desk_stage {
  tools::alarm_clock clock;
  work_desk desk{clock};
  std::promise<outcome> ended;
  std::future<outcome> end = ended.get_future();

  std::uint64_t offer(milliseconds lease = milliseconds{60000}, const std::string& agent = "d/a") {
    return desk.offer(agent, {{"text", "hello"}, {"deadline_ms", 1}},
                      steady::now() + std::chrono::minutes{5}, lease,
                      [this](outcome x) { ended.set_value(std::move(x)); });
  }
  std::optional<work_desk::loan> ask(const std::string& agent = "d/a") {
    std::optional<work_desk::loan> out;
    desk.ask(agent, milliseconds{0}, [&](auto x) { out = std::move(x); });
    return out;
  }
};

outcome said(const char* text) {
  outcome out;
  out.text = text;
  return out;
}

TEST(work_desk, lends_a_call_once) {
  desk_stage s;
  EXPECT_FALSE(s.ask());
  const auto id = s.offer();
  EXPECT_FALSE(s.ask("d/other"));
  const auto loan = s.ask();
  ASSERT_TRUE(loan);
  EXPECT_EQ(loan->item, id);
  EXPECT_EQ(loan->lease.size(), 32u);
  EXPECT_EQ(loan->call["text"], "hello");
  // What is left of the call's time, whatever it was when it was put up.
  EXPECT_GT(loan->call["deadline_ms"], 200000);
  EXPECT_EQ(s.desk.agent_of(id), "d/a");
  EXPECT_FALSE(s.ask());
  EXPECT_EQ(s.desk.end(id, "guessed", said("no")), work_desk::taken::unknown);
  EXPECT_EQ(s.desk.end(id, loan->lease, said("done")), work_desk::taken::yes);
  EXPECT_EQ(s.end.get().text, "done");
  EXPECT_EQ(s.desk.end(id, loan->lease, said("again")), work_desk::taken::unknown);
  EXPECT_EQ(s.desk.agent_of(id), "");
}

TEST(work_desk, who_waits_gets_what_comes) {
  desk_stage s;
  std::promise<std::optional<work_desk::loan>> got;
  s.desk.ask("d/a", std::chrono::minutes{1}, [&](auto x) { got.set_value(std::move(x)); });
  const auto id = s.offer();
  const auto loan = got.get_future().get();
  ASSERT_TRUE(loan);
  EXPECT_EQ(loan->item, id);
}

TEST(work_desk, who_has_waited_long_enough_gets_nothing) {
  desk_stage s;
  std::promise<bool> got;
  s.desk.ask("d/a", milliseconds{1}, [&](const auto& x) { got.set_value(x.has_value()); });
  EXPECT_FALSE(got.get_future().get());
  bool called = false;
  s.desk.stop_waiting(
      s.desk.ask("d/a", std::chrono::minutes{1}, [&](const auto&) { called = true; }));
  s.offer();
  EXPECT_FALSE(called);
  EXPECT_TRUE(s.ask());
}

TEST(work_desk, a_loan_that_reaches_nobody_is_lent_to_the_next) {
  desk_stage s;
  const auto id = s.offer(milliseconds{200});
  const auto lost = s.ask();
  ASSERT_TRUE(lost);
  s.desk.give_back(id, "guessed");
  EXPECT_FALSE(s.ask());
  s.desk.give_back(id, lost->lease);
  EXPECT_EQ(s.desk.end(id, lost->lease, said("late")), work_desk::taken::unknown);
  EXPECT_EQ(s.end.wait_for(milliseconds{300}), std::future_status::timeout)
      << "no lease runs out that nobody has";
  const auto next = s.ask();
  ASSERT_TRUE(next);
  std::optional<work_desk::loan> waited;
  s.desk.ask("d/a", std::chrono::minutes{1}, [&](auto x) { waited = std::move(x); });
  s.desk.give_back(id, next->lease);
  ASSERT_TRUE(waited) << "somebody waited already";
  EXPECT_EQ(s.desk.end(id, waited->lease, said("done")), work_desk::taken::yes);
  EXPECT_EQ(s.end.get().text, "done");
}

TEST(work_desk, a_lease_that_runs_out_is_a_crash) {
  desk_stage s;
  const auto id = s.offer(milliseconds{5});
  const auto loan = s.ask();
  EXPECT_EQ(s.end.get().failed.why, reason::crash);
  milliseconds left{0};
  EXPECT_EQ(s.desk.renew(id, loan->lease, left), work_desk::taken::unknown);
  EXPECT_EQ(s.desk.end(id, loan->lease, said("late")), work_desk::taken::unknown);
}

TEST(work_desk, a_lease_that_is_renewed_holds) {
  desk_stage s;
  const auto id = s.offer(milliseconds{400});
  const auto loan = s.ask();
  milliseconds left{0};
  const auto until = steady::now() + milliseconds{900};
  while (steady::now() < until) {
    ASSERT_EQ(s.desk.renew(id, loan->lease, left), work_desk::taken::yes);
    std::this_thread::yield();
  }
  EXPECT_GT(left.count(), 200000);
  EXPECT_EQ(s.desk.end(id, loan->lease, said("done")), work_desk::taken::yes);
}

TEST(work_desk, what_nobody_waits_for_is_taken_back) {
  desk_stage s;
  const auto id = s.offer();
  const auto loan = s.ask();
  s.desk.withdraw(id);
  EXPECT_EQ(s.end.get().failed.why, reason::cancelled);
  milliseconds left{0};
  EXPECT_EQ(s.desk.renew(id, loan->lease, left), work_desk::taken::unknown);
  s.desk.withdraw(id);
}

} // namespace work_desk_cases
} // namespace troupe::test
