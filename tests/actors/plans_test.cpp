// Every operator of a plan, end to end through the shipped actors.
#include "tests/fixtures/plan_parts.hpp"
#include "tests/fixtures/stage.hpp"

#include <gtest/gtest.h>

using namespace troupe;
using namespace troupe::testing;
using namespace std::chrono_literals;

namespace plans_cases {

plan_node group(plan_op op, std::vector<plan_node> children, std::uint32_t needed = 0) {
  auto n = around(op, "all", std::move(children));
  n.needed = needed;
  return n;
}

domain_spec with_plan(plan_node root, const std::string& function = "quick") {
  auto d =
      a_domain("d", {an_agent("a", function), an_agent("b", function), an_agent("c", function)});
  d.retry.max_retries = 0;
  d.plans["all"] = std::move(root);
  return d;
}

outcome no(reason why) {
  return outcome::of({why, "no", {}});
}

TEST(plans, a_sequence_passes_on_what_came_before) {
  stage s{with_plan(group(plan_op::sequence, {step("a"), step("b")}))};
  s.room.works["a"] = [](const agent_call&) { return say("first", {{"n", 1}}); };
  auto t = s->ask(wants("all"));
  ASSERT_TRUE(t->done());
  EXPECT_EQ(t->result().text, "first\n\nb did b");
  const auto& second = s.room.calls.at(1).second;
  EXPECT_EQ(second.input["previous"]["a"]["data"]["n"], 1);
}

TEST(plans, a_sequence_stops_at_its_first_failure) {
  stage s{with_plan(group(plan_op::sequence, {step("a"), step("b")}))};
  s.room.works["a"] = [](const agent_call&) { return no(reason::invalid_input); };
  auto t = s->ask(wants("all"));
  ASSERT_TRUE(t->done());
  EXPECT_EQ(t->record().state, task_state::failed);
  EXPECT_EQ(t->result().failed.why, reason::invalid_input);
  EXPECT_EQ(s.room.count("b"), 0u);
}

TEST(plans, a_gate_that_stays_shut_stops_the_line) {
  plan_node gate;
  gate.op = plan_op::gate;
  gate.name = "good_enough";
  gate.when = {"/confidence", gate_test::at_least, 0.8};
  stage s{with_plan(group(plan_op::sequence, {step("a"), gate, step("b")}))};
  s.room.works["a"] = [](const agent_call&) { return say("maybe", nullptr, 0.5); };
  auto t = s->ask(wants("all"));
  ASSERT_TRUE(t->done());
  EXPECT_EQ(t->result().failed.why, reason::low_confidence);
  EXPECT_EQ(s.room.count("b"), 0u);
  s.room.works["a"] = [](const agent_call&) { return say("sure", nullptr, 0.9); };
  EXPECT_TRUE(s->ask(wants("all"))->result().ok());
}

TEST(plans, parallel_steps_run_at_once_and_one_failure_makes_the_answer_partial) {
  stage s{with_plan(group(plan_op::parallel, {step("a"), step("b"), step("c")}), "script")};
  s.room.works["b"] = [](const agent_call&) { return no(reason::invalid_input); };
  s.around->pool->held = true;
  auto t = s->submit(wants("all"));
  s->run();
  EXPECT_EQ(s.around->pool->waiting(), 3u);
  s.around->pool->held = false;
  s->run();
  ASSERT_TRUE(t->done());
  EXPECT_EQ(t->record().state, task_state::completed);
  EXPECT_TRUE(t->result().partial);
  EXPECT_EQ(t->result().text, "a did a\n\nc did c");
}

TEST(plans, a_race_is_won_by_the_first_success_and_the_others_are_stopped) {
  stage s{with_plan(group(plan_op::race, {step("a"), step("b"), step("c")}), "script")};
  s.room.works["a"] = [](const agent_call&) { return no(reason::invalid_input); };
  auto t = s->ask(wants("all"));
  ASSERT_TRUE(t->done());
  EXPECT_EQ(t->result().text, "b did b");
  for (const auto& x : s->api().agents())
    EXPECT_EQ(x.load, 0u) << x.name;
}

TEST(plans, a_quorum_needs_so_many_and_no_more) {
  stage s{with_plan(group(plan_op::quorum, {step("a"), step("b"), step("c")}, 2))};
  s.room.works["a"] = [](const agent_call&) { return no(reason::invalid_input); };
  EXPECT_TRUE(s->ask(wants("all"))->result().ok());
  s.room.works["b"] = s.room.works["a"];
  auto t = s->ask(wants("all"));
  ASSERT_TRUE(t->done());
  EXPECT_EQ(t->record().state, task_state::failed);
  EXPECT_NE(t->result().failed.detail.find("no quorum"), std::string::npos);
}

TEST(plans, patterns_compose) {
  auto inner = group(plan_op::race, {step("b"), step("c")});
  inner.name = "either";
  stage s{with_plan(group(plan_op::sequence, {step("a"), inner}))};
  auto t = s->ask(wants("all"));
  ASSERT_TRUE(t->done());
  EXPECT_EQ(t->result().text, "a did a\n\nb did b");
}

TEST(plans, a_person_answers_or_denies) {
  auto ask = people("approve");
  ask.text = "Is this all right?";
  stage s{with_plan(group(plan_op::sequence, {step("a"), ask, step("b")}))};
  auto t = s->submit(wants("all"));
  s->run();
  auto open = s->questions("desk");
  ASSERT_EQ(open.size(), 1u);
  EXPECT_EQ(open[0]->text, "Is this all right?");
  // The task's clock stands still while a person is asked.
  s->advance(10min);
  EXPECT_EQ(s->answer(open[0]->id, say("yes")), refusal::none);
  EXPECT_EQ(s->answer(open[0]->id, say("again")), refusal::unknown_question);
  ASSERT_TRUE(t->done());
  EXPECT_TRUE(t->result().ok());
  EXPECT_EQ(s.room.calls.back().second.input["previous"]["approve"]["text"], "yes");

  auto u = s->submit(wants("all"));
  s->run();
  open = s->questions("desk");
  ASSERT_EQ(open.size(), 1u);
  EXPECT_EQ(s->answer(open[0]->id, no(reason::policy_denied)), refusal::none);
  ASSERT_TRUE(u->done());
  EXPECT_EQ(u->result().failed.why, reason::policy_denied);
}

TEST(plans, a_question_belongs_to_who_claimed_it_until_the_lease_is_over) {
  plan_node ask;
  ask.op = plan_op::human;
  ask.target = "desk";
  stage s{with_plan(ask)};
  auto t = s->submit(wants("all"));
  s->run();
  const auto id = s->questions().at(0)->id;
  const auto claim = [&](const std::string& by) {
    auto out = refusal::internal;
    s->api().claim(id, by, [&](question_ptr, const refused& x) { out = x.why; });
    s->run();
    return out;
  };
  EXPECT_EQ(claim("ann"), refusal::none);
  EXPECT_EQ(claim("ben"), refusal::conflict);
  EXPECT_EQ(s->answer(id, say("mine"), "ben"), refusal::conflict);
  s->advance(16min);
  EXPECT_EQ(claim("ben"), refusal::none);
  EXPECT_EQ(s->answer(id, say("mine"), "ben"), refusal::none);
  EXPECT_TRUE(t->done());
}

TEST(plans, retries_come_after_one_two_and_four_seconds) {
  auto d = a_domain("d", {an_agent("a")});
  stage s{d};
  s.room.works["a"] = [](const agent_call&) { return no(reason::rate_limited); };
  auto t = s->ask(wants("a"));
  ASSERT_TRUE(t->done());
  // A timer is looked at in the millisecond after it was due.
  EXPECT_EQ(
      story(t->record(), true),
      (std::vector<std::string>{
          "0 accepted", "0 planned", "0 assigned d/a", "0 step_failed rate_limited",
          "1001 retry_due", "1001 assigned d/a", "1001 step_failed rate_limited", "3002 retry_due",
          "3002 assigned d/a", "3002 step_failed rate_limited", "7003 retry_due",
          "7003 assigned d/a", "7003 step_failed rate_limited", "7003 finished"}));
}

TEST(plans, the_ladder_leads_to_another_agent_and_then_to_a_person) {
  auto d = a_domain("d", {an_agent("a"), an_agent("b")});
  d.retry.max_retries = 0;
  d.agents[0].fallback = {"skill:b", "human:desk"};
  stage s{d};
  s.room.works["a"] = s.room.works["b"] = [](const agent_call&) { return no(reason::crash); };
  auto t = s->submit(wants("a"));
  s->advance(100ms);
  auto open = s->questions("desk");
  ASSERT_EQ(open.size(), 1u);
  EXPECT_EQ(s.room.count("b"), 1u);
  EXPECT_EQ(s->answer(open[0]->id, say("by hand")), refusal::none);
  ASSERT_TRUE(t->done());
  EXPECT_EQ(t->result().text, "by hand");
}

TEST(plans, a_person_who_does_not_answer_in_time_fails_the_step) {
  plan_node ask;
  ask.op = plan_op::human;
  ask.target = "desk";
  ask.timeout = 1h;
  stage s{with_plan(ask)};
  auto t = s->submit(wants("all"));
  s->advance(61min);
  ASSERT_TRUE(t->done());
  EXPECT_EQ(t->result().failed.why, reason::timeout);
  EXPECT_TRUE(s->questions().empty());
}

TEST(plans, at_its_deadline_a_task_answers_with_what_there_is) {
  auto d = with_plan(group(plan_op::parallel, {step("a"), step("b")}));
  for (auto& a : d.agents)
    if (a.card.name == "b")
      a.settings["function"] = "script";
  d.task_timeout = 5s;
  stage s{d};
  s.around->pool->held = true;
  auto t = s->submit(wants("all"));
  s->advance(4999ms);
  EXPECT_EQ(t->finals(), 0u);
  s->advance(10ms);
  ASSERT_TRUE(t->done());
  EXPECT_EQ(t->record().state, task_state::completed);
  EXPECT_TRUE(t->result().ok());
  EXPECT_TRUE(t->result().partial);
  EXPECT_EQ(t->result().text, "a did a");
  const auto& missing = t->result().data.at("missing");
  ASSERT_EQ(missing.size(), 1u);
  EXPECT_EQ(missing[0]["step"], "b");
  EXPECT_EQ(missing[0]["reason"], "timeout");
}

TEST(plans, the_deadline_of_a_call_is_never_later_than_the_tasks) {
  auto d = a_domain("d", {an_agent("a")});
  stage s{d};
  auto r = wants("a");
  r.timeout = 2s;
  const auto now = s->now();
  ASSERT_TRUE(s->ask(r)->done());
  EXPECT_LE(s.room.calls.at(0).second.deadline, now + 2s);
  ASSERT_TRUE(s->ask(wants("a"))->done());
  EXPECT_LE(s.room.calls.at(1).second.deadline, s->now() + d.step_timeout);
}

} // namespace plans_cases
