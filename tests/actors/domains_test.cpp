// Domains in domains: delegation, context, loops, people below a parent.
#include "tests/fixtures/plan_parts.hpp"
#include "tests/fixtures/stage.hpp"

#include <gtest/gtest.h>

using namespace troupe;
using namespace troupe::testing;
using namespace std::chrono_literals;

namespace domains_cases {

/// top -> top/mid -> top/mid/low, each with its own agent; `work` goes all the way down.
domain_spec three_levels(plan_node lowest) {
  auto low = a_domain("top/mid/low", {an_agent("dig")});
  low.agents[0].reads = {"order_id"};
  low.agents[0].writes = {"found"};
  low.context = {{"order_id", {}}, {"found", {}}};
  low.plans["work"] = std::move(lowest);
  auto mid = a_domain("top/mid", {});
  mid.context = {{"order_id", {}}, {"found", {}}};
  mid.plans["work"] = to_domain("over_to_work", "top/mid/low", "work");
  mid.domains.push_back(std::move(low));
  auto top = a_domain("top", {an_agent("close")});
  top.agents[0].reads = {"found"};
  top.context = {{"order_id", {}}, {"found", {}}};
  top.plans["work"] = around(plan_op::sequence, "both",
                             {to_domain("over_to_work", "top/mid", "work"), step("close")});
  top.domains.push_back(std::move(mid));
  return top;
}

TEST(domains, work_goes_down_three_levels_and_the_context_comes_back_up) {
  stage s{three_levels(step("dig"))};
  s.room.works["dig"] = [](const agent_call& x) {
    return say("dug", {{"context", {{"found", "gold in " + x.context.value("order_id", "?")}}}});
  };
  auto r = wants("work");
  r.data = {{"context", {{"order_id", "A-1"}}}};
  auto t = s->ask(r);
  ASSERT_TRUE(t->done());
  EXPECT_TRUE(t->result().ok()) << t->result().failed.detail;
  const auto& closing = s.room.calls.at(1).second;
  EXPECT_EQ(closing.context, (json{{"found", "gold in A-1"}}));
  const auto& digging = *s.room.calls.at(0).second.about;
  EXPECT_EQ(digging.trace_id, t->record().what->trace_id);
  EXPECT_EQ(digging.domain, "top/mid/low");
  EXPECT_LE(digging.deadline, t->record().what->deadline);
}

TEST(domains, what_a_request_says_is_known_below_as_it_is_above) {
  stage s{three_levels(step("dig"))};
  s.room.works["dig"] = [](const agent_call& x) { return say(as_text(x.input)); };
  auto r = wants("work");
  r.data = {{"depth", 5}, {"context", {{"order_id", "A-1"}}}};
  auto t = s->ask(r);
  ASSERT_TRUE(t->done());
  EXPECT_EQ(s.room.calls.at(0).second.input, (json{{"depth", 5}}));
  EXPECT_EQ(s.room.calls.at(0).second.context, (json{{"order_id", "A-1"}}));
}

TEST(domains, a_person_below_holds_every_clock_above) {
  stage s{three_levels(people("ask"))};
  auto t = s->submit(wants("work"));
  s->run();
  auto open = s->questions("desk");
  ASSERT_EQ(open.size(), 1u);
  EXPECT_EQ(s->find(t->id())->state, task_state::input_required);
  s->advance(1h);
  EXPECT_EQ(t->finals(), 0u);
  EXPECT_EQ(s->answer(open[0]->id, say("found it")), refusal::none);
  s->advance(10ms);
  ASSERT_TRUE(t->done());
  EXPECT_TRUE(t->result().ok());
  EXPECT_EQ(count_of(t->record(), event_kind::asked), 1u);
}

TEST(domains, the_parents_clock_runs_again_once_the_person_has_answered) {
  auto top = three_levels(around(plan_op::sequence, "then", {people("ask"), step("dig")}));
  top.task_timeout = 10s;
  top.domains[0].domains[0].agents[0].settings["function"] = "script";
  stage s{top};
  s.around->pool->held = true;
  auto t = s->submit(wants("work"), true);
  s->run();
  auto open = s->questions("desk");
  ASSERT_EQ(open.size(), 1u);
  s->advance(1h);
  EXPECT_EQ(s->answer(open[0]->id, say("go on")), refusal::none);
  EXPECT_EQ(s->find(t->id())->state, task_state::working);
  // None of its ten seconds had been used when the person was asked.
  s->advance(9900ms);
  EXPECT_EQ(t->finals(), 0u);
  s->advance(200ms);
  ASSERT_TRUE(t->done());
  EXPECT_EQ(t->result().failed.why, reason::timeout);
}

TEST(domains, cancelling_the_parent_cancels_what_it_delegated) {
  stage s{three_levels(people("ask"))};
  auto t = s->submit(wants("work"));
  s->run();
  ASSERT_EQ(s->questions().size(), 1u);
  EXPECT_EQ(s->cancel(t->id()), refusal::none);
  ASSERT_TRUE(t->done());
  EXPECT_EQ(t->record().state, task_state::canceled);
  EXPECT_TRUE(s->questions().empty());
  for (const auto& x : s->list())
    EXPECT_EQ(x->state, task_state::canceled) << x->what->domain;
}

TEST(domains, a_task_that_comes_back_to_where_it_was_is_stopped_with_its_way) {
  auto b = a_domain("a/b", {});
  b.retry.max_retries = 0;
  b.plans["work"] = to_domain("over_to_work", "a", "work");
  auto a = a_domain("a", {});
  a.retry.max_retries = 0;
  a.plans["work"] = to_domain("over_to_work", "a/b", "work");
  a.domains.push_back(b);
  stage s{a};
  auto t = s->ask(wants("work"));
  ASSERT_TRUE(t->done());
  EXPECT_EQ(t->result().failed.why, reason::loop);
  EXPECT_EQ(t->result().failed.detail, "a:work > a/b:work > a:work");
}

TEST(domains, a_lost_child_orchestrator_is_asked_again_and_the_child_is_not_done_twice) {
  stage s{three_levels(people("ask"))};
  auto t = s->submit(wants("work"));
  s->run();
  s->kill_orchestrator("top/mid/low");
  s->advance(100ms);
  s->kill_orchestrator("top/mid");
  s->advance(100ms);
  s->kill_orchestrator("top");
  s->advance(100ms);
  auto open = s->questions("desk");
  ASSERT_EQ(open.size(), 1u);
  EXPECT_EQ(t->finals(), 0u);
  EXPECT_EQ(s->answer(open[0]->id, say("found it")), refusal::none);
  s->advance(1s);
  ASSERT_TRUE(t->done());
  EXPECT_TRUE(t->result().ok());
  EXPECT_EQ(s.room.count("close"), 1u);
}

TEST(domains, whoever_delegates_to_a_domain_that_is_full_tries_again) {
  auto top = three_levels(step("dig"));
  top.domains[0].domains[0].max_tasks = 1;
  top.domains[0].domains[0].agents[0].settings["function"] = "script";
  stage s{top};
  s.around->pool->held = true;
  auto t = s->submit(wants("work"));
  auto u = s->submit(wants("work"));
  s->advance(100ms);
  EXPECT_EQ(s.around->pool->waiting(), 1u);
  s.around->pool->held = false;
  s->advance(3s);
  EXPECT_TRUE(t->done() && t->result().ok());
  EXPECT_TRUE(u->done() && u->result().ok());
}

/// `shop` asks `bank` for something; `bank` is as the test changes it.
fleet_spec shop_and_bank(const std::string& skill,
                         const std::function<void(domain_spec&)>& change) {
  auto bank = a_domain("bank", {an_agent("pay"), an_agent("look")});
  change(bank);
  auto shop = a_domain("shop", {});
  shop.plans["buy"] = to_domain("over_to_" + skill, "bank", skill);
  auto out = a_fleet(std::move(shop));
  out.domains.push_back(std::move(bank));
  return out;
}

reason how_it_ends(const std::string& skill, const std::function<void(domain_spec&)>& change) {
  stage s;
  s.up(shop_and_bank(skill, change));
  auto t = s->ask(wants("buy"));
  EXPECT_TRUE(t->done());
  return t->result().failed.why;
}

bool refusal_on_record(stage& s, const std::string& to) {
  s->run();
  for (const auto& row : s.around->disk->kept->audit(0, 100)) {
    const auto record = json::parse(row.body);
    if (record["what"] == "delegation.refused" && record["to"] == to)
      return true;
  }
  return false;
}

TEST(domains, what_is_delegated_over_a_boundary_has_to_be_allowed_there) {
  EXPECT_EQ(how_it_ends("pay", [](domain_spec&) {}), reason::none);
  EXPECT_EQ(how_it_ends("pay", [](domain_spec& d) { d.callers = {{"shop"}}; }), reason::none);
  EXPECT_EQ(how_it_ends("pay", [](domain_spec& d) { d.callers.emplace(); }), reason::policy_denied);
  EXPECT_EQ(how_it_ends("pay",
                        [](domain_spec& d) {
                          d.callers = {{"shop/till", "other"}};
                        }),
            reason::policy_denied);
  EXPECT_EQ(how_it_ends("look", [](domain_spec& d) { d.exports = {{"look"}}; }), reason::none);
  EXPECT_EQ(how_it_ends("pay", [](domain_spec& d) { d.exports = {{"look"}}; }),
            reason::policy_denied);
}

TEST(domains, a_refused_delegation_is_in_the_trace_and_on_record) {
  stage s;
  s.up(shop_and_bank("pay", [](domain_spec& d) { d.callers.emplace(); }));
  auto t = s->ask(wants("buy"));
  ASSERT_TRUE(t->done());
  EXPECT_NE(t->result().failed.detail.find("domain bank takes nothing from shop"),
            std::string::npos);
  EXPECT_EQ(count_of(t->record(), event_kind::delegated), 0u);
  EXPECT_EQ(s.room.calls.size(), 0u);
  EXPECT_TRUE(refusal_on_record(s, "bank"));
}

TEST(domains, the_asked_domain_keeps_its_boundary_itself) {
  stage s;
  s.up(shop_and_bank("pay", [](domain_spec& d) { d.callers.emplace(); }));
  task sent;
  sent.id = "sent-by-hand";
  sent.domain = "bank";
  sent.skill = "pay";
  sent.parent = "another";
  sent.path = {"shop:buy"};
  const auto to = s->shipped().resolve(directory::orchestrator_of("bank", 0));
  std::vector<refused> said;
  const auto asker = s->system().spawn([&](caf::event_based_actor* self) {
    self->send(to, submit_task{std::make_shared<const task>(sent)});
    return caf::behavior{[&said](const task_refused& x) { said.push_back(x.why); }};
  });
  s->run();
  ASSERT_EQ(said.size(), 1u);
  EXPECT_EQ(said[0].why, refusal::policy_denied);
  EXPECT_EQ(said[0].detail, "domain bank takes nothing from shop");
  EXPECT_EQ(s.room.calls.size(), 0u);
  caf::anon_send_exit(asker, caf::exit_reason::kill);
}

TEST(domains, what_the_asked_domain_refuses_is_on_record_where_it_was_asked) {
  stage s;
  s.up(shop_and_bank("pay", [](domain_spec& d) { d.agents[0].settings["function"] = "script"; }));
  s.around->pool->held = true;
  auto t = s->submit(wants("buy"));
  s->run();
  std::string child;
  for (const auto& x : s->list())
    if (x->what->domain == "bank")
      child = x->what->id;
  ASSERT_FALSE(child.empty());
  caf::anon_send(s->shipped().resolve(directory::orchestrator_of("shop", 0)),
                 task_refused{child, {refusal::policy_denied, "not from there", {}}});
  s->run();
  ASSERT_TRUE(t->done());
  EXPECT_EQ(t->result().failed.why, reason::policy_denied);
  EXPECT_TRUE(refusal_on_record(s, "bank"));
}

TEST(domains, one_may_always_delegate_to_what_lies_within_it) {
  auto top = three_levels(step("dig"));
  top.domains[0].callers.emplace();
  top.domains[0].domains[0].callers.emplace();
  stage s{top};
  auto t = s->ask(wants("work"));
  ASSERT_TRUE(t->done());
  EXPECT_TRUE(t->result().ok()) << t->result().failed.detail;
}

/// A pipeline of three stages, of which the second is a swarm in a domain within.
domain_spec pipeline(plan_op op) {
  auto swarm = around(op, "swarm", {step("x"), step("y"), step("z")});
  swarm.needed = op == plan_op::quorum ? 2 : 0;
  auto inside = a_domain("d/swarm", {an_agent("x"), an_agent("y"), an_agent("z")});
  inside.plans["look"] = std::move(swarm);
  auto d = a_domain("d", {an_agent("first"), an_agent("last")});
  d.plans["all"] =
      around(plan_op::sequence, "line",
             {step("first"), to_domain("over_to_look", "d/swarm", "look"), step("last")});
  for (auto* x : {&d, &inside})
    x->retry.max_retries = 0;
  d.domains.push_back(std::move(inside));
  return d;
}

TEST(domains, the_second_stage_of_a_pipeline_may_be_a_swarm_in_a_domain_within) {
  const struct {
    plan_op op;
    std::vector<std::string> fail;
    const char* text;
    bool partial;
  } table[] = {
      {plan_op::parallel, {}, "x did x\n\ny did y\n\nz did z", false},
      {plan_op::parallel, {"x"}, "y did y\n\nz did z", true},
      {plan_op::race, {"x", "z"}, "y did y", false},
      {plan_op::quorum, {"x"}, "y did y\n\nz did z", false},
  };
  for (const auto& row : table) {
    SCOPED_TRACE(std::string{to_string(row.op)} + " " + std::to_string(row.fail.size()));
    stage s{pipeline(row.op)};
    for (const auto& name : row.fail)
      s.room.works[name] = [](const agent_call&) {
        return outcome::of({reason::invalid_input, "no", {}});
      };
    auto t = s->ask(wants("all"));
    ASSERT_TRUE(t->done());
    EXPECT_TRUE(t->result().ok()) << t->result().failed.detail;
    EXPECT_EQ(t->result().partial, row.partial);
    EXPECT_EQ(t->result().text,
              "first did first\n\n" + std::string{row.text} + "\n\nlast did last");
    // The swarm builds on the first stage, and the last one on what came of the swarm.
    for (const auto& [name, call] : s.room.calls) {
      if (name == "first")
        continue;
      const auto& before = call.input.at("previous");
      if (name == "last")
        EXPECT_EQ(before.at("over_to_look").at("text"), row.text);
      else
        EXPECT_EQ(before.at("first").at("text"), "first did first") << name;
    }
  }
}

TEST(domains, a_swarm_that_has_failed_ends_the_pipeline_around_it) {
  for (const auto op : {plan_op::parallel, plan_op::race, plan_op::quorum}) {
    SCOPED_TRACE(to_string(op));
    stage s{pipeline(op)};
    for (const auto* name : {"x", "y", "z"})
      s.room.works[name] = [](const agent_call&) {
        return outcome::of({reason::invalid_input, "no", {}});
      };
    auto t = s->ask(wants("all"));
    ASSERT_TRUE(t->done());
    EXPECT_EQ(t->record().state, task_state::failed);
    EXPECT_EQ(s.room.count("last"), 0u);
  }
}

} // namespace domains_cases
