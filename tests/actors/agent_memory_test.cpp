// What an agent knows of a call whose caller has gone: a successor asks for it.
#include "tests/actors/agent_caller.hpp"

#include <gtest/gtest.h>

using namespace troupe;
using namespace troupe::testing;
using namespace std::chrono_literals;

namespace agent_memory_cases {

TEST(agent, answers_a_successor_of_its_caller_without_beginning_anew) {
  auto a = an_agent("work", "script");
  a.slots = 1;
  stage s{a_domain("d", {a})};
  s.around->pool->held = true;
  caller before{*s};
  before.call(*s, "d/work", 1);
  before.call(*s, "d/work", 2);
  s->advance(100ms);
  // The first is being worked on, the second waits, the third is new.
  caller after{*s};
  for (std::uint64_t i = 1; i <= 3; ++i)
    after.call(*s, "d/work", i, 10s, priority::medium, true);
  s.around->pool->held = false;
  s->run();
  EXPECT_EQ(after.ended.size(), 3u);
  EXPECT_TRUE(before.ended.empty());
  EXPECT_EQ(s.room.count("work"), 3u);
}

TEST(agent, keeps_an_answer_that_took_long_for_a_successor_of_its_caller) {
  stage s{a_domain("d", {an_agent("work", "script")})};
  s.around->pool->held = true;
  caller before{*s};
  before.call(*s, "d/work", 1);
  s->advance(100ms);
  s.around->pool->held = false;
  s->run();
  before.call(*s, "d/work", 2);
  ASSERT_EQ(s.room.count("work"), 2u);
  caller after{*s};
  after.call(*s, "d/work", 1, 10s, priority::medium, true);
  EXPECT_EQ(s.room.count("work"), 2u);
  ASSERT_EQ(after.ended.size(), 1u);
  EXPECT_EQ(after.ended[0].x, before.ended[0].x);
  // What took no time is made again, and so is whatever nobody has asked for in time.
  after.call(*s, "d/work", 2, 10s, priority::medium, true);
  EXPECT_EQ(s.room.count("work"), 3u);
  s->advance(11s);
  after.call(*s, "d/work", 1, 10s, priority::medium, true);
  EXPECT_EQ(s.room.count("work"), 4u);
}

domain_spec acting(effects does) {
  auto a = an_agent("work", "script");
  a.slots = 1;
  a.card.does = does;
  return a_domain("d", {a});
}

TEST(agent, never_begins_an_act_that_is_claimed) {
  for (const auto does : {effects::idempotent, effects::queryable, effects::unsafe}) {
    stage s{acting(does)};
    s.around->pool->held = true;
    caller before{*s};
    before.call(*s, "d/work", 1, 10s, priority::medium, false, "t1/0/0");
    before.call(*s, "d/work", 2, 10s, priority::medium, false, "t2/0/0");
    // The first is under way, the second waits, the third has not come yet.
    caller after{*s};
    for (std::uint64_t i = 1; i <= 3; ++i)
      after.claim(*s, "d/work", i, "t" + std::to_string(i) + "/0/0", 1);
    EXPECT_EQ(after.not_here, std::vector<std::uint64_t>{3});
    before.call(*s, "d/work", 3, 10s, priority::medium, false, "t3/0/0");
    s.around->pool->held = false;
    s->run();
    EXPECT_EQ(after.ended.size(), 2u);
    for (const auto& x : after.ended)
      EXPECT_TRUE(x.x->ok());
    ASSERT_EQ(before.ended.size(), 1u);
    EXPECT_EQ(before.ended[0].call, 3u);
    EXPECT_EQ(before.ended[0].x->failed.why, reason::cancelled);
    EXPECT_EQ(s.room.count("work"), 2u) << to_string(does);
  }
}

TEST(agent, keeps_what_came_of_an_act_however_quick_it_was) {
  stage s{acting(effects::unsafe)};
  caller before{*s};
  before.call(*s, "d/work", 1, 10s, priority::medium, false, "t1/0/0");
  ASSERT_EQ(before.ended.size(), 1u);
  caller after{*s};
  after.claim(*s, "d/work", 1, "t1/0/0", 1);
  ASSERT_EQ(after.ended.size(), 1u);
  EXPECT_EQ(after.ended[0].x, before.ended[0].x);
  s->advance(11s);
  after.claim(*s, "d/work", 1, "t1/0/0", 1);
  EXPECT_EQ(after.not_here, std::vector<std::uint64_t>{1});
  EXPECT_EQ(s.room.count("work"), 1u);
}

TEST(agent, gives_an_act_to_no_owner_of_an_older_epoch) {
  stage s{acting(effects::unsafe)};
  s.around->pool->held = true;
  caller before{*s};
  before.call(*s, "d/work", 1, 10s, priority::medium, false, "t1/0/0");
  caller now{*s};
  now.claim(*s, "d/work", 1, "t1/0/0", 7);
  caller late{*s};
  late.claim(*s, "d/work", 1, "t1/0/0", 6);
  EXPECT_EQ(late.not_here, std::vector<std::uint64_t>{1});
  s.around->pool->held = false;
  s->run();
  EXPECT_EQ(now.ended.size(), 1u);
  EXPECT_TRUE(late.ended.empty());
  EXPECT_TRUE(before.ended.empty());
}

TEST(agent, counts_the_calls_that_it_has_itself) {
  stage s{acting(effects::unsafe)};
  s.around->pool->held = true;
  {
    caller gone{*s};
    gone.call(*s, "d/work", 1, 10s, priority::medium, false, "t1/0/0");
    gone.call(*s, "d/work", 2, 10s, priority::medium, false, "t2/0/0");
  }
  const auto place = s->seat_of("d/work");
  EXPECT_EQ(place->held.load(), 2u);
  s->kill_agent("d/work");
  s->advance(1s);
  EXPECT_EQ(place->held.load(), 0u) << "its next incarnation has none";
  s.around->pool->held = false;
}

TEST(agent, is_asked_what_came_of_a_call_when_that_has_ended) {
  auto a = an_agent("work", "script");
  a.slots = 2;
  a.card.does = effects::queryable;
  stage s{a_domain("d", {a})};
  std::vector<bool> queries;
  s.room.works["work"] = [&](const agent_call& x) {
    queries.push_back(x.query);
    return say("done", {{"happened", true}, {"result", json::object()}});
  };
  s.around->pool->held = true;
  caller former{*s};
  former.call(*s, "d/work", 1, 10s, priority::medium, false, "t1/0/0");
  caller now{*s};
  now.call(*s, "d/work", 2, 10s, priority::medium, false, "t1/0/0", true);
  now.call(*s, "d/work", 3, 10s, priority::medium, false, "t3/0/0", true);
  // One slot is free, and only the question about another call may have it.
  EXPECT_EQ(s.around->pool->waiting(), 2u);
  s.around->pool->held = false;
  s->advance(1s);
  EXPECT_EQ(now.ended.size(), 2u);
  ASSERT_EQ(queries.size(), 3u);
  EXPECT_FALSE(queries[0]);
}

TEST(agent, does_not_begin_what_it_was_asked_about_before) {
  auto a = an_agent("work", "script");
  a.card.does = effects::queryable;
  stage s{a_domain("d", {a})};
  std::vector<std::string> acted;
  s.room.works["work"] = [&](const agent_call& x) {
    if (!x.query)
      acted.push_back(x.text);
    return say("done", {{"happened", false}});
  };
  s.around->pool->held = true;
  caller former{*s};
  former.call(*s, "d/work", 1);
  former.call(*s, "d/work", 2, 10s, priority::medium, false, "t2/0/0");
  caller now{*s};
  now.call(*s, "d/work", 3, 10s, priority::medium, false, "t2/0/0", true);
  s.around->pool->held = false;
  s->advance(1s);
  EXPECT_EQ(acted, std::vector<std::string>{"1"});
  ASSERT_EQ(now.ended.size(), 1u);
  EXPECT_EQ(former.ended.size(), 2u);
}

TEST(agent, is_asked_what_a_former_incarnation_did_when_that_is_over) {
  auto a = an_agent("work", "script");
  a.card.does = effects::queryable;
  stage s{a_domain("d", {a})};
  // A thread that nobody can end is still at it.
  auto act = s->shipped().parts()->acts->begin("t1/0/0");
  caller now{*s};
  now.call(*s, "d/work", 1, 10s, priority::medium, false, "t1/0/0", true);
  s->advance(1s);
  EXPECT_TRUE(now.ended.empty());
  act = nullptr;
  s->advance(100ms);
  EXPECT_EQ(now.ended.size(), 1u);
}

} // namespace agent_memory_cases
