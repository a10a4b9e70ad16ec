#include "tests/policies/plan_stage.hpp"

#include <gtest/gtest.h>

namespace troupe {
namespace plan_run_people_cases {

using namespace testing;
using plan_op::parallel;
using plan_op::race;
using plan_op::sequence;

constexpr std::int64_t hour = 3600 * 1000;

TEST(plan_run_people, while_a_person_is_asked_the_tasks_clock_stands_still) {
  stage s{group(sequence, "seq", {call("a"), human("h"), call("b")}), milliseconds{60000}};
  s.start();
  s.now = at_ms(10000);
  s.succeed("a");
  EXPECT_EQ(s.look(), "call a, ask h");
  EXPECT_EQ(s.run.next_timer(), at_ms(60000));
  s.feed(event_kind::asked, "h");
  EXPECT_TRUE(s.run.waits_for_human());
  EXPECT_EQ(s.run.next_timer(), at_ms(10000) + plan_run::human_timeout);
  s.now = at_ms(10000 + 3 * hour);
  EXPECT_TRUE(s.feed(event_kind::answered, "h", std::make_shared<const outcome>(said("yes"))));
  EXPECT_FALSE(s.run.waits_for_human());
  EXPECT_EQ(s.run.deadline(), at_ms(60000 + 3 * hour));
  s.succeed("b");
  EXPECT_EQ(s.run.result()->text, "a\n\nyes\n\nb");
  EXPECT_EQ(difference(s.run, s.replayed()), "");
}

TEST(plan_run_people, the_clock_of_a_firm_deadline_runs_on) {
  plan_run run{plan::of(group(sequence, "seq", {human("h"), call("b")})), at_ms(60000), true};
  std::vector<plan_action> todo;
  run.start(at_ms(0), todo);
  event e;
  e.kind = event_kind::asked;
  e.step = 1;
  e.attempt = 1;
  e.at = at_ms(1000);
  ASSERT_TRUE(run.apply(e, todo));
  EXPECT_EQ(run.next_timer(), at_ms(60000));
  EXPECT_EQ(run.timer_event(at_ms(60000)).step, whole_task);
  auto late = run;
  todo.clear();
  ASSERT_TRUE(late.apply(late.timer_event(at_ms(60000)), todo));
  EXPECT_TRUE(late.ended());
  EXPECT_EQ(late.result()->failed.why, reason::timeout);
  ASSERT_EQ(todo.size(), 2u);
  EXPECT_EQ(todo[0].what, plan_action::kind::stop) << "the question is taken back";
  // Who answers in time leaves what is left, and no more.
  e.kind = event_kind::answered;
  e.at = at_ms(50000);
  e.body = std::make_shared<const outcome>(said("yes"));
  ASSERT_TRUE(run.apply(e, todo));
  EXPECT_EQ(run.deadline(), at_ms(60000));
  EXPECT_EQ(run.deadline_for(2, at_ms(50000)), at_ms(60000));
}

TEST(plan_run_people, work_that_starts_while_a_person_is_asked_has_its_time) {
  stage s{group(parallel, "par", {human("h"), group(sequence, "seq", {call("a"), call("b")})}),
          milliseconds{60000}};
  s.start();
  s.feed(event_kind::asked, "h");
  s.assign("a");
  s.now = at_ms(20000);
  s.succeed("a");
  s.fail("b", reason::timeout);
  ASSERT_EQ(s.status("b"), step_status::waiting);
  s.next_timer();
  s.now = at_ms(2 * hour);
  s.assign("b");
  EXPECT_EQ(s.state("b").due, at_ms(2 * hour + 30000));
  // Retries are planned against the clock that stands still as well.
  s.fail("b", reason::timeout);
  EXPECT_EQ(s.status("b"), step_status::waiting);
}

TEST(plan_run_people, two_questions_stop_the_clock_once) {
  stage s{group(parallel, "par", {human("h"), human("i"), call("a")}), milliseconds{60000}};
  s.start();
  s.feed(event_kind::asked, "h");
  s.now = at_ms(1000);
  s.feed(event_kind::asked, "i");
  s.now = at_ms(5000);
  s.feed(event_kind::answered, "h", std::make_shared<const outcome>(said("h")));
  EXPECT_TRUE(s.run.waits_for_human());
  EXPECT_EQ(s.run.deadline(), at_ms(60000));
  s.now = at_ms(9000);
  s.feed(event_kind::answered, "i", std::make_shared<const outcome>(said("i")));
  EXPECT_EQ(s.run.deadline(), at_ms(69000));
}

TEST(plan_run_people, a_person_who_does_not_answer_is_not_asked_again) {
  auto h = human("h");
  h.timeout = milliseconds{4 * hour};
  h.fallback = {"skill:decide"};
  stage s{std::move(h)};
  s.start();
  s.feed(event_kind::asked, "h");
  s.look();
  s.next_timer();
  EXPECT_EQ(s.now, at_ms(4 * hour));
  EXPECT_EQ(s.look(), "stop h, call h");
  EXPECT_FALSE(s.run.waits_for_human());
  s.succeed("h");
  EXPECT_TRUE(s.run.ended());
}

TEST(plan_run_people, a_lost_race_takes_the_question_back) {
  stage s{group(sequence, "seq", {group(race, "r", {human("h"), call("a")}), call("b")}),
          milliseconds{60000}};
  s.start();
  s.feed(event_kind::asked, "h");
  s.look();
  s.now = at_ms(7000);
  s.succeed("a");
  EXPECT_EQ(s.look(), "stop h, call b");
  EXPECT_FALSE(s.run.waits_for_human());
  EXPECT_EQ(s.run.deadline(), at_ms(67000));
}

TEST(plan_run_people, a_sub_task_that_asks_a_person_stops_its_parents_clock) {
  stage s{domain("d"), milliseconds{60000}};
  s.start();
  EXPECT_EQ(s.look(), "delegate d");
  EXPECT_FALSE(s.feed(event_kind::asked, "d"));
  EXPECT_TRUE(s.feed(event_kind::delegated, "d"));
  EXPECT_EQ(s.run.next_timer(), at_ms(60000));
  s.now = at_ms(20000);
  EXPECT_TRUE(s.feed(event_kind::asked, "d"));
  EXPECT_TRUE(s.run.waits_for_human());
  EXPECT_GT(s.run.next_timer(), at_ms(24 * hour));
  EXPECT_NE(s.run.next_timer(), no_deadline);
  s.now = at_ms(20000 + hour);
  EXPECT_TRUE(s.feed(event_kind::delegated, "d"));
  EXPECT_FALSE(s.run.waits_for_human());
  EXPECT_EQ(s.run.next_timer(), at_ms(60000 + hour));
  EXPECT_TRUE(s.complete("d", said("sold")));
  EXPECT_EQ(s.run.result()->text, "sold");
  EXPECT_EQ(difference(s.run, s.replayed()), "");
}

TEST(plan_run_people, a_sub_task_that_ended_is_not_asked_again_but_one_out_of_reach_is) {
  stage s{domain("d")};
  s.start();
  s.look();
  const auto away = std::make_shared<const failure>(failure{reason::unavailable, "no link", {}});
  EXPECT_TRUE(s.feed(event_kind::step_failed, "d", away));
  EXPECT_EQ(s.status("d"), step_status::waiting);
  s.next_timer();
  EXPECT_EQ(s.look(), "delegate d");
  s.feed(event_kind::delegated, "d");
  s.complete("d", outcome::of(*away));
  EXPECT_TRUE(s.run.ended());
}

} // namespace plan_run_people_cases
} // namespace troupe
