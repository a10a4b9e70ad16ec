// A node that stood still, whole: frozen, or on a machine that slept.
#include "tests/fixtures/stage.hpp"

#include <gtest/gtest.h>

using namespace troupe;
using namespace troupe::testing;
using namespace std::chrono_literals;

namespace standstill_cases {

domain_spec slow_work() {
  auto a = an_agent("work", "script"), b = an_agent("spare", "script");
  a.card.skills = b.card.skills = {"work"};
  a.slots = b.slots = 4;
  auto d = a_domain("d", {a, b});
  d.routing.strategy = route_strategy::static_order;
  d.step_timeout = 10s;
  d.task_timeout = 10min;
  d.breaker.failures = 2;
  d.breaker.rate = 0;
  return d;
}

breaker_state breaker_of(stage& s, const std::string& name) {
  for (auto& x : s->api().agents())
    if (x.name == name)
      return x.breaker.state;
  ADD_FAILURE() << "no agent " << name;
  return breaker_state::open;
}

std::vector<heard_ptr> under_way(stage& s, int count) {
  s.around->pool->held = true;
  std::vector<heard_ptr> out;
  for (int i = 0; i < count; ++i)
    out.push_back(s->submit(wants("work")));
  s->run();
  return out;
}

TEST(standstill, what_is_overdue_then_may_still_come_to_its_end) {
  stage s{slow_work()};
  const auto all = under_way(s, 3);
  s->stand_still(60s);
  s->advance(200ms);
  s.around->pool->held = false;
  s->run();
  for (const auto& one : all) {
    ASSERT_TRUE(one->done());
    EXPECT_EQ(one->result().text, "work did work");
    EXPECT_EQ(count_of(one->record(), event_kind::time_up), 0u);
  }
}

TEST(standstill, nobody_is_blamed_for_the_time_that_nobody_had) {
  stage s{slow_work()};
  const auto before = s->seat_of("d/work")->now().incarnation;
  const auto all = under_way(s, 3);
  s->stand_still(60s);
  s->advance(1500ms);
  s.around->pool->held = false;
  s->advance(5s);
  for (const auto& one : all) {
    ASSERT_TRUE(one->done());
    EXPECT_TRUE(one->result().ok()) << one->result().failed.detail;
    EXPECT_EQ(count_of(one->record(), event_kind::time_up), 1u);
  }
  EXPECT_EQ(breaker_of(s, "d/work"), breaker_state::closed);
  EXPECT_EQ(s->seat_of("d/work")->now().incarnation, before);
  // Who is late by itself is blamed as ever.
  const auto late = under_way(s, 2);
  s->advance(11s);
  EXPECT_EQ(breaker_of(s, "d/work"), breaker_state::open);
}

TEST(standstill, deadlines_are_kept_however_often_it_happens) {
  auto d = slow_work();
  d.retry.max_retries = 0;
  d.agents.pop_back();
  stage s{d};
  const auto all = under_way(s, 1);
  for (int i = 0; i < 4; ++i)
    s->stand_still(30s);
  EXPECT_TRUE(all.front()->done());
}

} // namespace standstill_cases
