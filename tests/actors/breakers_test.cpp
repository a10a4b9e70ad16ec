// Circuit breakers, quarantine and the other sanctions on agents, on a whole node.
#include "tests/fixtures/stage.hpp"

#include <gtest/gtest.h>

using namespace troupe;
using namespace troupe::testing;
using namespace std::chrono_literals;

namespace breakers_cases {

/// Two agents for one skill: `bad` comes first and fails as the test says.
domain_spec two_for_one() {
  auto bad = an_agent("bad"), good = an_agent("good");
  bad.card.skills = good.card.skills = {"work"};
  auto d = a_domain("d", {bad, good});
  d.routing.strategy = route_strategy::static_order;
  d.breaker.failures = 2;
  d.breaker.rate = 0;
  return d;
}

script_room::work failing(reason why) {
  return [why](const agent_call&) { return outcome::of({why, "as the test says", {}}); };
}

agent_view view(stage& s, const std::string& name) {
  for (auto& x : s->api().agents())
    if (x.name == name)
      return x;
  return {};
}

refusal order(stage& s, const std::string& agent, agent_order what) {
  auto out = refusal::internal;
  s->api().order(agent, what, [&](const auto&, const refused& x) { out = x.why; });
  s->run();
  return out;
}

std::string notes(const task_record& record) {
  std::string out;
  for (const auto& e : record.history)
    if (const auto* text = e.get<std::string>(); text && e.kind == event_kind::noted)
      out += *text + "\n";
  return out;
}

/// What the first route of the task said of an agent.
verdict said_of(const task_record& record, const std::string& agent) {
  for (const auto& e : record.history)
    if (const auto* r = e.get<route>())
      for (const auto& c : r->seen)
        if (c.agent == agent)
          return c.said;
  return verdict::chosen;
}

std::string because(const task_record& record) {
  for (const auto& e : record.history)
    if (const auto* r = e.get<route>())
      return r->because;
  return {};
}

TEST(breakers, an_error_burst_takes_an_agent_out_and_one_probe_brings_it_back) {
  stage s{two_for_one()};
  s.room.works["bad"] = failing(reason::unavailable);
  auto first = s->ask(wants("work"));
  ASSERT_TRUE(first->done());
  auto second = s->ask(wants("work"));
  EXPECT_EQ(notes(second->record()), "the breaker of agent d/bad opened: 2 failures in 120 s\n");
  EXPECT_EQ(view(s, "d/bad").breaker.state, breaker_state::open);
  // No further task is routed there, and whoever asks is told why.
  const auto calls = s.room.count("bad");
  auto third = s->ask(wants("work"));
  EXPECT_EQ(s.room.count("bad"), calls);
  EXPECT_EQ(said_of(third->record(), "d/bad"), verdict::breaker_open);
  EXPECT_EQ(because(third->record()), "the breaker of d/bad is open (2 failures in 120 s)");
  EXPECT_NE(s->api().metrics().find("troupe_breaker_open{kind=\"agent\",name=\"d/bad\""),
            std::string::npos);
  // After its cool-down one call goes there; it fails, so that the next cool-down begins.
  s->advance(30s);
  auto probe = s->ask(wants("work"));
  EXPECT_EQ(s.room.count("bad"), calls + 1);
  EXPECT_TRUE(probe->result().ok());
  EXPECT_EQ(notes(probe->record()),
            "the breaker of agent d/bad stays open: 2 failures in 120 s; the probe failed\n");
  s->ask(wants("work"));
  EXPECT_EQ(s.room.count("bad"), calls + 1);
  s.room.works.erase("bad");
  s->advance(30s);
  auto last = s->ask(wants("work"));
  EXPECT_EQ(last->result().text, "bad did work");
  EXPECT_EQ(notes(last->record()), "the breaker of agent d/bad closed: the probe succeeded\n");
  EXPECT_EQ(view(s, "d/bad").breaker.state, breaker_state::closed);
}

TEST(breakers, exactly_one_probe_passes_while_it_is_under_way) {
  auto d = two_for_one();
  d.agents[0].settings = {{"function", "script"}};
  d.agents[0].slots = 10;
  stage s{d};
  s.room.works["bad"] = failing(reason::unavailable);
  s->ask(wants("work"));
  s->ask(wants("work"));
  s.room.works.erase("bad");
  s->advance(30s);
  s.around->pool->held = true;
  std::vector<heard_ptr> all;
  for (int i = 0; i < 5; ++i)
    all.push_back(s->submit(wants("work")));
  s->run();
  EXPECT_EQ(s.around->pool->waiting(), 1u);
  std::size_t done = 0;
  for (const auto& t : all)
    done += t->done() ? 1 : 0;
  EXPECT_EQ(done, 4u);
  s.around->pool->held = false;
  s->run();
  for (const auto& t : all)
    EXPECT_TRUE(t->done() && t->result().ok());
}

TEST(breakers, a_crash_counts_once_however_many_calls_it_took_along) {
  auto a = an_agent("work", "script");
  a.slots = 8;
  auto d = a_domain("d", {a});
  d.breaker.failures = 3;
  d.breaker.rate = 0;
  stage s{d};
  s.around->pool->held = true;
  std::vector<heard_ptr> all;
  for (int i = 0; i < 8; ++i)
    all.push_back(s->submit(wants("work")));
  s->run();
  s->kill_agent("d/work");
  EXPECT_EQ(view(s, "d/work").breaker.state, breaker_state::closed);
  s.around->pool->held = false;
  s->advance(5s);
  for (const auto& t : all)
    EXPECT_TRUE(t->done() && t->result().ok());
}

TEST(breakers, agents_of_one_provider_share_its_breaker) {
  auto one = an_agent("one"), two = an_agent("two"), other = an_agent("other");
  one.card.skills = two.card.skills = other.card.skills = {"work"};
  one.provider = two.provider = "acme";
  auto d = a_domain("d", {one, two, other});
  d.routing.strategy = route_strategy::static_order;
  d.provider_breaker.failures = 2;
  stage s{d};
  s.room.works["one"] = s.room.works["two"] = failing(reason::rate_limited);
  ASSERT_TRUE(s->ask(wants("work"))->done());
  EXPECT_EQ(view(s, "d/two").provider.state, breaker_state::open);
  EXPECT_EQ(view(s, "d/one").breaker.state, breaker_state::closed);
  const auto calls = s.room.count("one") + s.room.count("two");
  auto t = s->ask(wants("work"));
  EXPECT_EQ(t->result().text, "other did work");
  EXPECT_EQ(s.room.count("one") + s.room.count("two"), calls);
  EXPECT_EQ(said_of(t->record(), "d/one"), verdict::breaker_open);
  EXPECT_EQ(said_of(t->record(), "d/two"), verdict::breaker_open);
}

TEST(breakers, timeouts_open_them_too) {
  auto a = an_agent("work", "script");
  a.slots = 4;
  auto d = a_domain("d", {a});
  d.step_timeout = 100ms;
  d.retry.max_retries = 0;
  d.breaker.failures = 2;
  d.breaker.rate = 0;
  stage s{d};
  s.around->pool->held = true;
  s->submit(wants("work"));
  s->advance(150ms);
  EXPECT_EQ(view(s, "d/work").breaker.state, breaker_state::closed);
  s->submit(wants("work"));
  s->advance(150ms);
  EXPECT_EQ(view(s, "d/work").breaker.state, breaker_state::open);
}

TEST(sanctions, a_quarantined_agent_comes_back_by_a_probe_even_over_a_restart) {
  auto d = two_for_one();
  d.on_failure[reason::contradiction] = {remedy::retry, std::nullopt, sanction::quarantine};
  stage s{d};
  s.room.works["bad"] = failing(reason::contradiction);
  auto t = s->ask(wants("work"));
  EXPECT_TRUE(t->result().ok());
  EXPECT_EQ(view(s, "d/bad").state, health::quarantined);
  EXPECT_EQ(notes(t->record()), "d/bad was quarantined after contradiction: as the test says\n");
  s->kill_agent("d/bad");
  EXPECT_EQ(view(s, "d/bad").state, health::quarantined);
  s->ask(wants("work"));
  EXPECT_EQ(s.room.count("bad"), 1u);
  s.room.works.erase("bad");
  s->advance(30s);
  EXPECT_EQ(s->ask(wants("work"))->result().text, "bad did work");
  EXPECT_EQ(view(s, "d/bad").state, health::up);
}

TEST(sanctions, a_person_returns_it_at_once) {
  auto d = two_for_one();
  d.on_failure[reason::contradiction] = {remedy::retry, std::nullopt, sanction::quarantine};
  stage s{d};
  s.room.works["bad"] = failing(reason::contradiction);
  s->ask(wants("work"));
  s.room.works.erase("bad");
  EXPECT_EQ(order(s, "d/bad", agent_order::return_), refusal::none);
  EXPECT_EQ(view(s, "d/bad").state, health::up);
  EXPECT_EQ(view(s, "d/bad").breaker.state, breaker_state::closed);
  EXPECT_EQ(s->ask(wants("work"))->result().text, "bad did work");
}

TEST(sanctions, a_restart_makes_a_new_instance_and_counts) {
  auto d = two_for_one();
  d.on_failure[reason::invalid_output] = {remedy::retry, std::nullopt, sanction::restart};
  stage s{d};
  s.room.works["bad"] = failing(reason::invalid_output);
  const auto made = s.room.made["bad"];
  auto t = s->ask(wants("work"));
  EXPECT_TRUE(t->result().ok());
  EXPECT_EQ(s.room.made["bad"], made + 1);
  EXPECT_EQ(view(s, "d/bad").incarnation, 2u);
  EXPECT_NE(notes(t->record()).find("d/bad is restarted after invalid_output"), std::string::npos);
}

TEST(sanctions, an_escalation_starts_the_branch_afresh_and_loses_no_task) {
  auto d = two_for_one();
  d.on_failure[reason::loop] = {remedy::back_off, std::nullopt, sanction::escalate};
  stage s{d};
  bool failed = false;
  s.room.works["bad"] = [&](const agent_call&) {
    return std::exchange(failed, true) ? say("well") : outcome::of({reason::loop, "again", {}});
  };
  auto t = s->ask(wants("work"));
  ASSERT_TRUE(t->done());
  EXPECT_TRUE(t->result().ok());
  EXPECT_EQ(view(s, "d/bad").incarnation, 2u);
  EXPECT_EQ(view(s, "d/good").incarnation, 2u);
  EXPECT_TRUE(s->failures.empty());
}

} // namespace breakers_cases
