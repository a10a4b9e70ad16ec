#include "tests/policies/plan_stage.hpp"

#include <gtest/gtest.h>

namespace troupe {
namespace plan_run_failure_cases {

using namespace testing;
using plan_op::parallel;
using plan_op::quorum;
using plan_op::race;
using plan_op::sequence;

plan_node with_fallback(plan_node n, std::vector<std::string> rungs) {
  n.fallback = std::move(rungs);
  return n;
}

TEST(plan_run_failure, a_crash_is_repeated_at_once_and_then_with_backoff) {
  stage s{call("a")};
  s.start();
  s.look();
  s.assign("a", "x");
  s.fail("a", reason::crash);
  EXPECT_EQ(s.look(), "call a");
  EXPECT_EQ(s.state("a").attempt, 2u);
  EXPECT_EQ(s.state("a").tried, std::vector<std::string>{"x"});
  const milliseconds least[] = {milliseconds{1000}, milliseconds{2000}};
  for (auto wait : least) {
    s.assign("a", "y");
    s.feed(event_kind::step_failed, "a",
           std::make_shared<const failure>(failure{reason::crash, "", {}}));
    EXPECT_EQ(s.look(), "");
    EXPECT_EQ(s.status("a"), step_status::waiting);
    EXPECT_GE(s.run.next_timer(), s.now + wait);
    EXPECT_LE(s.run.next_timer(), s.now + wait * 6 / 5);
    s.next_timer();
    EXPECT_EQ(s.look(), "call a");
  }
  s.fail("a", reason::crash);
  EXPECT_EQ(s.look(), "finish");
  EXPECT_EQ(s.run.result()->failed.why, reason::crash);
  EXPECT_EQ(s.state("a").attempt, 4u);
}

TEST(plan_run_failure, what_nobody_can_take_is_tried_again_and_then_says_so) {
  stage s{call("a")};
  s.start();
  auto r = std::make_shared<route>();
  r->skill = "skill.a";
  r->because = "tier gold";
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(s.feed(event_kind::unroutable, "a", route_ptr{r}));
    EXPECT_EQ(s.status("a"), step_status::waiting);
    s.next_timer();
  }
  EXPECT_TRUE(s.feed(event_kind::unroutable, "a", route_ptr{r}));
  ASSERT_TRUE(s.run.ended());
  EXPECT_EQ(s.run.result()->failed.why, reason::unavailable);
  EXPECT_EQ(s.run.result()->failed.detail, "nobody could take skill.a (tier gold)");
}

TEST(plan_run_failure, what_may_have_acted_is_not_repeated) {
  stage s{call("a")};
  s.start();
  s.assign("a", "x", false);
  s.feed(event_kind::step_failed, "a",
         std::make_shared<const failure>(failure{reason::crash, "", {}}));
  EXPECT_TRUE(s.run.ended());
}

TEST(plan_run_failure, the_ladder_leads_over_agents_and_skills_to_a_person) {
  stage s{with_fallback(call("a"), {"skill:other", "agent:support/general", "human:desk"})};
  s.start();
  EXPECT_EQ(s.run.target_of(0).skill, "skill.a");
  s.fail("a");
  EXPECT_EQ(s.run.target_of(0).skill, "other");
  s.fail("a");
  EXPECT_EQ(s.run.target_of(0).agent, "support/general");
  s.fail("a");
  EXPECT_EQ(s.run.target_of(0).op, plan_op::human);
  EXPECT_EQ(s.run.target_of(0).queue, "desk");
  EXPECT_EQ(s.look(), "call a, call a, call a, ask a");
  EXPECT_FALSE(s.assign("a"));
  EXPECT_TRUE(s.feed(event_kind::asked, "a"));
  EXPECT_TRUE(s.run.waits_for_human());
  EXPECT_TRUE(s.feed(event_kind::answered, "a", std::make_shared<const outcome>(said("by hand"))));
  EXPECT_EQ(s.run.result()->text, "by hand");
}

TEST(plan_run_failure, a_person_at_the_end_of_a_ladder_gets_a_persons_time) {
  auto quick = with_fallback(call("a"), {"human:desk"});
  quick.timeout = milliseconds{500};
  stage s{std::move(quick)};
  s.start();
  s.fail("a");
  s.feed(event_kind::asked, "a");
  EXPECT_EQ(s.run.next_timer(), at_ms(0) + plan_run::human_timeout);
}

TEST(plan_run_failure, each_rung_has_its_own_retries) {
  stage s{with_fallback(call("a"), {"skill:other"})};
  s.start();
  for (int rung = 0; rung < 2; ++rung) {
    for (int i = 0; i < 4; ++i) {
      s.fail("a", reason::crash);
      if (s.status("a") == step_status::waiting)
        s.next_timer();
    }
  }
  EXPECT_TRUE(s.run.ended());
  EXPECT_EQ(s.state("a").attempt, 8u);
}

TEST(plan_run_failure, what_a_failed_step_has_said_is_kept) {
  stage s{call("a")};
  s.start();
  s.assign("a");
  auto x = said("I am not sure");
  x.failed = {reason::low_confidence, "0.2 is below 0.5", {}};
  s.complete("a", x);
  ASSERT_TRUE(s.run.ended());
  EXPECT_EQ(s.run.result()->text, "I am not sure");
  EXPECT_EQ(s.run.result()->failed.why, reason::low_confidence);
}

TEST(plan_run_failure, a_failure_without_a_reason_is_a_failure_all_the_same) {
  stage s{call("a")};
  s.start();
  s.assign("a", "x", false);
  s.feed(event_kind::step_failed, "a", std::make_shared<const failure>());
  ASSERT_TRUE(s.run.ended());
  EXPECT_EQ(s.run.result()->failed.why, reason::crash);
}

TEST(plan_run_failure, an_attempt_that_takes_too_long_is_stopped_as_hung_and_repeated) {
  auto quick = call("a");
  quick.timeout = milliseconds{500};
  stage s{quick};
  s.start();
  s.look();
  s.assign("a");
  EXPECT_EQ(s.run.next_timer(), at_ms(500));
  s.next_timer();
  EXPECT_EQ(s.look(), "stop a (hung)");
  EXPECT_EQ(s.status("a"), step_status::waiting);
  EXPECT_FALSE(s.complete("a", said("late")));
  s.next_timer();
  EXPECT_EQ(s.look(), "call a");
  // Too late for the first attempt is too late, although the second one is running.
  s.assign("a");
  event late;
  late.kind = event_kind::step_completed;
  late.step = 0;
  late.attempt = 1;
  late.body = std::make_shared<const outcome>(said("late"));
  EXPECT_FALSE(s.feed(late));
  s.succeed("a");
  EXPECT_TRUE(s.run.ended());
}

TEST(plan_run_failure, no_retry_is_planned_past_the_deadline) {
  stage s{call("a"), milliseconds{900}};
  s.start();
  s.assign("a");
  s.fail("a", reason::timeout);
  EXPECT_TRUE(s.run.ended());
}

TEST(plan_run_failure, a_groups_time_ends_all_of_it) {
  auto par = group(parallel, "par", {call("a"), call("b"), call("c")});
  par.timeout = milliseconds{2000};
  stage s{group(sequence, "seq", {std::move(par), call("after")})};
  s.start();
  s.succeed("a");
  s.assign("b");
  s.look();
  EXPECT_EQ(s.run.next_timer(), at_ms(2000));
  s.next_timer();
  // What has arrived is handed on; what runs, and what is on its way, is stopped.
  EXPECT_EQ(s.look(), "stop b, stop c, call after");
  EXPECT_EQ(s.status("par"), step_status::done);
  EXPECT_TRUE(s.state("par").result->partial);
  EXPECT_EQ(s.state("b").result->failed.why, reason::timeout);
  s.succeed("after");
  EXPECT_TRUE(s.run.result()->ok());
}

TEST(plan_run_failure, groups_that_need_all_their_parts_fail_when_their_time_is_up) {
  for (auto op : {sequence, race, quorum}) {
    auto g = group(op, "g", {call("a"), call("b"), call("c")}, op == quorum ? 2 : 0);
    g.timeout = milliseconds{2000};
    stage s{std::move(g)};
    s.start();
    if (op != race)
      s.succeed("a");
    s.next_timer();
    ASSERT_TRUE(s.run.ended());
    EXPECT_EQ(s.run.result()->failed.why, reason::timeout);
    EXPECT_EQ(s.run.result()->text, op == race ? "" : "a");
  }
}

TEST(plan_run_failure, the_tasks_deadline_gives_what_there_is) {
  stage s{group(parallel, "par",
                {call("a"), call("b"), group(sequence, "seq", {call("c"), call("d")})}),
          milliseconds{5000}};
  s.start();
  s.succeed("a");
  s.succeed("c");
  s.assign("d");
  s.look();
  s.next_timer();
  EXPECT_EQ(s.now, at_ms(5000));
  EXPECT_EQ(s.look(), "stop b, stop d, finish");
  const auto& x = *s.run.result();
  EXPECT_TRUE(x.ok());
  EXPECT_TRUE(x.partial);
  EXPECT_EQ(x.text, "a");
  ASSERT_EQ(x.data["missing"].size(), 2u);
  EXPECT_EQ(x.data["missing"][1]["step"], "seq");
  EXPECT_EQ(x.data["missing"][1]["reason"], "timeout");
}

TEST(plan_run_failure, a_sequence_that_ends_with_a_part_of_a_fan_out_has_succeeded_in_part) {
  stage s{group(sequence, "seq", {call("a"), group(parallel, "par", {call("b"), call("c")})})};
  s.start();
  s.succeed("a");
  s.succeed("b");
  s.next_timer();
  EXPECT_TRUE(s.run.result()->ok());
  EXPECT_TRUE(s.run.result()->partial);
  EXPECT_EQ(s.run.result()->text, "a\n\nb");
}

TEST(plan_run_failure, nothing_at_the_deadline_is_a_timeout) {
  stage s{group(parallel, "par", {call("a"), call("b")}), milliseconds{5000}};
  s.start();
  s.fail("a");
  s.next_timer();
  EXPECT_EQ(s.run.result()->failed, (failure{reason::timeout, "the task's deadline passed", {}}));
}

TEST(plan_run_failure, a_cancelled_task_has_not_succeeded_whatever_it_has) {
  stage s{group(parallel, "par", {call("a"), call("b"), call("c")}), milliseconds{5000}, 2};
  s.start();
  s.succeed("a");
  s.assign("b");
  s.look();
  s.cancel();
  EXPECT_EQ(s.look(), "stop b, stop c, finish");
  EXPECT_EQ(s.run.result()->failed.why, reason::cancelled);
  EXPECT_EQ(s.run.result()->text, "a");
  EXPECT_FALSE(s.run.result()->partial);
}

TEST(plan_run_failure, a_task_can_be_cancelled_before_it_starts) {
  stage s{group(sequence, "seq", {call("a"), call("b")})};
  EXPECT_TRUE(s.cancel());
  s.start();
  EXPECT_EQ(s.look(), "finish");
  EXPECT_EQ(s.run.result()->failed.why, reason::cancelled);
}

TEST(plan_run_failure, waiting_for_a_retry_when_the_group_ends_leaves_nothing_behind) {
  stage s{group(race, "r", {call("a"), call("b")}), milliseconds{60000}, 2};
  s.start();
  s.look();
  s.fail("a", reason::timeout);
  EXPECT_EQ(s.status("a"), step_status::waiting);
  s.succeed("b");
  EXPECT_EQ(s.look(), "finish");
  EXPECT_EQ(s.state("a").due, no_deadline);
}

} // namespace plan_run_failure_cases
} // namespace troupe
