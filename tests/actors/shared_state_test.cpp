// What several agents write into one field of the context.
#include "tests/fixtures/plan_parts.hpp"
#include "tests/fixtures/stage.hpp"

#include <gtest/gtest.h>

using namespace troupe;
using namespace troupe::testing;
using namespace std::chrono_literals;

namespace shared_state_cases {

/// Two agents at the same time that both set `total`.
domain_spec two_writers(state_merge how) {
  auto d = a_domain("d", {an_agent("left", "script"), an_agent("right", "script")});
  d.plans["all"] = around(plan_op::parallel, "both", {step("left"), step("right")});
  d.context["total"] = {"integer", how, false, false, {}, {}};
  for (auto& a : d.agents)
    a.writes = a.reads = {"total"};
  return d;
}

/// One turn of the session `talk`.
task_request a_turn() {
  auto r = wants("all");
  r.context_id = "talk";
  return r;
}

void add(script_room& room, const std::string& agent, int n) {
  room.works[agent] = [n](const agent_call& x) {
    return say("", {{"context", {{"total", x.context.value("total", 0) + n}}}});
  };
}

TEST(shared_state, two_writers_at_once_end_in_one_merged_value) {
  stage s{two_writers(state_merge::sum)};
  add(s.room, "left", 3);
  add(s.room, "right", 4);
  auto r = a_turn();
  r.data = {{"context", {{"total", 10}}}};
  auto t = s->ask(r);
  ASSERT_TRUE(t->done());
  EXPECT_EQ(s->session("talk").what->context.at("total"), 17);
}

TEST(shared_state, without_a_merge_the_later_writer_fails_as_a_contradiction) {
  stage s{two_writers(state_merge::none)};
  add(s.room, "left", 3);
  add(s.room, "right", 4);
  auto t = s->ask(a_turn());
  ASSERT_TRUE(t->done());
  const auto& record = t->record();
  EXPECT_TRUE(record.result->partial);
  EXPECT_EQ(record.result->data.at("missing").at(0).at("reason"), "contradiction");
  EXPECT_EQ(s->session("talk").what->context.at("total"), 3);
}

TEST(shared_state, a_write_that_is_found_out_later_is_not_lost_in_silence) {
  auto d = two_writers(state_merge::none);
  d.agents[0].card.does = effects::queryable;
  stage s{d};
  s.room.works["left"] = [](const agent_call& x) {
    if (!x.query)
      return outcome::of({reason::timeout, "the line went dead", {}});
    return say("", {{"happened", true}, {"result", {{"context", {{"total", 3}}}}}});
  };
  add(s.room, "right", 4);
  s.around->pool->held = true;
  auto t = s->submit(a_turn());
  s->run();
  ASSERT_EQ(s.around->pool->waiting(), 2u);
  // The left one is asked what it has done while the right one sets what both want to set.
  s.around->pool->held = false;
  s->advance(10s);
  ASSERT_TRUE(t->done());
  const auto& record = t->record();
  EXPECT_EQ(s.room.count("left"), 2u);
  EXPECT_TRUE(record.result->partial);
  EXPECT_EQ(record.result->data.at("missing").at(0).at("reason"), "contradiction");
  EXPECT_EQ(s->session("talk").what->context.at("total"), 4);
}

TEST(shared_state, no_write_is_lost_or_counted_twice_by_a_crash_between_the_two) {
  for (const bool applies : {false, true}) {
    stage s{two_writers(state_merge::sum)};
    add(s.room, "left", 3);
    add(s.room, "right", 4);
    s.around->pool->held = true;
    auto t = s->submit(a_turn());
    s->run();
    ASSERT_EQ(s.around->pool->waiting(), 2u);
    s.around->pool->held = false;
    s.around->disk->crash_at = s.around->disk->writes + 1;
    s.around->disk->crash_applies = applies;
    s->run();
    ASSERT_TRUE(s.around->disk->crashed);
    s.crash();
    s->advance(30s);
    const auto record = s->find(t->id());
    ASSERT_TRUE(record);
    EXPECT_EQ(record->state, task_state::completed);
    EXPECT_EQ(s->session("talk").what->context.at("total"), 7);
  }
}

/// A list of which every item adds one to `total`, a few at a time.
domain_spec a_count(effects does) {
  auto adder = an_agent("add", "script");
  adder.slots = 8;
  adder.card.does = does;
  auto d = a_domain("d", {adder});
  auto items = around(plan_op::map, "items", {step("add")});
  items.items = "/input/list";
  items.at_once = 8;
  d.plans["all"] = items;
  d.context["total"] = {"integer", state_merge::sum, false, false, {}, {}};
  d.agents[0].writes = d.agents[0].reads = {"total"};
  return d;
}

task_request a_long_turn(std::size_t items) {
  auto r = a_turn();
  r.data = {{"list", json::array()}};
  for (std::size_t i = 0; i < items; ++i)
    r.data["list"].push_back(i);
  return r;
}

TEST(shared_state, every_item_of_a_list_adds_to_what_it_was_shown) {
  for (const auto does : {effects::none, effects::idempotent}) {
    stage s{a_count(does)};
    add(s.room, "add", 1);
    auto t = s->ask(a_long_turn(40));
    ASSERT_TRUE(t->done());
    EXPECT_EQ(s->session("talk").what->context.at("total"), 40) << to_string(does);
  }
}

TEST(shared_state, no_item_is_lost_or_counted_twice_when_the_machine_stops) {
  for (const auto keep : {durability::step, durability::task})
    for (const auto does : {effects::none, effects::idempotent})
      for (const std::uint64_t after : {2u, 4u, 6u}) {
        auto d = a_count(does);
        d.keep = keep;
        stage s{d};
        add(s.room, "add", 1);
        s.around->disk->crash_at = s.around->disk->writes + after;
        auto t = s->submit(a_long_turn(40));
        s->advance(5s);
        if (!s.around->disk->crashed)
          continue;
        s.crash();
        s->advance(30s);
        const auto record = s->find(t->id());
        if (!record)
          continue; // It was not accepted.
        EXPECT_EQ(record->state, task_state::completed);
        EXPECT_EQ(s->session("talk").what->context.at("total"), 40)
            << to_string(keep) << " " << to_string(does) << " " << after;
      }
}

TEST(shared_state, ephemeral_fields_reach_neither_session_nor_caller) {
  auto d = two_writers(state_merge::sum);
  d.context["total"].ephemeral = true;
  d.plans["all"] = around(plan_op::sequence, "line", {step("left"), step("right")});
  d.context["kept"] = {"integer", state_merge::none, false, false, {}, {}};
  d.agents[1].writes = {"kept"};
  stage s{d};
  add(s.room, "left", 3);
  s.room.works["right"] = [](const agent_call& x) {
    return say("", {{"context", {{"kept", x.context.at("total")}}}});
  };
  auto t = s->ask(a_turn());
  ASSERT_TRUE(t->done());
  EXPECT_EQ(s->session("talk").what->context, (json{{"kept", 3}}));
}

} // namespace shared_state_cases
