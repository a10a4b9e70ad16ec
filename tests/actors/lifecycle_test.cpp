// What a person may do to an agent while it works: nothing that was accepted is lost.
#include "tests/fixtures/stage.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace troupe;
using namespace troupe::testing;
using namespace std::chrono_literals;

namespace lifecycle_cases {

/// Two replicas with slots and queues, so that there is always something running and waiting.
domain_spec busy() {
  auto a = an_agent("work", "script");
  a.replicas = 2;
  a.slots = 2;
  auto d = a_domain("d", {a});
  d.breaker.failures = 0;
  d.breaker.rate = 0;
  return d;
}

refusal order(stage& s, const std::string& agent, agent_order what) {
  auto out = refusal::internal;
  s->api().order(agent, what, [&](const auto&, const refused& x) { out = x.why; });
  s->run();
  return out;
}

health state_of(stage& s, const std::string& name) {
  return s->seat_of(name)->state.load();
}

std::vector<heard_ptr> submit(stage& s, int count) {
  std::vector<heard_ptr> out;
  for (int i = 0; i < count; ++i)
    out.push_back(s->submit(wants("work")));
  s->run();
  return out;
}

void expect_none_lost(const std::vector<heard_ptr>& all) {
  for (const auto& t : all) {
    ASSERT_TRUE(t->done());
    EXPECT_EQ(t->record().state, task_state::completed) << t->result().failed.detail;
  }
}

TEST(lifecycle, an_agent_that_is_drained_ends_what_it_has_and_takes_nothing_new) {
  stage s{busy()};
  s.around->pool->held = true;
  auto all = submit(s, 20);
  const auto had = s->seat_of("d/work#1")->load.load();
  EXPECT_GT(had, 0u);
  EXPECT_EQ(order(s, "d/work#1", agent_order::drain), refusal::none);
  EXPECT_EQ(state_of(s, "d/work#1"), health::draining);
  const auto more = submit(s, 20);
  EXPECT_EQ(s->seat_of("d/work#1")->load.load(), had);
  s.around->pool->held = false;
  s->advance(1s);
  all.insert(all.end(), more.begin(), more.end());
  expect_none_lost(all);
  EXPECT_EQ(s->seat_of("d/work#1")->load.load(), 0u);
  EXPECT_EQ(s->seat_of("d/work#1")->served.load(), had);
  // Every call was made exactly once: draining costs no attempt.
  EXPECT_EQ(s.room.count("work"), 40u);
}

TEST(lifecycle, every_order_under_load_loses_nothing) {
  for (auto what :
       {agent_order::drain, agent_order::quarantine, agent_order::restart, agent_order::stop}) {
    stage s{busy()};
    s.around->pool->held = true;
    auto all = submit(s, 30);
    EXPECT_EQ(order(s, "d/work#1", what), refusal::none) << to_string(what);
    const auto more = submit(s, 10);
    all.insert(all.end(), more.begin(), more.end());
    s.around->pool->held = false;
    s->advance(20s);
    expect_none_lost(all);
    EXPECT_EQ(
        order(s, "d/work#1", what == agent_order::stop ? agent_order::start : agent_order::return_),
        refusal::none);
    EXPECT_EQ(state_of(s, "d/work#1"), health::up) << to_string(what);
    // It is in service again: alone, it does everything.
    EXPECT_EQ(order(s, "d/work#2", agent_order::drain), refusal::none);
    const auto before = s->seat_of("d/work#1")->served.load();
    const auto last = submit(s, 30);
    s->advance(1s);
    expect_none_lost(last);
    EXPECT_EQ(s->seat_of("d/work#1")->served.load(), before + 30) << to_string(what);
  }
}

TEST(lifecycle, who_asks_for_an_agent_that_keeps_failing_hears_what_it_fails_of) {
  auto d = a_domain("d", {an_agent("work", "script")});
  d.retry.max_retries = 0;
  stage s{d};
  for (int i = 0; i < 20 && state_of(s, "d/work") != health::quarantined; ++i) {
    s->kill_agent("d/work");
    s->advance(100ms);
  }
  ASSERT_EQ(state_of(s, "d/work"), health::quarantined);
  const auto t = s->ask(wants("work"));
  ASSERT_TRUE(t->done());
  EXPECT_EQ(t->result().failed.why, reason::unavailable);
  EXPECT_THAT(t->result().failed.detail, ::testing::HasSubstr("d/work is down: it keeps failing"));
  EXPECT_FALSE(s->seat_of("d/work")->absent_why().empty());
  s->advance(120s);
  EXPECT_TRUE(s->ask(wants("work"))->result().ok());
}

TEST(lifecycle, what_was_stopped_stays_so_and_the_node_is_ready_all_the_same) {
  stage s{busy()};
  EXPECT_EQ(order(s, "d/work", agent_order::stop), refusal::none);
  EXPECT_EQ(state_of(s, "d/work#1"), health::down);
  EXPECT_EQ(state_of(s, "d/work#2"), health::down);
  s->advance(120s);
  EXPECT_EQ(state_of(s, "d/work#1"), health::down);
  EXPECT_TRUE(s->api().ready());
  EXPECT_EQ(order(s, "d/work", agent_order::start), refusal::none);
  EXPECT_EQ(state_of(s, "d/work#2"), health::up);
  EXPECT_TRUE(s->ask(wants("work"))->result().ok());
}

TEST(lifecycle, a_quarantine_by_hand_lasts_until_it_is_lifted_by_hand) {
  stage s{busy()};
  order(s, "d/work#1", agent_order::quarantine);
  s->kill_agent("d/work#1");
  s->advance(std::chrono::hours{1});
  EXPECT_EQ(state_of(s, "d/work#1"), health::quarantined);
  const auto t = s->ask(wants("work"));
  EXPECT_TRUE(t->result().ok());
  EXPECT_EQ(s->seat_of("d/work#1")->served.load(), 0u);
}

TEST(lifecycle, what_a_person_has_said_stands_when_the_node_is_started_again) {
  stage s{busy()};
  EXPECT_EQ(order(s, "d/work#1", agent_order::quarantine), refusal::none);
  EXPECT_EQ(order(s, "d/work#2", agent_order::stop), refusal::none);
  s.restart();
  EXPECT_EQ(state_of(s, "d/work#1"), health::quarantined);
  EXPECT_EQ(state_of(s, "d/work#2"), health::down);
  EXPECT_TRUE(s->api().ready());
  const auto agents = s->api().agents();
  ASSERT_EQ(agents.size(), 2u);
  ASSERT_TRUE(agents[1].ordered);
  EXPECT_EQ(agents[1].ordered->wanted, agent_duty::stopped);
  // It is revoked for good, too.
  EXPECT_EQ(order(s, "d/work", agent_order::return_), refusal::none);
  EXPECT_EQ(order(s, "d/work#2", agent_order::start), refusal::none);
  s.crash();
  EXPECT_EQ(state_of(s, "d/work#1"), health::up);
  EXPECT_EQ(state_of(s, "d/work#2"), health::up);
}

TEST(lifecycle, who_was_stopped_stays_so_when_the_supervisor_above_is_restarted) {
  stage s{busy()};
  EXPECT_EQ(order(s, "d/work#1", agent_order::stop), refusal::none);
  s->kill_part("d/agents");
  s->advance(10s);
  EXPECT_EQ(state_of(s, "d/work#1"), health::down);
  EXPECT_EQ(state_of(s, "d/work#2"), health::up);
  EXPECT_EQ(order(s, "d/work#1", agent_order::start), refusal::none);
  EXPECT_EQ(state_of(s, "d/work#1"), health::up);
}

TEST(lifecycle, an_order_that_the_store_does_not_take_is_refused_and_not_done) {
  stage s{busy()};
  s.around->disk->failing = store_error::kind::full;
  auto heard = refusal::none;
  s->api().order("d/work#1", agent_order::drain,
                 [&](const auto&, const refused& x) { heard = x.why; });
  s->advance(6s);
  EXPECT_EQ(heard, refusal::busy);
  EXPECT_EQ(state_of(s, "d/work#1"), health::up);
  s.around->disk->failing.reset();
  s->advance(2s);
  EXPECT_EQ(order(s, "d/work#1", agent_order::drain), refusal::none);
  s.crash();
  EXPECT_EQ(state_of(s, "d/work#1"), health::draining);
}

TEST(lifecycle, whoever_waits_for_an_order_to_be_stored_hears_of_the_end_of_its_keeper) {
  stage s{busy()};
  // The order itself is put on record first, so that alone has to work.
  s.around->disk->no_orders = store_error::kind::full;
  auto heard = refusal::none;
  s->api().order("d/work#1", agent_order::drain,
                 [&](const auto&, const refused& x) { heard = x.why; });
  s->advance(1s);
  EXPECT_EQ(heard, refusal::none);
  s->kill_part("order_keeper");
  s->advance(100ms);
  EXPECT_EQ(heard, refusal::busy);
}

TEST(lifecycle, an_unknown_agent_is_refused) {
  stage s{busy()};
  EXPECT_EQ(order(s, "d/nobody", agent_order::drain), refusal::invalid_request);
  EXPECT_EQ(order(s, "work", agent_order::drain), refusal::invalid_request);
}

} // namespace lifecycle_cases
