// What is done about a sub-task that has failed, by what it has done outside.
#include "tests/policies/plan_stage.hpp"

#include <gtest/gtest.h>

namespace troupe {
namespace plan_sub_task_cases {

using namespace testing;

plan_ptr delegating(std::vector<std::string> rungs, std::string queue) {
  auto root = domain("a");
  root.fallback = std::move(rungs);
  root.timeout = milliseconds{5000};
  auto p = std::make_shared<plan>(*plan::of(std::move(root)));
  p->human_queue = std::move(queue);
  p->retry.max_retries = 2;
  p->retry.random_factor = 0;
  return p;
}

outcome_ptr failed_with(reason why, deeds acted) {
  auto x = outcome::of({why, "because", {}});
  x.acted = acted;
  return std::make_shared<const outcome>(std::move(x));
}

/// The sub-task begins, and ends so.
void end_as(stage& s, reason why, deeds acted) {
  s.start();
  s.feed(event_kind::delegated, "a");
  s.look();
  ASSERT_TRUE(s.feed(event_kind::step_completed, "a", failed_with(why, acted)));
}

bool answer(stage& s, outcome x) {
  s.feed(event_kind::asked, "a");
  return s.feed(event_kind::answered, "a", std::make_shared<const outcome>(std::move(x)));
}

outcome denied() {
  return outcome::of({reason::policy_denied, "no", {}});
}

TEST(plan_sub_task, every_reason_for_every_deed) {
  for (auto acted : {deeds::none, deeds::possible, deeds::done})
    for (std::size_t i = 1; i < enum_names<reason>::value.size(); ++i) {
      const auto why = static_cast<reason>(i);
      SCOPED_TRACE(std::string{to_string(acted)} + ", " + std::string{to_string(why)});
      for (const auto* rung : {"agent:b", "skill:b"}) {
        stage s{delegating({rung}, "people")};
        end_as(s, why, acted);
        if (why == reason::cancelled)
          EXPECT_EQ(s.look(), "finish") << "nobody goes on with what was given up";
        else
          EXPECT_EQ(s.look(), acted == deeds::none ? "call a" : "ask a");
        EXPECT_EQ(s.state("a").unsettled != nullptr, acted == deeds::possible);
        EXPECT_EQ(s.state("a").acted != nullptr, acted == deeds::done);
        EXPECT_EQ(difference(s.run, s.replayed()), "");
      }
    }
}

TEST(plan_sub_task, that_has_acted_is_left_to_a_person_alone) {
  for (const bool answered : {true, false}) {
    stage s{delegating({"agent:b", "human:desk", "agent:c"}, "people")};
    end_as(s, reason::policy_denied, deeds::done);
    EXPECT_EQ(s.run.target_of(0).queue, "people");
    EXPECT_NE(s.state("a").asked_because.find("sales has acted already"), std::string::npos);
    s.look();
    ASSERT_TRUE(answer(s, answered ? said("the rest is done by hand") : denied()));
    EXPECT_EQ(s.look(), "finish");
    EXPECT_EQ(s.run.result()->ok(), answered);
    EXPECT_EQ(difference(s.run, s.replayed()), "");
  }
}

TEST(plan_sub_task, that_may_have_acted_is_done_in_another_way_when_a_person_denies_it) {
  for (const auto why : {reason::policy_denied, reason::timeout, reason::unavailable}) {
    SCOPED_TRACE(to_string(why));
    stage s{delegating({"agent:b"}, "people")};
    end_as(s, why, deeds::possible);
    s.look();
    ASSERT_TRUE(answer(s, denied()));
    EXPECT_EQ(s.look(), "call a") << "it is not asked for again: it would end the same way";
    EXPECT_EQ(s.run.target_of(0).agent, "b");
    EXPECT_EQ(difference(s.run, s.replayed()), "");
    EXPECT_TRUE(s.succeed("a"));
    EXPECT_TRUE(s.run.ended());
  }
  stage s{delegating({"agent:b"}, "people")};
  end_as(s, reason::timeout, deeds::possible);
  s.look();
  ASSERT_TRUE(answer(s, said("it stands in the books")));
  EXPECT_EQ(s.look(), "finish");
  EXPECT_EQ(s.run.result()->text, "it stands in the books");
}

TEST(plan_sub_task, whose_doubt_nobody_can_settle_fails_and_says_why) {
  for (const auto acted : {deeds::possible, deeds::done}) {
    stage s{delegating({"agent:b"}, "")};
    end_as(s, reason::policy_denied, acted);
    ASSERT_EQ(s.look(), "finish");
    EXPECT_EQ(s.run.result()->failed.why, reason::policy_denied);
    EXPECT_EQ(s.run.result()->failed.detail,
              std::string{"because; sales "} + (acted == deeds::done ? "has" : "may have") +
                  " acted and must not act twice, and there is nobody to ask");
  }
}

TEST(plan_sub_task, behind_a_person_of_its_ladder_nobody_acts_either) {
  for (const auto acted : {deeds::possible, deeds::done}) {
    SCOPED_TRACE(to_string(acted));
    stage s{delegating({"human:desk", "agent:b"}, "people")};
    end_as(s, reason::policy_denied, acted);
    EXPECT_EQ(s.run.target_of(0).queue, "desk") << "a person comes next anyway";
    s.feed(event_kind::asked, "a");
    s.look();
    s.next_timer();
    EXPECT_EQ(s.look(), "stop a, finish") << "who is silent has denied nothing";
    stage again{delegating({"human:desk", "agent:b"}, "people")};
    end_as(again, reason::policy_denied, acted);
    again.look();
    ASSERT_TRUE(answer(again, denied()));
    EXPECT_EQ(again.look(), acted == deeds::possible ? "call a" : "finish");
  }
}

TEST(plan_sub_task, whose_time_was_up_may_have_acted) {
  for (const bool can_act : {false, true}) {
    stage s{delegating({"agent:b"}, "people")};
    s.start();
    s.feed(event_kind::delegated, "a");
    s.look();
    s.now = s.run.next_timer();
    auto e = s.run.timer_event(s.now);
    ASSERT_EQ(e.kind, event_kind::time_up);
    if (can_act)
      e.body = failed_with(reason::timeout, deeds::possible);
    ASSERT_TRUE(s.feed(std::move(e)));
    EXPECT_EQ(s.look(), can_act ? "stop a, ask a" : "stop a, call a");
    EXPECT_EQ(difference(s.run, s.replayed()), "");
  }
}

TEST(plan_sub_task, an_agent_on_its_ladder_is_treated_as_any_other) {
  stage s{delegating({"agent:b", "agent:c"}, "people")};
  end_as(s, reason::policy_denied, deeds::none);
  auto r = std::make_shared<route>();
  r->agent = "b";
  r->does = effects::idempotent;
  s.feed(event_kind::assigned, "a", route_ptr{std::move(r)});
  s.look();
  ASSERT_TRUE(
      s.feed(event_kind::step_completed, "a", failed_with(reason::low_confidence, deeds::possible)))
      << "what an agent says of deeds is nothing that it can know";
  EXPECT_EQ(s.look(), "call a");
  EXPECT_EQ(s.run.target_of(0).agent, "c");
}

TEST(plan_sub_task, that_has_acted_and_failed_is_undone_like_one_that_is_done) {
  for (const auto acted : {deeds::none, deeds::possible, deeds::done}) {
    SCOPED_TRACE(to_string(acted));
    auto pay = domain("pay");
    pay.undo.push_back(call("unpay"));
    stage s{group(plan_op::compensate, "order", {pay})};
    s.start();
    s.feed(event_kind::delegated, "pay");
    s.look();
    s.feed(event_kind::step_completed, "pay", failed_with(reason::policy_denied, acted));
    EXPECT_EQ(s.look(), acted == deeds::done ? "call unpay" : "finish");
    if (acted == deeds::possible) {
      EXPECT_EQ(s.run.result()->data["uncertain"], json::array({"pay"}));
    }
    EXPECT_EQ(difference(s.run, s.replayed()), "");
  }
}

} // namespace plan_sub_task_cases
} // namespace troupe
