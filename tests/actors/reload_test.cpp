// New versions of the fleet while it runs: who goes by which, and what becomes of the former.
#include "tests/fixtures/reloading.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

using namespace troupe;
using namespace troupe::testing;
using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

namespace reload_cases {

TEST(reload, a_changed_agent_serves_new_tasks_and_the_old_one_those_that_run) {
  reloading r{desk({says("a", "first")})};
  r.folders["two"] = desk({says("a", "second")});
  const auto running = r.s->submit(wants("careful"));
  r.s->advance(1s);
  const auto x = r.reload("two");
  EXPECT_EQ(x.version, 2u);
  EXPECT_THAT(x.change.agents_changed, ElementsAre("d/a"));
  EXPECT_EQ(r.text_of("a"), "second");
  EXPECT_THAT(r.agents(), UnorderedElementsAre("d/a", "d/a@2"));
  // Long after: it waits for a person.
  r.s->advance(1h);
  EXPECT_EQ(r.versions(), "1former 2active");
  EXPECT_THAT(r.answer(running), HasSubstr("first"));
  EXPECT_EQ(running->record().what->fleet, 1u);
  r.s->advance(10s);
  EXPECT_EQ(r.versions(), "2active");
  EXPECT_THAT(r.agents(), UnorderedElementsAre("d/a@2"));
  EXPECT_EQ(r.text_of("a"), "second");
}

TEST(reload, the_plan_of_a_running_task_stays) {
  auto before = desk({says("a", "a"), says("b", "b")});
  reloading r{before};
  auto after = before;
  after.domains[0].plans["careful"] = ask_then("b");
  after.domains[0].context["tier"] = {};
  r.folders["two"] = after;
  const auto running = r.s->submit(wants("careful"));
  r.s->advance(1s);
  const auto x = r.reload("two");
  EXPECT_THAT(x.change.domains_changed, ElementsAre("d"));
  EXPECT_TRUE(x.change.agents_changed.empty());
  EXPECT_THAT(r.answer(running), HasSubstr("a"));
  const auto next = r.s->submit(wants("careful"));
  r.s->advance(1s);
  EXPECT_THAT(r.answer(next), HasSubstr("b"));
  EXPECT_EQ(next->record().what->fleet, 2u);
  // Nobody was replaced.
  EXPECT_THAT(r.agents(), UnorderedElementsAre("d/a", "d/b"));
}

TEST(reload, an_agent_is_added_and_one_removed_when_nobody_needs_it) {
  reloading r{desk({says("a", "a"), says("b", "b")})};
  r.folders["two"] = desk({says("b", "b"), says("c", "c")});
  const auto running = r.s->submit(wants("careful"));
  r.s->advance(1s);
  EXPECT_EQ(r.reload("two").version, 2u);
  EXPECT_EQ(r.text_of("c"), "c");
  const auto gone = r.s->ask(wants("a"));
  ASSERT_EQ(gone->refusals.size(), 1u);
  EXPECT_EQ(gone->refusals[0].why, refusal::invalid_input);
  EXPECT_EQ(gone->refusals[0].detail,
            "no agent of domain d offers the skill a; there are b, c, careful");
  EXPECT_THAT(r.answer(running), HasSubstr("a"));
  r.s->advance(10s);
  EXPECT_THAT(r.agents(), UnorderedElementsAre("d/b", "d/c@2"));
}

TEST(reload, a_domain_is_added_and_one_removed) {
  auto before = desk({says("a", "a")});
  before.domains.push_back(a_domain("e", {says("x", "x")}));
  before.domains[1].plans["careful"] = ask_then("x");
  reloading r{before};
  auto after = desk({says("a", "a")});
  after.domains.push_back(a_domain("f", {says("y", "y")}));
  after.domains[1].domains.push_back(a_domain("f/in", {says("z", "z")}));
  r.folders["two"] = after;
  auto there = wants("careful");
  there.domain = "e";
  const auto running = r.s->submit(there);
  r.s->advance(1s);
  EXPECT_THAT(r.reload("two").change.domains_added, ElementsAre("f", "f/in"));
  for (const auto& [domain, skill] : {std::pair{"f", "y"}, std::pair{"f/in", "z"}}) {
    auto x = wants(skill);
    x.domain = domain;
    const auto t = r.s->ask(x);
    ASSERT_TRUE(t->done()) << domain;
    EXPECT_EQ(t->result().text, skill);
  }
  auto late = wants("x");
  late.domain = "e";
  EXPECT_EQ(r.s->ask(late)->refusals.size(), 1u);
  EXPECT_THAT(r.answer(running), HasSubstr("x"));
  r.s->advance(10s);
  EXPECT_THAT(r.agents(), UnorderedElementsAre("d/a", "f/in/z@2", "f/y@2"));
  EXPECT_TRUE(r.s->api().ready());
  std::set<std::string> domains;
  for (const auto& x : r.s->api().shards())
    domains.insert(x.domain);
  EXPECT_THAT(domains, UnorderedElementsAre("d", "f", "f/in"));
}

TEST(reload, a_domain_that_has_nothing_to_do_keeps_no_former_version) {
  auto before = desk({says("a", "a")});
  before.domains.push_back(a_domain("e", {says("x", "x")}));
  before.domains.push_back(a_domain("f", {says("y", "y")}));
  reloading r{before};
  // All of them have worked by the first version, and are idle from here on.
  const auto at = [&](const char* domain, const char* skill) {
    auto what = wants(skill);
    what.domain = domain;
    const auto t = r.s->ask(what);
    return t->done() ? t->result().text : "not done";
  };
  EXPECT_EQ(at("d", "a") + at("e", "x") + at("f", "y"), "axy");
  auto after = before;
  after.domains.pop_back();
  after.domains[1] = a_domain("e", {says("x", "another")});
  r.folders["two"] = after;
  EXPECT_EQ(r.reload("two").version, 2u);
  r.s->advance(15s);
  EXPECT_EQ(r.versions(), "2active");
  EXPECT_THAT(r.agents(), UnorderedElementsAre("d/a", "e/x@2"));
  std::set<std::string> domains;
  for (const auto& x : r.s->api().shards())
    domains.insert(x.domain);
  EXPECT_THAT(domains, UnorderedElementsAre("d", "e"));
  EXPECT_EQ(at("e", "x"), "another");
}

TEST(reload, queues_of_people_change_with_the_version) {
  auto before = desk({says("a", "a")});
  before.human_queues = {{"desk", 24h, nullptr, 15min}};
  reloading r{before};
  const auto first = r.s->submit(wants("careful"));
  r.s->advance(1s);
  auto after = before;
  after.human_queues = {{"desk", 1min, {{"text", "go on"}}, 15min}};
  r.folders["two"] = after;
  const auto x = r.reload("two");
  EXPECT_EQ(x.version, 2u);
  EXPECT_TRUE(x.change.humans_changed);
  const auto second = r.s->submit(wants("careful"));
  r.s->advance(2min);
  ASSERT_TRUE(second->done());
  EXPECT_EQ(second->record().state, task_state::completed) << "nobody had to answer";
  EXPECT_FALSE(first->done()) << "it was asked when there was a day for it";
  EXPECT_THAT(r.answer(first), HasSubstr("a"));
}

TEST(reload, limits_of_the_fleet_change_with_the_version) {
  const auto before = desk({says("a", "a")});
  reloading r{before};
  auto after = before;
  after.budgets.limits.day[0] = 5;
  r.folders["two"] = after;
  const auto x = r.reload("two");
  EXPECT_EQ(x.version, 2u);
  EXPECT_TRUE(x.change.budgets_changed);
  EXPECT_EQ(r.s->shipped().parts()->current()->fleet.budgets.limits.day[0], 5);
}

TEST(reload, the_same_again_is_no_new_version) {
  reloading r{desk({says("a", "first")})};
  auto x = r.reload("one");
  EXPECT_EQ(x.version, 1u);
  EXPECT_TRUE(x.change.nothing());
  r.folders["two"] = r.folders["one"]; // a comment more
  x = r.reload("two");
  EXPECT_EQ(x.version, 1u);
  EXPECT_EQ(r.versions(), "1active");
}

TEST(reload, a_task_goes_on_by_its_version_after_a_restart) {
  reloading r{desk({says("a", "first")})};
  r.folders["two"] = desk({says("a", "second")});
  const auto running = r.s->submit(wants("careful"));
  r.s->advance(1s);
  EXPECT_EQ(r.reload("two").version, 2u);
  r.s.node.reset();
  r.s.up(r.active());
  EXPECT_EQ(r.text_of("a"), "second");
  EXPECT_EQ(r.versions(), "1former 2active");
  const auto open = r.s->questions();
  ASSERT_EQ(open.size(), 1u);
  EXPECT_EQ(r.s->answer(open.front()->id, say("yes")), refusal::none);
  r.s->advance(1s);
  const auto ended = r.s->find(running->id());
  ASSERT_TRUE(ended);
  EXPECT_THAT(ended->result->text, HasSubstr("first"));
  r.s->advance(10s);
  EXPECT_EQ(r.versions(), "2active");
  EXPECT_THAT(r.agents(), UnorderedElementsAre("d/a@2"));
}

TEST(reload, supervisors_restart_by_the_new_rules) {
  auto before = desk({says("a", "a"), says("b", "b")});
  reloading r{before};
  auto after = before;
  after.domains[0].strategy = supervision::one_for_all;
  r.folders["two"] = after;
  EXPECT_EQ(r.reload("two").version, 2u);
  const auto incarnation = r.s->seat_of("d/b")->now().incarnation;
  r.s->kill_agent("d/a");
  r.s->advance(1s);
  EXPECT_EQ(r.s->seat_of("d/b")->now().incarnation, incarnation + 1);
  // Also those that are started again.
  r.s->kill({address_kind::node, "local/d/agents"});
  r.s->advance(1s);
  const auto later = r.s->seat_of("d/b")->now().incarnation;
  r.s->kill_agent("d/a");
  r.s->advance(1s);
  EXPECT_EQ(r.s->seat_of("d/b")->now().incarnation, later + 1);
}

TEST(reload, what_was_ended_stays_so_when_its_supervisor_is_restarted) {
  reloading r{desk({says("a", "a"), says("b", "b")})};
  r.folders["two"] = desk({says("b", "b"), says("c", "c")});
  EXPECT_EQ(r.reload("two").version, 2u);
  r.s->advance(10s);
  r.s->kill({address_kind::node, "local/d/agents"});
  r.s->advance(2s);
  EXPECT_THAT(r.agents(), UnorderedElementsAre("d/b", "d/c@2"));
  EXPECT_EQ(r.text_of("c"), "c");
}

TEST(reload, what_is_not_stored_keeps_its_version_too) {
  reloading r{desk({says("a", "first")})};
  r.folders["two"] = desk({says("a", "second")});
  auto fleeting = wants("careful");
  fleeting.keep = durability::none;
  const auto running = r.s->submit(fleeting);
  r.s->advance(1s);
  EXPECT_EQ(r.reload("two").version, 2u);
  r.s->advance(1min);
  EXPECT_EQ(r.versions(), "1former 2active");
  EXPECT_THAT(r.answer(running), HasSubstr("first"));
  r.s->advance(10s);
  EXPECT_EQ(r.versions(), "2active");
}

TEST(reload, many_versions_leave_nothing_behind) {
  reloading r{desk({says("a", "0")})};
  r.s->advance(10s);
  const auto actors = r.s->actors();
  for (int i = 1; i <= 20; ++i) {
    const auto name = "v" + std::to_string(i);
    r.folders[name] = desk({says("a", std::to_string(i))});
    EXPECT_EQ(r.reload(name).version, static_cast<std::uint64_t>(i) + 1);
    EXPECT_EQ(r.text_of("a"), std::to_string(i));
  }
  r.s->advance(10s);
  EXPECT_EQ(r.versions(), "21active");
  EXPECT_EQ(r.s->actors(), actors);
  EXPECT_THAT(r.agents(), UnorderedElementsAre("d/a@21"));
}

} // namespace reload_cases
