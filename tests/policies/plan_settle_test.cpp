// What is done about an attempt that failed although its agent may have acted outside.
#include "policies/failure_table.hpp"
#include "tests/policies/plan_stage.hpp"

#include <gtest/gtest.h>

namespace troupe {
namespace plan_settle_cases {

using namespace testing;

plan_ptr with_people(plan_node root, std::string queue = "people") {
  auto p = std::make_shared<plan>(*plan::of(std::move(root)));
  p->human_queue = std::move(queue);
  p->retry.max_retries = 2;
  p->retry.random_factor = 0;
  return p;
}

plan_node ladder(std::vector<std::string> rungs) {
  auto n = call("a");
  n.fallback = std::move(rungs);
  return n;
}

bool assign_as(stage& s, effects does, const std::string& agent = "d/x#2") {
  auto r = std::make_shared<route>();
  r->agent = agent;
  r->does = does;
  r->repeatable = does != effects::unsafe;
  return s.feed(event_kind::assigned, "a", route_ptr{std::move(r)});
}

void fail_as(stage& s, effects does, reason why) {
  assign_as(s, does);
  s.feed(event_kind::step_failed, "a", std::make_shared<const failure>(failure{why, "gone", {}}));
}

bool reconcile(stage& s, outcome x) {
  return s.feed(event_kind::reconciled, "a", std::make_shared<const outcome>(std::move(x)));
}

bool answer(stage& s, outcome x) {
  s.feed(event_kind::asked, "a");
  return s.feed(event_kind::answered, "a", std::make_shared<const outcome>(std::move(x)));
}

outcome denied() {
  return outcome::of({reason::policy_denied, "no", {}});
}

TEST(plan_settle, every_reason_for_every_kind_of_effects) {
  using enum effects;
  for (auto does : {none, idempotent, queryable, unsafe})
    for (std::size_t i = 1; i < enum_names<reason>::value.size(); ++i) {
      const auto why = static_cast<reason>(i);
      SCOPED_TRACE(std::string{to_string(does)} + ", " + std::string{to_string(why)});
      stage s{with_people(ladder({"agent:y"}))};
      s.start();
      fail_as(s, does, why);
      const bool doubtful = default_line(why).may_have_acted && does != none;
      EXPECT_EQ(s.state("a").querying, doubtful && does == queryable);
      EXPECT_EQ(s.state("a").by_hand, doubtful && does == unsafe);
      EXPECT_EQ(s.state("a").unsettled != nullptr, doubtful);
      EXPECT_EQ(difference(s.run, s.replayed()), "");
    }
}

TEST(plan_settle, the_agent_itself_is_asked_and_says_that_it_happened) {
  stage s{with_people(ladder({"agent:y"}))};
  s.start();
  fail_as(s, effects::queryable, reason::timeout);
  EXPECT_EQ(s.look(), "call a, call a");
  EXPECT_EQ(s.run.target_of(0).agent, "d/x") << "any of its replicas knows";
  EXPECT_EQ(s.state("a").attempt, 2u);
  assign_as(s, effects::queryable, "d/x#1");
  EXPECT_TRUE(reconcile(s, said("it has happened")));
  EXPECT_EQ(s.look(), "stop a, finish");
  EXPECT_EQ(s.run.result()->text, "it has happened");
  EXPECT_EQ(difference(s.run, s.replayed()), "");
}

TEST(plan_settle, what_has_not_happened_is_treated_by_the_table) {
  stage s{with_people(ladder({}))};
  s.start();
  fail_as(s, effects::queryable, reason::crash);
  assign_as(s, effects::queryable);
  s.look();
  EXPECT_TRUE(reconcile(s, outcome::of({reason::crash, "it has not", {}})));
  EXPECT_EQ(s.look(), "call a");
  EXPECT_FALSE(s.state("a").querying);
  EXPECT_EQ(s.state("a").unsettled, nullptr);
  EXPECT_EQ(s.run.target_of(0).agent, "") << "anybody may try again";
  s.succeed("a");
  EXPECT_TRUE(s.run.ended());
}

TEST(plan_settle, nodes_that_end_do_not_use_up_the_tries_of_a_step) {
  const auto node_gone = [](stage& s) {
    assign_as(s, effects::queryable);
    return s.feed(event_kind::interrupted, "a",
                  std::make_shared<const failure>(failure{reason::crash, "the node ended", {}}));
  };
  for (auto times : {plan_run::most_interruptions - 1, plan_run::most_interruptions + 4}) {
    stage s{with_people(ladder({}), "")};
    s.start();
    for (std::uint32_t i = 0; i < times && !s.run.ended(); ++i) {
      ASSERT_TRUE(node_gone(s));
      if (i == 1) {
        ASSERT_TRUE(node_gone(s)) << "while it was asked what it had done";
      }
      ASSERT_TRUE(s.state("a").querying);
      assign_as(s, effects::queryable);
      ASSERT_TRUE(reconcile(s, outcome::of({reason::crash, "it has not", {}})));
      if (s.status("a") == step_status::waiting)
        s.next_timer();
    }
    // One that ends every node which takes it up is treated as any other that fails.
    EXPECT_EQ(s.run.ended(), times > plan_run::most_interruptions);
    EXPECT_EQ(difference(s.run, s.replayed()), "");
  }
}

TEST(plan_settle, an_agent_that_does_not_say_is_asked_again_and_then_a_person) {
  for (const bool happened : {true, false}) {
    stage s{with_people(ladder({"agent:y"}))};
    s.start();
    fail_as(s, effects::queryable, reason::crash);
    for (int i = 0; i < 2; ++i) {
      fail_as(s, effects::queryable, reason::unavailable);
      EXPECT_EQ(s.status("a"), step_status::waiting);
      s.next_timer();
    }
    s.feed(event_kind::unroutable, "a", route_ptr{std::make_shared<route>()});
    EXPECT_TRUE(s.look().ends_with("ask a"));
    EXPECT_EQ(s.run.target_of(0).queue, "people");
    EXPECT_EQ(difference(s.run, s.replayed()), "");
    EXPECT_TRUE(answer(s, happened ? said("it is in the books") : denied()));
    EXPECT_EQ(s.look(), happened ? "finish" : "call a");
  }
}

TEST(plan_settle, nobody_acts_while_a_person_is_silent) {
  stage s{with_people(ladder({"agent:y", "skill:z"}))};
  s.start();
  fail_as(s, effects::unsafe, reason::invalid_output);
  EXPECT_EQ(s.look(), "call a, ask a");
  s.feed(event_kind::asked, "a");
  s.next_timer();
  EXPECT_EQ(s.look(), "stop a, finish");
  EXPECT_FALSE(s.run.result()->ok());
}

TEST(plan_settle, without_a_queue_the_person_of_the_ladder_says_what_happened) {
  stage s{with_people(ladder({"agent:y", "human:desk"}), "")};
  s.start();
  fail_as(s, effects::unsafe, reason::crash);
  EXPECT_EQ(s.run.target_of(0).queue, "desk");
  s.look();
  EXPECT_TRUE(answer(s, denied()));
  EXPECT_EQ(s.look(), "call a") << "the rungs before the person are still there";
  EXPECT_EQ(s.state("a").rung, 0u);
}

TEST(plan_settle, without_anybody_to_ask_the_step_fails_and_says_why) {
  for (auto does : {effects::queryable, effects::unsafe}) {
    stage s{with_people(ladder({"agent:y"}), "")};
    s.start();
    fail_as(s, does, reason::crash);
    for (int i = 0; i < 3 && !s.run.ended(); ++i) {
      fail_as(s, does, reason::unavailable);
      if (!s.run.ended())
        s.next_timer();
    }
    ASSERT_TRUE(s.run.ended());
    EXPECT_EQ(s.run.result()->failed.why, reason::crash);
    EXPECT_NE(s.run.result()->failed.detail.find("nobody"), std::string::npos);
  }
}

TEST(plan_settle, another_skill_is_not_protected_by_the_key) {
  stage s{with_people(ladder({"skill:other"}))};
  s.start();
  fail_as(s, effects::idempotent, reason::crash);
  fail_as(s, effects::idempotent, reason::crash);
  s.next_timer();
  fail_as(s, effects::idempotent, reason::unavailable);
  EXPECT_TRUE(s.look().ends_with("ask a")) << "an attempt before the last one may have acted";
  EXPECT_TRUE(answer(s, said("it had happened")));
  EXPECT_TRUE(s.run.ended());
}

TEST(plan_settle, a_late_answer_ends_the_doubt_at_any_point) {
  for (int point = 0; point < 4; ++point) {
    SCOPED_TRACE(point);
    stage s{with_people(ladder({}))};
    s.start();
    fail_as(s,
            point == 3   ? effects::unsafe
            : point == 2 ? effects::queryable
                         : effects::idempotent,
            point == 0 ? reason::timeout : reason::crash);
    if (point == 1 || point == 2)
      assign_as(s, effects::idempotent);
    if (point == 3)
      s.feed(event_kind::asked, "a");
    s.look();
    EXPECT_TRUE(reconcile(s, said("late")));
    EXPECT_EQ(s.look(), point == 0 ? "finish" : "stop a, finish");
    EXPECT_EQ(s.run.result()->text, "late");
    EXPECT_FALSE(s.run.waits_for_human());
    EXPECT_EQ(difference(s.run, s.replayed()), "");
    EXPECT_FALSE(reconcile(s, said("later still")));
  }
}

bool refuse(stage& s, reason why) {
  auto x = said("it has happened");
  x.failed = {why, "not so", {}};
  return s.complete("a", std::move(x));
}

TEST(plan_settle, what_has_happened_is_not_done_again_because_the_word_of_it_was_refused) {
  using enum effects;
  for (auto does : {queryable, unsafe})
    for (auto why : {reason::invalid_output, reason::low_confidence, reason::contradiction})
      for (bool asked_first : {false, true}) {
        SCOPED_TRACE(std::string{to_string(does)} + ", " + std::string{to_string(why)});
        stage s{with_people(ladder({"agent:y", "human:desk", "agent:z"}))};
        s.start();
        if (asked_first && does == queryable) {
          fail_as(s, does, reason::timeout);
          ASSERT_TRUE(s.state("a").querying);
        }
        assign_as(s, does);
        s.look();
        ASSERT_TRUE(refuse(s, why));
        EXPECT_TRUE(s.state("a").by_hand);
        EXPECT_FALSE(s.state("a").querying);
        EXPECT_EQ(s.state("a").unsettled, nullptr) << "nobody is asked whether it has happened";
        ASSERT_TRUE(answer(s, denied()));
        EXPECT_TRUE(s.run.ended());
        EXPECT_EQ(s.run.result()->failed.why, reason::policy_denied);
        EXPECT_EQ(difference(s.run, s.replayed()), "");
      }
}

TEST(plan_settle, without_people_a_refused_word_ends_the_step_and_says_why) {
  stage s{with_people(ladder({"agent:y"}), "")};
  s.start();
  assign_as(s, effects::unsafe);
  ASSERT_TRUE(refuse(s, reason::contradiction));
  ASSERT_TRUE(s.run.ended());
  EXPECT_EQ(s.run.result()->failed.detail,
            "not so; d/x#2 has acted and must not act twice, and there is nobody to ask");
}

TEST(plan_settle, who_takes_keys_may_say_it_anew) {
  stage s{with_people(ladder({"agent:y"}))};
  s.start();
  assign_as(s, effects::idempotent);
  ASSERT_TRUE(refuse(s, reason::invalid_output));
  EXPECT_EQ(s.look(), "call a, call a");
  fail_as(s, effects::idempotent, reason::timeout);
  ASSERT_EQ(s.status("a"), step_status::waiting);
  ASSERT_TRUE(refuse(s, reason::contradiction)) << "late, and yet it is known";
  EXPECT_EQ(s.look(), "call a");
  EXPECT_EQ(s.run.target_of(0).agent, "y");
  EXPECT_TRUE(s.succeed("a"));
  EXPECT_TRUE(s.run.ended());
  EXPECT_EQ(difference(s.run, s.replayed()), "");
}

TEST(plan_settle, a_step_that_nobody_doubts_takes_no_word_of_failure) {
  stage s{with_people(ladder({}))};
  s.start();
  assign_as(s, effects::idempotent);
  EXPECT_FALSE(reconcile(s, outcome::of({reason::crash, "it has not", {}})));
  EXPECT_EQ(s.status("a"), step_status::running);
}

/// What an act in doubt has come to when a person has denied it: what is asked for next.
std::string after_denial(stage& s, reason why) {
  fail_as(s, effects::unsafe, why);
  s.look();
  EXPECT_TRUE(answer(s, denied()));
  EXPECT_EQ(difference(s.run, s.replayed()), "");
  return s.look();
}

TEST(plan_settle, a_denial_lets_it_be_tried_again_whatever_the_doubt_came_from) {
  for (auto why : {reason::crash, reason::timeout, reason::invalid_output, reason::low_confidence,
                   reason::contradiction, reason::budget_exhausted}) {
    SCOPED_TRACE(to_string(why));
    stage s{with_people(ladder({}))};
    s.start();
    fail_as(s, effects::unsafe, why);
    EXPECT_EQ(s.run.if_denied(0), plan_run::denial::again);
    s.look();
    ASSERT_TRUE(answer(s, denied()));
    EXPECT_EQ(s.look(), "call a") << "at once";
    EXPECT_FALSE(s.state("a").by_hand);
    EXPECT_TRUE(s.succeed("a"));
    EXPECT_TRUE(s.run.result()->ok());
    EXPECT_EQ(difference(s.run, s.replayed()), "");
  }
}

TEST(plan_settle, denials_use_up_the_retries_and_the_last_one_is_said_to_be_the_last) {
  for (auto why : {reason::crash, reason::low_confidence}) {
    SCOPED_TRACE(to_string(why));
    stage s{with_people(ladder({}))};
    s.start();
    EXPECT_EQ(after_denial(s, why), "call a");
    EXPECT_EQ(after_denial(s, why), "call a");
    fail_as(s, effects::unsafe, why);
    EXPECT_EQ(s.run.if_denied(0), plan_run::denial::fails);
    s.look();
    ASSERT_TRUE(answer(s, denied()));
    EXPECT_EQ(s.look(), "finish");
    EXPECT_EQ(s.run.result()->failed.why, why);
  }
}

TEST(plan_settle, what_a_denial_leads_to_is_what_was_said_of_it) {
  using enum plan_run::denial;
  struct line {
    const char* what;
    reason why;
    remedy then;
    std::vector<std::string> rungs;
    std::uint32_t retries;
    std::uint32_t max_failed_agents;
    plan_run::denial said;
    const char* next;
  };
  const line lines[] = {
      {"another rung",
       reason::low_confidence,
       remedy::fall_back,
       {"agent:y"},
       2,
       0,
       otherwise,
       "call a"},
      {"nothing is repeated", reason::crash, remedy::retry, {}, 0, 0, fails, "finish"},
      {"nothing is repeated", reason::low_confidence, remedy::fall_back, {}, 0, 0, fails, "finish"},
      {"nothing is repeated, another rung",
       reason::crash,
       remedy::retry,
       {"agent:y"},
       0,
       0,
       otherwise,
       "call a"},
      {"people do it", reason::crash, remedy::ask_human, {}, 2, 0, otherwise, "ask a"},
      {"too many have failed", reason::crash, remedy::retry, {}, 2, 1, otherwise, "ask a"},
      {"a wait", reason::timeout, remedy::back_off, {}, 2, 0, again, "call a"},
  };
  for (const auto& x : lines) {
    SCOPED_TRACE(std::string{x.what} + ", " + std::string{to_string(x.why)});
    auto p = std::make_shared<plan>(*with_people(ladder(x.rungs)));
    p->on_failure[x.why] = failure_rule{x.then, std::nullopt, sanction::none};
    p->retry.max_retries = x.retries;
    p->max_failed_agents = x.max_failed_agents;
    stage s{std::move(p)};
    s.start();
    fail_as(s, effects::unsafe, x.why);
    EXPECT_EQ(s.run.if_denied(0), x.said);
    s.look();
    ASSERT_TRUE(answer(s, denied()));
    EXPECT_EQ(s.look(), x.next);
    EXPECT_EQ(difference(s.run, s.replayed()), "");
  }
}

TEST(plan_settle, the_person_at_the_end_of_the_ladder_is_promised_nothing) {
  stage s{with_people(ladder({"human:desk"}), "")};
  s.start();
  for (int i = 0; i < 3; ++i) {
    fail_as(s, effects::idempotent, reason::crash);
    if (s.status("a") == step_status::waiting)
      s.next_timer();
  }
  ASSERT_EQ(s.run.target_of(0).queue, "desk");
  ASSERT_NE(s.state("a").unsettled, nullptr);
  EXPECT_EQ(s.run.if_denied(0), plan_run::denial::fails);
  s.look();
  ASSERT_TRUE(answer(s, denied()));
  EXPECT_EQ(s.look(), "finish");
}

} // namespace plan_settle_cases
} // namespace troupe
