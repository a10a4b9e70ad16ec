// Agents as the orchestrator meets them: slots, queues, crashes, hangs, bad answers.
#include "tests/actors/agent_caller.hpp"

#include <gtest/gtest.h>

#include <cmath>

using namespace troupe;
using namespace troupe::testing;
using namespace std::chrono_literals;

namespace agent_cases {

domain_spec no_retries(domain_spec d) {
  d.retry.max_retries = 0;
  return d;
}

TEST(agent, takes_as_many_calls_as_it_has_slots_and_queues_and_refuses_beyond) {
  auto a = an_agent("work", "script");
  a.slots = 2;
  a.queue_limit = 1;
  stage s{a_domain("d", {a})};
  s.around->pool->held = true;
  caller c{*s};
  for (std::uint64_t i = 1; i <= 4; ++i)
    c.call(*s, "d/work", i);
  EXPECT_EQ(s.around->pool->waiting(), 2u);
  ASSERT_EQ(c.ended.size(), 1u);
  EXPECT_EQ(c.ended[0].call, 4u);
  EXPECT_EQ(c.ended[0].x->failed.why, reason::rate_limited);
  s.around->pool->held = false;
  s->run();
  EXPECT_EQ(c.ended.size(), 4u);
  EXPECT_EQ(s.room.count("work"), 3u);
}

TEST(agent, takes_the_most_urgent_call_first_and_equals_in_order) {
  stage s{a_domain("d", {an_agent("work", "script")})};
  s.around->pool->held = true;
  caller c{*s};
  c.call(*s, "d/work", 1);
  c.call(*s, "d/work", 2, 10s, priority::low);
  c.call(*s, "d/work", 3, 10s, priority::medium);
  c.call(*s, "d/work", 4, 10s, priority::urgent);
  c.call(*s, "d/work", 5, 10s, priority::medium);
  c.call(*s, "d/work", 6, 10s, priority::high);
  s.around->pool->held = false;
  s->run();
  std::vector<std::uint64_t> order;
  for (const auto& x : c.ended)
    order.push_back(x.call);
  EXPECT_EQ(order, (std::vector<std::uint64_t>{1, 4, 6, 3, 5, 2}));
}

TEST(agent, does_not_begin_what_comes_or_waits_too_long) {
  stage s{a_domain("d", {an_agent("work", "script")})};
  s.around->pool->held = true;
  caller c{*s};
  c.call(*s, "d/work", 1, 0ms);
  ASSERT_EQ(c.ended.size(), 1u);
  EXPECT_EQ(c.ended[0].x->failed.why, reason::timeout);
  c.call(*s, "d/work", 2);
  c.call(*s, "d/work", 3, 50ms);
  s->advance(60ms);
  s.around->pool->held = false;
  s->run();
  ASSERT_EQ(c.ended.size(), 3u);
  EXPECT_EQ(c.ended[2].call, 3u);
  EXPECT_EQ(c.ended[2].x->failed.why, reason::timeout);
  EXPECT_EQ(s.room.count("work"), 1u);
}

TEST(agent, a_call_lasts_no_longer_than_the_agent_s_own_timeout) {
  auto a = an_agent("work", "script");
  a.timeout = 5s;
  stage s{a_domain("d", {a})};
  std::vector<milliseconds> given;
  s.room.works["work"] = [&](const agent_call& x) -> outcome {
    given.push_back(std::chrono::duration_cast<milliseconds>(x.deadline - s->now()));
    return say("done");
  };
  caller c{*s};
  c.call(*s, "d/work", 1, 10s);
  c.call(*s, "d/work", 2, 2s);
  EXPECT_EQ(given, (std::vector<milliseconds>{5s, 2s}));
  // The time that a call waits for a slot is not the agent's.
  s.around->pool->held = true;
  c.call(*s, "d/work", 3, 20s);
  c.call(*s, "d/work", 4, 20s);
  s->advance(4s);
  s.around->pool->held = false;
  s->run();
  ASSERT_EQ(c.ended.size(), 4u);
  EXPECT_TRUE(c.ended[3].x->ok());
}

TEST(agent, a_call_that_outlasts_the_agent_s_timeout_is_ended_without_the_others) {
  auto a = an_agent("work", "script");
  a.timeout = 1s;
  a.slots = 2;
  stage s{a_domain("d", {a})};
  s.around->pool->held = true;
  const auto before = s->seat_of("d/work")->now().incarnation;
  caller c{*s};
  c.call(*s, "d/work", 1, 20s);
  s->advance(500ms);
  c.call(*s, "d/work", 2, 20s);
  c.call(*s, "d/work", 3, 20s);
  s->advance(700ms);
  ASSERT_EQ(c.ended.size(), 1u);
  EXPECT_EQ(c.ended[0].call, 1u);
  EXPECT_EQ(c.ended[0].x->failed.why, reason::timeout);
  // Its function cannot be stopped and has a slot still; it was given time, so it does not hang.
  c.call(*s, "d/work", 4, 20s);
  EXPECT_EQ(s->seat_of("d/work")->now().incarnation, before);
  s.around->pool->held = false;
  s->run();
  ASSERT_EQ(c.ended.size(), 4u);
  for (std::size_t i = 1; i < 4; ++i)
    EXPECT_TRUE(c.ended[i].x->ok()) << c.ended[i].call;
  EXPECT_EQ(s->seat_of("d/work")->now().incarnation, before);
  // Who has nothing else to do is replaced at once.
  s.around->pool->held = true;
  c.call(*s, "d/work", 5, 20s);
  s->advance(1200ms);
  ASSERT_EQ(c.ended.size(), 5u);
  EXPECT_EQ(c.ended[4].x->failed.why, reason::timeout);
  EXPECT_EQ(s->seat_of("d/work")->now().incarnation, before + 1);
}

TEST(agent, a_call_that_cannot_be_stopped_has_its_slot_no_longer_than_it_was_given_time) {
  auto a = an_agent("work", "script");
  a.timeout = 1s;
  a.slots = 1;
  stage s{a_domain("d", {a})};
  s.around->pool->held = true;
  const auto before = s->seat_of("d/work")->now().incarnation;
  caller c{*s};
  c.call(*s, "d/work", 1, 5s);
  c.call(*s, "d/work", 2, 20s);
  s->advance(4900ms);
  ASSERT_EQ(c.ended.size(), 1u);
  EXPECT_EQ(c.ended[0].x->failed.why, reason::timeout);
  EXPECT_EQ(s->seat_of("d/work")->now().incarnation, before);
  s->advance(200ms);
  EXPECT_EQ(s->seat_of("d/work")->now().incarnation, before + 1);
}

TEST(agent, a_crash_is_told_to_the_orchestrator_and_the_step_is_tried_elsewhere) {
  auto a = an_agent("work", "script");
  a.replicas = 2;
  stage s{a_domain("d", {a})};
  int calls = 0;
  s.room.works["work"] = [&](const agent_call&) -> outcome {
    if (++calls == 1)
      throw std::runtime_error{"boom"};
    return say("done");
  };
  auto t = s->ask(wants("work"));
  ASSERT_TRUE(t->done());
  EXPECT_EQ(t->result().text, "done");
  const auto& history = t->record().history;
  std::vector<std::string> agents;
  std::string detail;
  for (const auto& e : history) {
    if (const auto* r = e.get<route>())
      agents.push_back(r->agent);
    if (const auto* f = e.get<failure>())
      detail = f->detail;
  }
  ASSERT_EQ(agents.size(), 2u);
  EXPECT_NE(agents[0], agents[1]);
  EXPECT_NE(detail.find("boom"), std::string::npos) << detail;
  EXPECT_EQ(s.room.made["work"], 3);
  for (const auto& x : s->api().agents())
    EXPECT_EQ(x.load, 0u) << x.name;
}

TEST(agent, that_hangs_is_replaced_and_the_step_is_tried_again) {
  auto d = a_domain("d", {an_agent("work", "script")});
  d.step_timeout = 100ms;
  stage s{d};
  s.around->pool->held = true;
  auto t = s->submit(wants("work"));
  s->run();
  const auto before = s->seat_of("d/work")->now().incarnation;
  s->advance(150ms);
  EXPECT_EQ(s->seat_of("d/work")->now().incarnation, before + 1);
  s.around->pool->held = false;
  s->advance(2s);
  ASSERT_TRUE(t->done());
  EXPECT_EQ(t->record().state, task_state::completed);
  EXPECT_EQ(story(t->record(), true),
            (std::vector<std::string>{"0 accepted", "0 planned", "0 assigned d/work", "101 time_up",
                                      "1102 retry_due", "1102 assigned d/work",
                                      "1102 step_completed", "1102 finished"}));
  EXPECT_EQ(s->seat_of("d/work")->load.load(), 0u);
}

TEST(agent, bad_answers_are_failures_with_their_reason) {
  auto a = an_agent("work", "script");
  a.min_confidence = 0.6;
  stage s{no_retries(a_domain("d", {a}))};
  const auto reason_for = [&](outcome x) {
    s.room.works["work"] = [x](const agent_call&) { return x; };
    auto t = s->ask(wants("work"));
    return t->done() ? t->result().failed.why : reason::cancelled;
  };
  EXPECT_EQ(reason_for(say("sure", nullptr, 0.6)), reason::none);
  EXPECT_EQ(reason_for(say("unsure", nullptr, 0.59)), reason::low_confidence);
  EXPECT_EQ(reason_for(say("list", json::array({1}))), reason::invalid_output);
  EXPECT_EQ(reason_for(say("too sure", nullptr, 1.5)), reason::invalid_output);
  EXPECT_EQ(reason_for(say("odd", nullptr, std::nan(""))), reason::invalid_output);
  EXPECT_EQ(reason_for(outcome::of({reason::invalid_input, "no", {}})), reason::invalid_input);
}

TEST(agent, is_told_no_more_of_the_context_than_it_reads) {
  auto a = an_agent("work");
  a.reads = {"order_id"};
  auto d = a_domain("d", {a});
  d.context = {{"order_id", {}}, {"card_number", {}}};
  stage s{d};
  auto r = wants("work");
  r.data = {{"context", {{"order_id", "A-1"}, {"card_number", "4111"}}}, {"note", "x"}};
  ASSERT_TRUE(s->ask(r)->done());
  const auto& call = s.room.calls.at(0).second;
  EXPECT_EQ(call.context, (json{{"order_id", "A-1"}}));
  EXPECT_EQ(call.input.dump().find("4111"), std::string::npos);
  EXPECT_EQ(call.input.value("note", ""), "x");
}

TEST(agent, a_pool_that_is_full_is_a_reason_to_come_back_later) {
  stage s{a_domain("d", {an_agent("work", "script")})};
  s.around->pool->full = true;
  auto t = s->submit(wants("work"));
  s->advance(500ms);
  EXPECT_EQ(t->finals(), 0u);
  s.around->pool->full = false;
  s->advance(600ms);
  ASSERT_TRUE(t->done());
  EXPECT_TRUE(t->result().ok());
}

TEST(agent, cancelling_a_task_stops_its_call) {
  stage s{a_domain("d", {an_agent("work", "script")})};
  s.around->pool->held = true;
  auto t = s->submit(wants("work"));
  auto u = s->submit(wants("work"));
  s->run();
  EXPECT_EQ(s->seat_of("d/work")->load.load(), 2u);
  EXPECT_EQ(s->cancel(u->id()), refusal::none);
  ASSERT_TRUE(u->done());
  EXPECT_EQ(u->record().state, task_state::canceled);
  EXPECT_EQ(s->seat_of("d/work")->load.load(), 1u);
  EXPECT_EQ(s->cancel(t->id()), refusal::none);
  ASSERT_TRUE(t->done());
  s.around->pool->held = false;
  s->run();
  EXPECT_EQ(s->seat_of("d/work")->load.load(), 0u);
  EXPECT_EQ(s->cancel(t->id()), refusal::conflict);
  EXPECT_EQ(s->cancel("0000000000000000000000000000"), refusal::unknown_task);
}

} // namespace agent_cases
