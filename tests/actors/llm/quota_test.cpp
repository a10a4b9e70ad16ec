// A provider's limits, kept by nodes that know of each other only what they tell.
#include "tests/actors/llm/quota_stage.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace troupe {
namespace {

using namespace troupe::testing;
using namespace std::chrono_literals;

TEST(quota, a_node_that_is_alone_uses_what_there_is_and_no_more) {
  quota_stage s{{"A"}, a_minute(120)};
  s.world.way = 300ms;
  s.keep_asking("A", 300);
  s.pass(2min);
  const auto from = s.now();
  s.pass(5min);
  EXPECT_LE(s.world.most_in_a_minute(), 120u);
  EXPECT_GE(s.used(from, s.now()), 0.95);
}

TEST(quota, three_nodes_keep_one_limit_together) {
  quota_stage s{{"A", "B", "C"}, a_minute(120)};
  s.world.way = 300ms;
  s.keep_asking("A", 100);
  s.keep_asking("B", 100);
  s.keep_asking("C", 100);
  s.pass(2min);
  const auto from = s.now();
  s.pass(5min);
  EXPECT_LE(s.world.most_in_a_minute(), 120u);
  EXPECT_GE(s.used(from, s.now()), 0.95);
  for (const auto& node : s.all)
    EXPECT_NEAR(static_cast<double>(s.world.between(from, s.now(), node)), 200, 40) << node;
}

TEST(quota, the_limit_goes_where_the_work_is) {
  quota_stage s{{"A", "B", "C"}, a_minute(120)};
  s.keep_asking("A", 60);
  s.pass(3min);
  s.loops.front().most = 0;
  s.keep_asking("B", 300);
  s.pass(3min);
  const auto from = s.now();
  s.pass(3min);
  EXPECT_LE(s.world.most_in_a_minute(), 120u);
  EXPECT_GE(s.used(from, s.now()), 0.95);
  EXPECT_GT(s.world.between(from, s.now(), "B"), 330u);
}

TEST(quota, a_request_that_finds_room_goes_at_once) {
  for (const auto& nodes : {std::vector<std::string>{"A"}, {"A", "B", "C"}}) {
    quota_stage s{nodes, a_minute(120)};
    s.pass(3s);
    const auto x = s.ask("A", s.caller(priority::low, "t"));
    s.pass(1s);
    ASSERT_TRUE(x->ended);
    EXPECT_LE(s.world.arrivals.front().first - x->at, 20ms);
  }
}

TEST(quota, the_urgent_wait_a_tenth_of_what_batch_waits) {
  quota_stage s{{"A", "B"}, a_minute(240)};
  for (const auto& node : s.all)
    s.keep_asking(node, 150, priority::low, "batch");
  s.pass(2min);
  auto& urgent = s.keep_asking("A", 1, priority::urgent, "vip");
  auto& batch = s.loops.front();
  batch.done.clear();
  s.pass(4min);
  const auto p99 = [](const quota_stage::loop& l) {
    std::vector<microseconds> waits;
    for (const auto& x : l.done)
      waits.push_back(*x->ended - x->at);
    std::sort(waits.begin(), waits.end());
    return waits.at(waits.size() * 99 / 100);
  };
  ASSERT_GT(urgent.done.size(), 100u);
  EXPECT_LE(p99(urgent) * 10, p99(batch));
  EXPECT_LE(s.world.most_in_a_minute(), 240u);
}

TEST(quota, tenants_get_the_same_wherever_they_are) {
  quota_stage s{{"A", "B"}, a_minute(120)};
  s.keep_asking("A", 200, priority::medium, "flood");
  auto& small = s.keep_asking("B", 40, priority::medium, "small");
  s.pass(2min);
  small.done.clear();
  s.pass(5min);
  EXPECT_GE(small.done.size(), 240u) << "half of five minutes is 300";
  EXPECT_LE(s.world.most_in_a_minute(), 120u);
}

TEST(quota, retry_after_freezes_all_nodes) {
  quota_stage s{{"A", "B", "C"}, a_minute(600)};
  for (const auto& node : s.all)
    s.keep_asking(node, 5);
  s.pass(2s);
  s.world.limited = 1;
  s.world.retry_after = 20s;
  while (s.world.limited > 0)
    s.pass(20ms);
  s.pass(1s); // Its answer comes, and is told.
  const auto from = s.now();
  s.pass(18s);
  EXPECT_EQ(s.world.between(from, s.now()), 0u);
  s.pass(5s);
  for (const auto& node : s.all)
    EXPECT_GT(s.world.between(from, s.now(), node), 0u) << node;
}

TEST(quota, who_cannot_wait_for_the_end_of_a_freeze_hears_so_at_once) {
  quota_stage s{{"A"}, a_minute(600)};
  s.world.limited = 1;
  s.world.retry_after = 60s;
  s.ask("A", s.caller(priority::medium, "t"));
  s.pass(1s);
  const auto x = s.ask("A", s.caller(priority::medium, "t"), 10s);
  s.pass(100ms);
  ASSERT_EQ(x->answers, 1);
  EXPECT_EQ(x->said.error, model_error::rate_limited);
  EXPECT_GT(x->said.retry_after, 55s);
}

TEST(quota, deadlines_and_cancelling_are_heard_while_waiting) {
  quota_stage s{{"A"}, a_minute(1)};
  s.ask("A", s.caller(priority::medium, "t"));
  s.pass(1s);
  const auto late = s.ask("A", s.caller(priority::medium, "t"), 5s);
  const auto unwanted = s.ask("A", s.caller(priority::medium, "t"));
  const auto id = s.last_id;
  s.pass(1s);
  s.machines.at("A").parts->models->cancel(id);
  s.pass(1s);
  ASSERT_EQ(unwanted->answers, 1);
  EXPECT_EQ(unwanted->said.error, model_error::cancelled);
  EXPECT_TRUE(unwanted->said.unsent) << "it has cost nothing";
  EXPECT_EQ(late->answers, 0);
  s.pass(4s);
  ASSERT_EQ(late->answers, 1);
  EXPECT_EQ(late->said.error, model_error::rate_limited);
  EXPECT_GT(late->said.retry_after, 0s);
  s.pass(3min);
  EXPECT_EQ(s.world.arrivals.size(), 1u) << "nobody wants the others";
}

TEST(quota, one_that_is_under_way_can_be_cancelled) {
  quota_stage s{{"A"}, {0, 0, 1}};
  s.world.thinks = 60s;
  const auto first = s.ask("A", s.caller(priority::medium, "t"));
  const auto id = s.last_id;
  const auto second = s.ask("A", s.caller(priority::medium, "t"));
  s.pass(1s);
  EXPECT_EQ(s.world.arrivals.size(), 1u);
  s.machines.at("A").parts->models->cancel(id);
  s.pass(1s);
  EXPECT_EQ(first->said.error, model_error::cancelled);
  EXPECT_EQ(first->answers, 1);
  EXPECT_EQ(s.world.arrivals.size(), 2u) << "its place is free";
}

TEST(quota, so_many_wait_and_no_more) {
  quota_stage s{{"A"}, a_minute(1), [](provider_spec& p) { p.queue_limit = 10; }};
  std::vector<std::shared_ptr<asked_one>> all;
  for (int i = 0; i < 30; ++i)
    all.push_back(s.ask("A", s.caller(priority::medium, "t")));
  s.pass(1s);
  const auto refused = std::count_if(all.begin(), all.end(), [](const auto& x) {
    return x->answers == 1 && x->said.error == model_error::rate_limited;
  });
  EXPECT_EQ(refused, 19);
  EXPECT_EQ(s.machines.at("A").parts->quota->open(), 10u) << "the others are forgotten";
}

TEST(quota, tokens_are_counted_as_they_were) {
  quota_stage s{{"A"}, {0, 10000, 0}};
  s.world.tokens = 50; // Expected were 101: the answer may have 100.
  s.keep_asking("A", 400);
  s.pass(2min);
  const auto from = s.now();
  s.pass(3min);
  EXPECT_LE(s.world.most_in_a_minute(), 200u);
  EXPECT_GE(s.world.between(from, s.now()), 3 * 190u);
  const auto large = s.ask("A", s.caller(priority::medium, "t"), 10min, nullptr, 50000);
  s.pass(100ms);
  EXPECT_EQ(large->said.error, model_error::context_too_long);
}

TEST(quota, large_requests_get_their_turn_at_any_node) {
  quota_stage s{{"A", "B", "C"}, {0, 3000, 0}};
  s.world.tokens = 90;
  for (const auto& node : s.all)
    s.keep_asking(node, 60);
  s.pass(90s);
  const auto large = s.ask("C", s.caller(priority::medium, "other"), 10min, nullptr, 8000);
  s.pass(4min);
  ASSERT_TRUE(large->ended) << "2100 tokens are more than a third of the limit";
  EXPECT_TRUE(large->said.ok());
  EXPECT_LE(s.world.most_in_a_minute() * s.world.tokens, 3000u) << "of all three nodes together";
}

TEST(quota, when_the_owner_dies_the_others_go_on_and_never_pass_the_limit) {
  quota_stage s{{"A", "B", "C"}, a_minute(120)};
  s.world.way = 300ms;
  const auto owner = quota_owner(*s.machines.at("A").parts, "main");
  for (const auto& node : s.all)
    s.keep_asking(node, 100);
  s.pass(150s);
  s.kill(owner);
  const auto died = s.now();
  s.pass(20s);
  EXPECT_GE(s.used(died, s.now()), 0.55) << "two of three have their slices";
  s.pass(100s);
  const auto from = s.now();
  s.pass(3min);
  EXPECT_GE(s.used(from, s.now()), 0.95);
  EXPECT_LE(s.world.most_in_a_minute(), 120u);
}

TEST(quota, what_a_dead_owner_used_comes_back_while_it_leaves_its_window) {
  quota_stage s{{"A", "B", "C"}, a_minute(120)};
  s.world.way = 300ms;
  const auto owner = quota_owner(*s.machines.at("A").parts, "main");
  s.keep_asking(owner, 300);
  s.pass(150s);
  EXPECT_GT(s.used(s.now() - 60s, s.now()), 0.9) << "all of it was lent to the owner itself";
  s.kill(owner);
  const auto died = s.now();
  for (const auto& node : s.all)
    if (node != owner)
      s.keep_asking(node, 150);
  s.pass(75s);
  EXPECT_GT(s.world.between(died + 25s, s.now()), 40u);
  s.pass(2min);
  EXPECT_GE(s.used(s.now() - 60s, s.now()), 0.95);
  EXPECT_LE(s.world.most_in_a_minute(), 120u);
}

TEST(quota, nodes_that_stood_still_together_go_on_where_they_were) {
  quota_stage s{{"A", "B", "C"}, a_minute(120)};
  for (const auto& node : s.all)
    s.keep_asking(node, 100);
  s.pass(90s);
  // As on a machine that did nothing for a while: the leases are over before anybody can ask again.
  for (const auto& node : s.all)
    s.part_from_all(node);
  s.stage.advance(13s);
  for (const auto& a : s.all)
    for (const auto& b : s.all)
      if (a < b)
        s.stage.net.heal(a, b);
  s.pass(5s);
  const auto from = s.now();
  s.pass(50s);
  EXPECT_GE(s.used(from, s.now()), 0.8);
  EXPECT_LE(s.world.most_in_a_minute(), 120u);
}

TEST(quota, an_owner_that_has_just_joined_has_at_once_what_was_free) {
  for (milliseconds wait{4000}; wait < 5000ms; wait += 180ms) {
    quota_stage s{{"A", "B", "C"}, a_minute(120)};
    const auto owner = quota_owner(*s.machines.at("A").parts, "main");
    s.joining = {owner};
    s.show();
    for (const auto& node : s.all)
      s.keep_asking(node, 5, priority::urgent);
    s.world.thinks = 10s;
    s.pass(wait);
    s.joining.clear();
    s.show();
    s.world.thinks = 100ms;
    s.pass(26s);
    EXPECT_GE(s.world.between(s.now() - 60s, s.now()), 110u) << "joined after " << wait.count();
    EXPECT_LE(s.world.most_in_a_minute(), 120u);
  }
}

TEST(quota, a_node_that_is_cut_off_stops_at_the_end_of_its_lease) {
  for (const bool is_owner : {false, true}) {
    quota_stage s{{"A", "B", "C"}, a_minute(120)};
    const auto owner = quota_owner(*s.machines.at("A").parts, "main");
    const auto victim = is_owner ? owner : owner == "A" ? "B" : "A";
    for (const auto& node : s.all)
      s.keep_asking(node, 100);
    s.pass(150s);
    s.cut_off(victim);
    s.pass(15s);
    const auto from = s.now();
    s.pass(4min);
    EXPECT_EQ(s.world.between(from, s.now(), victim), 0u) << is_owner;
    EXPECT_LE(s.world.most_in_a_minute(), 120u) << is_owner;
    EXPECT_GE(s.used(s.now() - 60s, s.now()), 0.95) << is_owner;
  }
}

TEST(quota, a_desk_that_is_restarted_does_not_send_what_the_former_one_has_sent) {
  quota_stage s{{"A", "B"}, a_minute(120)};
  for (const auto& node : s.all)
    s.keep_asking(node, 100);
  s.pass(90s);
  s.end("A", "quota_desk");
  s.pass(200ms);
  s.start("A", "quota_desk");
  s.pass(3min);
  EXPECT_LE(s.world.most_in_a_minute(), 120u);
  EXPECT_GT(s.world.between(s.now() - 60s, s.now(), "A"), 40u);
}

TEST(quota, whatever_happens_no_minute_sees_more_than_the_limit) {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    quota_stage s{{"A", "B", "C", "D"}, a_minute(60), nullptr, seed};
    s.world.way = 800ms;
    s.world.thinks = 2s;
    dice_box dice{seed * 77};
    for (const auto& node : s.all)
      s.keep_asking(node, 5 + dice.draw() % 60, static_cast<priority>(dice.draw() % 4), node);
    std::size_t away = 0;
    for (int turn = 0; turn < 30; ++turn) {
      const auto node = s.all[dice.draw() % s.all.size()];
      const bool there = s.machines.at(node).up && !s.cut.contains(node);
      switch (dice.draw() % 8) {
      case 0:
        if (there && ++away < 3)
          s.kill(node);
        break;
      case 1:
        if (there && ++away < 3)
          s.cut_off(node);
        break;
      case 2:
        if (there) {
          s.end(node, "quota_desk");
          s.pass(100ms);
          s.start(node, "quota_desk");
        }
        break;
      case 3:
        if (there) {
          s.end(node, "quota_keeper");
          s.start(node, "quota_keeper");
        }
        break;
      case 4:
        s.stage.net.cut_any();
        break;
      case 5:
        s.world.limited = 1;
        s.world.retry_after = milliseconds{static_cast<std::int64_t>(dice.draw() % 5000)};
        break;
      default:
        break;
      }
      s.pass(milliseconds{static_cast<std::int64_t>(dice.draw() % 30000)}, 100ms);
    }
    EXPECT_LE(s.world.most_in_a_minute(), 60u) << "seed " << seed;
    EXPECT_GT(s.world.arrivals.size(), 100u) << "seed " << seed;
  }
}

} // namespace
} // namespace troupe
