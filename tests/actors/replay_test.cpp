// What a node recorded is what the interpreter decides again.
#include "policies/replay.hpp"
#include "tests/fixtures/plan_parts.hpp"
#include "tests/fixtures/stage.hpp"

#include <gtest/gtest.h>

using namespace troupe;
using namespace troupe::testing;
using namespace std::chrono_literals;

namespace replay_cases {

/// Look, then price and stock at once, then sell; `price` fails at first.
task_record_ptr a_sale(stage& s) {
  auto d = a_domain(
      "shop", {an_agent("look"), an_agent("price"), an_agent("stock"), an_agent("sell", "script")});
  const auto both = around(plan_op::parallel, "both", {step("price"), step("stock")});
  d.plans["buy"] = around(plan_op::sequence, "all", {step("look"), both, step("sell")});
  s.room.works["price"] = [](const agent_call& x) {
    return x.attempt == 1 ? outcome::of({reason::unavailable, "later", {}}) : say("12 crowns");
  };
  s.room.works["sell"] = [](const agent_call& x) {
    return say("sold for " + x.input["previous"]["both"]["text"].get<std::string>());
  };
  s.up(a_fleet(d));
  auto t = s->ask(wants("buy"));
  return t->done() ? t->ended.front() : nullptr;
}

TEST(replay, makes_every_recorded_decision_again) {
  stage s;
  const auto record = a_sale(s);
  ASSERT_TRUE(record);
  ASSERT_TRUE(record->result->ok());
  const auto x = replay(*record, nullptr);
  EXPECT_EQ(x.differences(), 0u);
  EXPECT_EQ(x.events.size(), record->history.size());
  EXPECT_TRUE(x.open.empty());
  ASSERT_TRUE(x.result);
  EXPECT_EQ(x.result->text, record->result->text);
}

TEST(replay, says_where_a_record_is_not_what_is_decided) {
  stage s;
  const auto record = a_sale(s);
  ASSERT_TRUE(record);
  auto changed = *record;
  auto other = *changed.result;
  other.text = "something else";
  changed.history.back().body = std::make_shared<const outcome>(other);
  EXPECT_EQ(replay(changed, nullptr).differences(), 1u);
  // Without its first assignment, what came back belongs to nothing.
  changed = *record;
  std::erase_if(changed.history, [done = false](const event& e) mutable {
    return !done && e.kind == event_kind::assigned && (done = true);
  });
  EXPECT_GT(replay(changed, nullptr).differences(), 0u);
  // A step that nobody wanted.
  changed = *record;
  changed.history[2].step = 4;
  EXPECT_GT(replay(changed, nullptr).differences(), 0u);
}

TEST(replay, stops_where_it_is_told_to) {
  stage s;
  const auto record = a_sale(s);
  ASSERT_TRUE(record);
  const auto two = replay(*record, nullptr, {2, {}});
  EXPECT_TRUE(two.stopped);
  EXPECT_EQ(two.events.size(), 2u);
  const auto looked = replay(*record, nullptr, {0, "look"});
  EXPECT_TRUE(looked.stopped);
  ASSERT_TRUE(looked.run);
  const auto& how = looked.run->how();
  for (std::uint32_t i = 0; i < how.steps.size(); ++i) {
    const auto& name = how.steps[i].node.name;
    if (name == "look" || name == "sell") {
      EXPECT_EQ(looked.run->step(i).status, name == "look" ? step_status::done : step_status::idle);
    }
  }
  EXPECT_FALSE(looked.result);
}

TEST(replay, goes_on_with_other_answers_as_far_as_there_are_recorded_ones) {
  stage s;
  const auto record = a_sale(s);
  ASSERT_TRUE(record);
  const auto same = replay_with(*record, {});
  ASSERT_TRUE(same.result);
  EXPECT_EQ(same.result->text, record->result->text);
  const auto dearer = replay_with(*record, {{"shop/sell", {say("sold for nothing")}}});
  ASSERT_TRUE(dearer.result);
  EXPECT_NE(dearer.result->text.find("sold for nothing"), std::string::npos);
  // Looking fails for good: nothing after it is reached, and the plan ends so.
  const auto blind =
      replay_with(*record, {{"shop/look", {outcome::of({reason::invalid_input, "no eyes", {}})}}});
  ASSERT_TRUE(blind.result);
  EXPECT_EQ(blind.result->failed.why, reason::invalid_input);
  // It fails once more than there are answers.
  const auto stuck =
      replay_with(*record, {{"shop/look", {outcome::of({reason::unavailable, "come back", {}})}}});
  EXPECT_FALSE(stuck.result);
  ASSERT_EQ(stuck.open.size(), 1u);
  EXPECT_NE(stuck.open[0].find("has no further answer"), std::string::npos);
}

TEST(replay, knows_an_agent_of_a_later_version_by_what_people_call_it) {
  stage s;
  auto record = *a_sale(s);
  for (auto& e : record.history)
    if (const auto* r = e.get<route>(); r && r->agent == "shop/sell") {
      auto later = *r;
      later.agent = "shop/sell@3#2";
      e.body = route_ptr{std::make_shared<const route>(std::move(later))};
    }
  for (const auto* name : {"shop/sell", "shop/sell@3"}) {
    const auto other = replay_with(record, {{name, {say("sold for nothing")}}});
    ASSERT_TRUE(other.result) << name;
    EXPECT_NE(other.result->text.find("sold for nothing"), std::string::npos) << name;
  }
  const auto former = replay_with(record, {{"shop/sell@2", {say("sold for nothing")}}});
  ASSERT_TRUE(former.result);
  EXPECT_EQ(former.result->text, record.result->text);
}

} // namespace replay_cases
