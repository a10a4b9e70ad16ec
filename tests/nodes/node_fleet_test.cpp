// The node as a whole: its tree, agents that come later, agents that never come up.
#include "tests/fixtures/stage.hpp"

#include <gtest/gtest.h>

#include <set>

using namespace troupe;
using namespace troupe::testing;
using namespace std::chrono_literals;

namespace node_fleet_cases {

void collect(const tree_node& at, const std::string& kind, std::multiset<std::string>& into) {
  if (at.kind == kind)
    into.insert(at.id);
  for (const auto& child : at.children)
    collect(child, kind, into);
}

const tree_node* find_in(const tree_node& at, const std::string& id) {
  if (at.id == id)
    return &at;
  for (const auto& child : at.children)
    if (const auto* hit = find_in(child, id))
      return hit;
  return nullptr;
}

TEST(node_fleet, the_tree_the_agents_and_the_actors_are_the_same) {
  auto a = an_agent("work");
  a.replicas = 3;
  auto d = a_domain("d", {a, an_agent("other")});
  d.domains.push_back(a_domain("d/e", {an_agent("deep")}));
  stage s{d};
  std::multiset<std::string> in_tree;
  collect(s->tree(), "agent", in_tree);
  EXPECT_EQ(in_tree, (std::multiset<std::string>{"work#1", "work#2", "work#3", "other", "deep"}));
  std::set<std::string> names;
  for (const auto& x : s->api().agents()) {
    names.insert(x.name);
    EXPECT_EQ(x.state, health::up);
    EXPECT_TRUE(s->shipped().resolve({address_kind::agent, x.name}));
  }
  EXPECT_EQ(names,
            (std::set<std::string>{"d/work#1", "d/work#2", "d/work#3", "d/other", "d/e/deep"}));
}

TEST(node_fleet, an_agent_that_comes_later_gets_work_and_may_write_its_context) {
  auto d = a_domain("d", {an_agent("work")});
  d.context = {{"name", {}}};
  stage s{d};
  const auto early = s->ask(wants("dance"));
  ASSERT_EQ(early->refusals.size(), 1u);
  EXPECT_EQ(early->refusals[0].why, refusal::invalid_input);
  auto late = an_agent("dance");
  late.card.domain = "d";
  late.writes = {"name"};
  s->shipped().add_agent(late);
  s->run();
  s.room.works["dance"] = [](const agent_call&) {
    return say("hop", {{"context", {{"name", "Ann"}}}});
  };
  auto r = wants("dance");
  r.context_id = "s1";
  EXPECT_EQ(s->ask(r)->result().text, "hop");
  EXPECT_EQ(s->session("s1").what->context, (json{{"name", "Ann"}}));
  EXPECT_TRUE(s->api().ready());
  EXPECT_EQ(s->api().agents().size(), 2u);
  EXPECT_THROW(s->shipped().add_agent(late), std::runtime_error);
  late.card.domain = "nowhere";
  EXPECT_THROW(s->shipped().add_agent(late), std::runtime_error);
}

TEST(node_fleet, an_agent_that_came_later_outlives_its_supervisor) {
  stage s{a_domain("d", {an_agent("work")})};
  auto late = an_agent("dance");
  late.card.domain = "d";
  s->shipped().add_agent(late);
  s->run();
  s->kill({address_kind::node, s->shipped().parts()->fleet.node_id + "/d/agents"});
  s->advance(std::chrono::seconds{1});
  EXPECT_TRUE(s->ask(wants("dance"))->done());
  EXPECT_TRUE(s->ask(wants("work"))->done());
  EXPECT_EQ(s->api().agents().size(), 2u);
}

TEST(node_fleet, refuses_to_start_with_a_function_that_nobody_registered) {
  stage s;
  EXPECT_THROW(s.up(a_fleet(a_domain("d", {an_agent("work", "missing")}))), std::runtime_error);
}

TEST(node_fleet, an_agent_that_never_comes_up_stays_down_alone) {
  stage s;
  s.around->natives->add("broken", [](const agent_spec&) -> native_function {
    throw std::runtime_error{"no licence"};
  });
  auto d = a_domain("d", {an_agent("work"), an_agent("bad", "broken")});
  s.up(a_fleet(d));
  s->advance(10s);
  EXPECT_TRUE(s->failures.empty());
  EXPECT_TRUE(s->api().ready());
  const auto made = s.room.made["work"];
  // Its siblings are not taken down with it over and over again.
  s->advance(2min);
  EXPECT_EQ(made, 1);
  EXPECT_EQ(s.room.made["work"], made);
  EXPECT_TRUE(s->ask(wants("work"))->done());
  const auto tree = s->tree();
  const auto* bad = find_in(tree, "bad");
  ASSERT_NE(bad, nullptr);
  EXPECT_EQ(bad->state, "quarantined");
  EXPECT_EQ(find_in(tree, "work")->state, "up");
}

TEST(node_fleet, answers_everybody_when_it_stops) {
  stage s{a_domain("d", {an_agent("work", "script")})};
  s.around->pool->held = true;
  auto t = s->submit(wants("work"));
  s->run();
  s.node.reset();
  ASSERT_EQ(t->refusals.size(), 1u);
  EXPECT_EQ(t->refusals[0].why, refusal::stopping);
  s.around->pool->forget();
}

} // namespace node_fleet_cases
