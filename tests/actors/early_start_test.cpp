// What is stored only with its start and end: it is worked on while its start is on its way to the
// disk, and nobody hears of it before.
#include "tests/fixtures/little_fleet.hpp"
#include "tests/fixtures/plan_parts.hpp"
#include "tests/fixtures/stage.hpp"

#include <gtest/gtest.h>

using namespace troupe;
using namespace troupe::testing;
using namespace std::chrono_literals;

namespace early_start_cases {

namespace {

task_request stored_as_a_whole(const std::string& skill) {
  auto r = wants(skill);
  r.keep = durability::task;
  return r;
}

} // namespace

TEST(early_start, work_that_leaves_nothing_behind_does_not_wait_for_the_disk) {
  stage s{a_domain("d", {an_agent("a", "script")})};
  s.around->disk->failing = store_error::kind::full;
  auto t = s->submit(stored_as_a_whole("a"));
  s->advance(3s);
  EXPECT_EQ(s.room.count("a"), 1u);
  EXPECT_TRUE(t->accepted.empty());
  EXPECT_EQ(t->finals(), 0u);
  s.around->disk->failing.reset();
  s->advance(2s);
  EXPECT_EQ(t->accepted.size(), 1u);
  ASSERT_TRUE(t->done());
  EXPECT_EQ(s.room.count("a"), 1u);
  const auto id = t->id();
  s.restart();
  EXPECT_EQ(s->find(id)->state, task_state::completed);
}

TEST(early_start, what_acts_or_costs_waits_until_its_task_is_stored) {
  auto acting = an_agent("acting", "script");
  acting.card.does = effects::idempotent;
  auto paid = an_agent("paid", "script");
  paid.card.cost = 0.01;
  auto d = a_domain("d", {acting, paid});
  d.plans["both"] = around(plan_op::parallel, "both", {step("acting"), step("paid")});
  stage s{d};
  s.around->disk->failing = store_error::kind::full;
  auto t = s->submit(stored_as_a_whole("both"));
  s->advance(3s);
  EXPECT_EQ(s.room.count("acting") + s.room.count("paid"), 0u);
  s.around->disk->failing.reset();
  s->advance(2s);
  EXPECT_TRUE(t->done());
  EXPECT_EQ(s.room.count("acting"), 1u);
  EXPECT_EQ(s.room.count("paid"), 1u);
}

TEST(early_start, a_task_that_is_stored_step_by_step_waits) {
  stage s{a_domain("d", {an_agent("a", "script")})};
  s.around->disk->failing = store_error::kind::full;
  auto t = s->submit(wants("a"));
  s->advance(3s);
  EXPECT_EQ(s.room.count("a"), 0u);
  s.around->disk->failing.reset();
  s->advance(2s);
  EXPECT_TRUE(t->done());
}

TEST(early_start, whoever_follows_a_task_hears_first_that_it_is_accepted) {
  stage s{a_domain("d", {an_agent("a", "script")})};
  s.around->disk->failing = store_error::kind::full;
  auto t = s->submit(stored_as_a_whole("a"), true);
  s->advance(3s);
  EXPECT_TRUE(t->progress.empty());
  s.around->disk->failing.reset();
  s->advance(2s);
  EXPECT_TRUE(t->done());
  EXPECT_FALSE(t->progress.empty());
}

TEST(early_start, whoever_asks_again_hears_of_the_task_when_it_is_stored) {
  stage s{a_domain("d", {an_agent("a", "script")})};
  auto r = stored_as_a_whole("a");
  r.idempotency_key = "k";
  s.around->disk->failing = store_error::kind::full;
  auto first = s->submit(r);
  s->run();
  auto second = s->submit(r);
  s->advance(3s);
  EXPECT_TRUE(first->accepted.empty());
  EXPECT_TRUE(second->accepted.empty());
  EXPECT_EQ(first->finals(), 0u);
  s.around->disk->failing.reset();
  s->advance(2s);
  ASSERT_TRUE(first->done());
  // Refused while nothing can be stored, or told of the same task: never a second one.
  if (second->refusals.empty()) {
    EXPECT_EQ(second->id(), first->id());
  }
  EXPECT_EQ(s.room.count("a"), 1u);
}

TEST(early_start, what_was_never_stored_is_forgotten_with_its_orchestrator) {
  stage s{a_domain("d", {an_agent("a", "script")})};
  s.around->disk->failing = store_error::kind::full;
  auto t = s->submit(stored_as_a_whole("a"));
  s->advance(1s);
  EXPECT_EQ(s.room.count("a"), 1u);
  EXPECT_TRUE(t->accepted.empty());
  EXPECT_EQ(t->finals(), 0u);
  s.around->disk->failing.reset();
  s.crash();
  s->advance(2s);
  EXPECT_TRUE(s->list().empty());
  EXPECT_TRUE(s->ask(stored_as_a_whole("a"))->done());
}

} // namespace early_start_cases
