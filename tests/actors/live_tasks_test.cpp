// The tasks of an orchestrator, and who still waits for an answer.
#include "actors/live_tasks.hpp"
#include "policies/planner.hpp"
#include "tests/fixtures/little_fleet.hpp"
#include "tests/fixtures/plan_parts.hpp"

#include <gtest/gtest.h>

#include <algorithm>

using namespace troupe;
using namespace troupe::testing;

namespace live_tasks_cases {

task_ptr a_task(const std::string& id) {
  auto t = std::make_shared<task>();
  t->id = id;
  t->deadline = timestamp{milliseconds{60000}};
  return t;
}

/// Its plan is the step `a`, which is wanted.
live_task& working(live_tasks& tasks, const std::string& id) {
  auto& t = tasks.open(a_task(id));
  const auto domain = a_domain("d", {an_agent("a")});
  t.run.emplace(lay_out(step("a"), domain), *t.what);
  std::vector<plan_action> todo;
  t.run->start(timestamp{}, todo);
  return t;
}

bool happens(live_task& t, event_kind kind, event::body_type body) {
  event e;
  e.kind = kind;
  e.step = 0;
  e.attempt = t.run->step(0).attempt;
  e.body = std::move(body);
  std::vector<plan_action> todo;
  return t.run->apply(e, todo);
}

TEST(live_tasks, what_waits_for_a_task_does_not_find_the_next_one_in_its_slot) {
  live_tasks tasks;
  auto& first = tasks.open(a_task("1"));
  const auto slot = first.slot;
  const auto generation = first.generation;
  EXPECT_EQ(tasks.at(slot, generation), &first);
  EXPECT_EQ(tasks.find("1"), &first);
  tasks.close(first);
  EXPECT_EQ(tasks.at(slot, generation), nullptr);
  EXPECT_EQ(tasks.at(slot, 0), nullptr) << "nobody is there";
  EXPECT_EQ(tasks.find("1"), nullptr);
  EXPECT_EQ(tasks.size(), 0u);
  auto& second = tasks.open(a_task("2"));
  ASSERT_EQ(second.slot, slot);
  EXPECT_EQ(tasks.at(slot, generation), nullptr);
  EXPECT_EQ(tasks.at(slot, second.generation), &second);
  EXPECT_EQ(tasks.at(slot + 1, second.generation), nullptr);
}

TEST(live_tasks, a_task_stays_where_it_is_while_others_come) {
  live_tasks tasks;
  auto& first = tasks.open(a_task("0"));
  for (int i = 1; i < 100; ++i)
    tasks.open(a_task(std::to_string(i)));
  EXPECT_EQ(tasks.find("0"), &first);
  EXPECT_EQ(first.what->id, "0");
  EXPECT_EQ(tasks.size(), 100u);
  EXPECT_TRUE(tasks.contains("99"));
  EXPECT_FALSE(tasks.contains("100"));
}

TEST(live_tasks, all_are_told_or_as_many_as_are_wanted) {
  live_tasks tasks;
  for (const auto* id : {"1", "2", "3"})
    tasks.open(a_task(id));
  tasks.close(*tasks.find("2"));
  std::vector<std::string> all;
  tasks.for_each([&](const live_task& t) { all.push_back(t.what->id); });
  std::sort(all.begin(), all.end());
  EXPECT_EQ(all, (std::vector<std::string>{"1", "3"}));
  int count = 0;
  tasks.for_each([&](const live_task&) { ++count; }, 1);
  EXPECT_EQ(count, 1);
}

TEST(live_tasks, only_the_running_attempt_of_a_task_that_goes_on_is_waited_for) {
  live_tasks tasks;
  EXPECT_FALSE(tasks.open(a_task("0")).works_on(0, 1)) << "it has no plan";
  auto& t = working(tasks, "1");
  const auto attempt = t.run->step(0).attempt;
  EXPECT_FALSE(t.works_on(0, attempt)) << "nobody has it yet";
  auto way = std::make_shared<route>();
  way->agent = "d/a";
  ASSERT_TRUE(happens(t, event_kind::assigned, route_ptr{way}));
  EXPECT_TRUE(t.works_on(0, attempt));
  EXPECT_FALSE(t.works_on(0, attempt + 1));
  EXPECT_FALSE(t.works_on(1, attempt)) << "there is no such step";
  t.ending = true;
  EXPECT_FALSE(t.works_on(0, attempt));
  t.ending = false;
  ASSERT_TRUE(happens(t, event_kind::asked, std::make_shared<const std::string>("which?")));
  EXPECT_FALSE(t.works_on(0, attempt)) << "it waits for a person";
}

TEST(live_tasks, whoever_watches_twice_hears_of_it_once) {
  live_tasks tasks;
  auto& t = tasks.open(a_task("1"));
  t.add_watcher(nullptr, false);
  t.add_watcher(nullptr, true);
  t.add_watcher(nullptr, false);
  ASSERT_EQ(t.watchers.size(), 1u);
  EXPECT_TRUE(t.watchers[0].progress);
}

} // namespace live_tasks_cases
