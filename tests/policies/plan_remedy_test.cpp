// What the interpreter makes of the failure table: people, the same agent again, too many agents.
#include "tests/policies/plan_stage.hpp"

#include <gtest/gtest.h>

namespace troupe {
namespace plan_remedy_cases {

using namespace testing;

/// A plan that a domain has given its own failure table.
plan_ptr treated(plan_node root, failure_rules rules, std::string queue = "people",
                 std::uint32_t max_failed_agents = 0) {
  auto p = std::make_shared<plan>(*plan::of(std::move(root)));
  p->on_failure = std::move(rules);
  p->human_queue = std::move(queue);
  p->max_failed_agents = max_failed_agents;
  return p;
}

plan_node with_fallback(plan_node n, std::vector<std::string> rungs) {
  n.fallback = std::move(rungs);
  return n;
}

failure_rules rule(reason why, remedy then) {
  return {{why, {then, std::nullopt, sanction::none}}};
}

bool answer(stage& s, const std::string& name, outcome x) {
  s.feed(event_kind::asked, name);
  return s.feed(event_kind::answered, name, std::make_shared<const outcome>(std::move(x)));
}

TEST(plan_remedy, a_person_is_asked_and_the_answer_completes_the_step) {
  stage s{treated(
      group(plan_op::sequence, "seq", {with_fallback(call("a"), {"skill:other"}), call("b")}),
      rule(reason::low_confidence, remedy::ask_human))};
  s.start();
  s.fail("a", reason::low_confidence);
  EXPECT_EQ(s.look(), "call a, ask a");
  EXPECT_EQ(s.run.target_of(1).op, plan_op::human);
  EXPECT_EQ(s.run.target_of(1).queue, "people");
  EXPECT_EQ(s.state("a").asked_because, "low_confidence: because");
  EXPECT_FALSE(s.assign("a"));
  ASSERT_TRUE(answer(s, "a", said("by hand")));
  EXPECT_EQ(s.look(), "call b");
  EXPECT_EQ(s.state("a").result->text, "by hand");
  EXPECT_EQ(difference(s.run, s.replayed()), "");
}

TEST(plan_remedy, the_person_gets_a_persons_time_and_the_task_waits) {
  auto quick = call("a");
  quick.timeout = milliseconds{500};
  stage s{treated(std::move(quick), rule(reason::crash, remedy::ask_human)), milliseconds{1000}};
  s.start();
  s.fail("a", reason::crash);
  s.feed(event_kind::asked, "a");
  EXPECT_TRUE(s.run.waits_for_human());
  EXPECT_EQ(s.run.next_timer(), at_ms(0) + plan_run::human_timeout);
}

TEST(plan_remedy, what_the_person_says_is_final) {
  for (const bool silent : {false, true}) {
    stage s{
        treated(with_fallback(call("a"), {"skill:other"}), rule(reason::crash, remedy::ask_human))};
    s.start();
    s.fail("a", reason::crash);
    s.feed(event_kind::asked, "a");
    if (silent) {
      s.next_timer();
    } else {
      auto no = said("no");
      no.failed = {reason::policy_denied, "not this", {}};
      s.feed(event_kind::answered, "a", std::make_shared<const outcome>(no));
    }
    ASSERT_TRUE(s.run.ended());
    EXPECT_EQ(s.run.result()->failed.why, silent ? reason::timeout : reason::policy_denied);
  }
}

TEST(plan_remedy, without_a_queue_the_ladders_person_is_asked_and_without_one_the_next_rung) {
  stage s{treated(with_fallback(call("a"), {"skill:other", "human:desk"}),
                  rule(reason::crash, remedy::ask_human), "")};
  s.start();
  s.fail("a", reason::crash);
  EXPECT_EQ(s.run.target_of(0).queue, "desk");
  stage t{treated(with_fallback(call("a"), {"skill:other"}), rule(reason::crash, remedy::ask_human),
                  "")};
  t.start();
  t.fail("a", reason::crash);
  EXPECT_EQ(t.run.target_of(0).skill, "other");
  stage u{treated(call("a"), rule(reason::crash, remedy::ask_human), "")};
  u.start();
  u.fail("a", reason::crash);
  ASSERT_TRUE(u.run.ended());
  EXPECT_EQ(u.run.result()->failed.why, reason::crash);
}

TEST(plan_remedy, what_may_have_acted_goes_to_a_person_and_to_nobody_else) {
  for (auto why : {reason::crash, reason::timeout, reason::invalid_output}) {
    stage s{treated(with_fallback(call("a"), {"agent:d/other"}), {})};
    s.start();
    s.assign("a", "d/payer", false);
    s.fail("a", why);
    EXPECT_EQ(s.look(), "call a, ask a") << to_string(why);
    EXPECT_EQ(s.state("a").asked_because,
              std::string{to_string(why)} + ": because; d/payer may have acted already");
    ASSERT_TRUE(answer(s, "a", said("it had been paid")));
    EXPECT_EQ(s.run.result()->text, "it had been paid");

    stage t{treated(with_fallback(call("a"), {"agent:d/other"}), {}, "")};
    t.start();
    t.assign("a", "d/payer", false);
    t.fail("a", why);
    ASSERT_TRUE(t.run.ended()) << to_string(why);
    EXPECT_EQ(t.run.result()->failed.why, why);
    EXPECT_NE(t.run.result()->failed.detail.find("must not act twice"), std::string::npos);
    EXPECT_EQ(t.look(), "call a, finish");
  }
}

TEST(plan_remedy, what_was_refused_before_it_began_may_be_tried_elsewhere_by_an_unsafe_agent) {
  stage s{treated(call("a"), {})};
  s.start();
  s.assign("a", "d/payer", false);
  s.fail("a", reason::unavailable);
  EXPECT_EQ(s.status("a"), step_status::waiting);
}

TEST(plan_remedy, an_unsafe_agents_late_answer_is_asked_about_when_its_time_is_up) {
  auto quick = call("a");
  quick.timeout = milliseconds{500};
  stage s{treated(std::move(quick), {})};
  s.start();
  s.assign("a", "d/payer", false);
  s.look();
  s.next_timer();
  EXPECT_EQ(s.look(), "stop a (hung), ask a");
}

TEST(plan_remedy, the_same_agent_again_means_only_that_one) {
  stage s{treated(call("a"), rule(reason::low_confidence, remedy::retry_here))};
  s.start();
  s.assign("a", "d/one");
  s.fail("a", reason::low_confidence);
  EXPECT_EQ(s.status("a"), step_status::waiting);
  s.next_timer();
  EXPECT_EQ(s.run.target_of(0).agent, "d/one");
  EXPECT_EQ(s.run.target_of(0).skill, "skill.a");
  EXPECT_TRUE(s.state("a").tried.empty());
  // When it cannot take it any more, anybody else may.
  s.feed(event_kind::unroutable, "a", route_ptr{std::make_shared<route>()});
  s.next_timer();
  EXPECT_EQ(s.run.target_of(0).agent, "");
  EXPECT_EQ(difference(s.run, s.replayed()), "");
}

TEST(plan_remedy, giving_up_leaves_the_ladder_alone) {
  stage s{treated(with_fallback(call("a"), {"skill:other"}),
                  rule(reason::invalid_input, remedy::give_up))};
  s.start();
  s.fail("a", reason::invalid_input);
  ASSERT_TRUE(s.run.ended());
  EXPECT_EQ(s.run.result()->failed.why, reason::invalid_input);
}

TEST(plan_remedy, after_so_many_failed_agents_a_person_is_asked) {
  stage s{treated(
      group(plan_op::sequence, "seq", {call("a"), with_fallback(call("b"), {"skill:other"})}), {},
      "people", 3)};
  s.start();
  s.assign("a", "d/one#1");
  s.fail("a", reason::crash);
  s.assign("a", "d/one#2"); // The same agent's other replica.
  s.fail("a", reason::crash);
  s.next_timer();
  s.assign("a", "d/two");
  s.fail("a", reason::rate_limited); // Only busy.
  s.next_timer();
  s.assign("a", "d/three");
  s.succeed("a");
  s.assign("b", "d/two");
  s.fail("b", reason::low_confidence);
  s.look();
  s.assign("b", "d/four");
  s.fail("b", reason::low_confidence);
  EXPECT_EQ(s.look(), "ask b");
  ASSERT_TRUE(answer(s, "b", said("done by hand")));
  EXPECT_TRUE(s.run.result()->ok());
  EXPECT_EQ(difference(s.run, s.replayed()), "");
}

TEST(plan_remedy, a_cancelled_task_asks_nobody) {
  stage s{treated(call("a"), {}, "people", 1)};
  s.start();
  s.assign("a", "d/one");
  s.fail("a", reason::cancelled);
  ASSERT_TRUE(s.run.ended());
  EXPECT_EQ(s.run.result()->failed.why, reason::cancelled);
}

} // namespace plan_remedy_cases
} // namespace troupe
