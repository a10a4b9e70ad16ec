#include "policies/routing.hpp"

#include <gtest/gtest.h>

#include <map>

namespace troupe {
namespace routing_cases {

using enum verdict;
using enum route_strategy;

candidate plain() {
  return {.load = 0, .capacity = 10};
}

candidate with(void (*change)(candidate&)) {
  auto c = plain();
  change(c);
  return c;
}

route_choice choose(const route_wish& wish, const std::vector<candidate>& all) {
  route_choice out;
  choose_route(wish, all, out);
  return out;
}

TEST(routing, what_bars_a_candidate) {
  const struct {
    candidate c;
    float min_quality;
    verdict said;
  } table[] = {
      {plain(), 0, chosen},
      {with([](auto& c) { c.pinned = false; }), 0, other_pinned},
      {with([](auto& c) { c.healthy = false; }), 0, unhealthy},
      {with([](auto& c) { c.open = true; }), 0, breaker_open},
      {with([](auto& c) { c.shed = true; }), 0, shed},
      {with([](auto& c) { c.probe = true; }), 0, chosen},
      {with([](auto& c) { c.load = 10; }), 0, full},
      {with([](auto& c) { c.capacity = 0; }), 0, full},
      {with([](auto& c) { c.quality = 0.7f; }), 0.8f, below_quality},
      {with([](auto& c) { c.quality = 0.8f; }), 0.8f, chosen},
      {with([](auto& c) { c.tried = true; }), 0, chosen},
      // What is said first counts.
      {with([](auto& c) {
         c.pinned = c.healthy = false;
         c.load = 10;
       }),
       2, other_pinned},
      {with([](auto& c) {
         c.healthy = false;
         c.load = 10;
       }),
       2, unhealthy},
      {with([](auto& c) {
         c.open = c.shed = true;
         c.load = 10;
       }),
       2, breaker_open},
      {with([](auto& c) {
         c.shed = true;
         c.load = 10;
       }),
       2, shed},
      {with([](auto& c) { c.load = 10; }), 2, full},
  };
  for (const auto& row : table) {
    const auto out = choose({.min_quality = row.min_quality}, {row.c});
    ASSERT_EQ(out.said.size(), 1u);
    EXPECT_EQ(out.said[0], row.said) << to_string(out.said[0]);
    EXPECT_EQ(out.chosen, row.said == chosen ? 0u : route_choice::nobody);
  }
}

TEST(routing, nobody_is_chosen_among_none) {
  EXPECT_EQ(choose({}, {}).chosen, route_choice::nobody);
}

TEST(routing, each_strategy_takes_what_it_is_called_after) {
  auto cheap = plain(), good = plain(), idle = plain();
  cheap.load = 5, cheap.cost = 1, cheap.quality = 0.5f;
  good.load = 4, good.cost = 3, good.quality = 0.9f;
  idle.load = 1, idle.cost = 2, idle.quality = 0.6f;
  cheap.drawn = 0.2f, good.drawn = 0.3f, idle.drawn = 0.4f;
  cheap.fit = 0.1f, good.fit = 0.7f, idle.fit = 0.6f;
  const std::vector<candidate> all{cheap, good, idle};
  const struct {
    route_strategy strategy;
    std::vector<verdict> said;
  } table[] = {
      {static_order, {chosen, not_first, not_first}},
      {least_loaded, {more_loaded, more_loaded, chosen}},
      {classifier, {fits_less, chosen, fits_less}},
      {cheapest, {chosen, costlier, costlier}},
      {best_quality, {lower_quality, chosen, lower_quality}},
      {learned, {drew_lower, drew_lower, chosen}},
  };
  for (const auto& row : table) {
    const auto out = choose({.strategy = row.strategy}, all);
    EXPECT_EQ(out.said, row.said) << to_string(row.strategy);
    ASSERT_LT(out.chosen, all.size());
    EXPECT_EQ(out.said[out.chosen], chosen);
  }
}

TEST(routing, load_is_a_share_and_success_breaks_its_ties) {
  auto large = plain(), small = plain();
  large.capacity = 100, large.load = 20;
  small.capacity = 4, small.load = 1;
  EXPECT_EQ(choose({}, {large, small}).chosen, 0u);
  small.capacity = 5;
  small.success_rate = 0.9f;
  EXPECT_EQ(choose({}, {small, large}).chosen, 1u);
  EXPECT_EQ(choose({.strategy = cheapest}, {small, large}).chosen, 1u);
  EXPECT_EQ(choose({.strategy = best_quality}, {small, large}).chosen, 1u);
  // Who fits a message equally well is told apart by load, too.
  EXPECT_EQ(choose({.strategy = classifier}, {small, large}).chosen, 1u);
  small.fit = 0.5f;
  EXPECT_EQ(choose({.strategy = classifier}, {small, large}).chosen, 0u);
}

TEST(routing, where_it_failed_before_only_when_nobody_else_can) {
  auto tried = plain(), busy = plain(), away = plain();
  tried.tried = true;
  busy.load = 9, busy.cost = 100, busy.quality = 0.1f;
  away.healthy = false;
  for (auto s : {static_order, least_loaded, cheapest, best_quality, classifier, learned}) {
    EXPECT_EQ(choose({.strategy = s}, {tried, busy}).chosen, 1u);
    EXPECT_EQ(choose({.strategy = s}, {tried, busy}).said[0], already_tried);
    EXPECT_EQ(choose({.strategy = s}, {busy, tried}).chosen, 0u);
    EXPECT_EQ(choose({.strategy = s}, {away, tried}).chosen, 1u);
  }
}

TEST(routing, a_pinned_agent_is_the_only_one) {
  auto other = plain(), pinned = plain();
  other.pinned = false;
  pinned.load = 9;
  EXPECT_EQ(choose({}, {other, pinned}).chosen, 1u);
  pinned.healthy = false;
  EXPECT_EQ(choose({}, {other, pinned}).chosen, route_choice::nobody);
}

TEST(routing, equals_are_taken_equally_often_and_the_same_dice_take_the_same) {
  auto worse = plain();
  worse.load = 5;
  const std::vector<candidate> all{plain(), worse, plain(), plain(), worse, plain()};
  std::map<std::uint32_t, int> taken;
  for (std::uint64_t dice = 0; dice < 8000; ++dice) {
    const auto out = choose({.dice = dice}, all);
    EXPECT_EQ(out.chosen, choose({.dice = dice}, all).chosen);
    ++taken[out.chosen];
    EXPECT_EQ(std::count(out.said.begin(), out.said.end(), chosen), 1);
  }
  ASSERT_EQ(taken.size(), 4u);
  for (auto i : {0u, 2u, 3u, 5u})
    EXPECT_NEAR(taken[i], 2000, 200);
}

TEST(routing, a_probe_goes_first_unless_it_has_failed_for_this_step) {
  const auto probe = with([](auto& c) {
    c.probe = true;
    c.load = 9;
    c.cost = 5;
  });
  for (auto strategy : {static_order, least_loaded, cheapest, best_quality, classifier, learned}) {
    const auto out = choose({.strategy = strategy}, {plain(), probe, plain()});
    EXPECT_EQ(out.chosen, 1u) << to_string(strategy);
    EXPECT_EQ(out.said[0], probe_due);
    EXPECT_EQ(out.said[2], probe_due);
    auto failed = probe;
    failed.tried = true;
    EXPECT_EQ(choose({.strategy = strategy}, {failed, plain()}).chosen, 1u);
  }
}

TEST(routing, the_nearest_first) {
  const auto at = [](std::uint8_t distance, std::uint32_t load) {
    auto c = plain();
    c.distance = distance;
    c.load = load;
    c.slots = 2;
    return c;
  };
  const struct {
    candidate a, b;
    std::uint32_t chosen;
    verdict of_other;
  } table[] = {
      // Another region only when nobody in this one can, however much there is to do here.
      {at(2, 0), at(1, 9), 1, farther},
      {at(0, 9), at(2, 0), 0, farther},
      {at(2, 0), at(1, 10), 0, full},
      // This node while a slot is free, else whoever has less to do.
      {at(1, 0), at(0, 1), 1, farther},
      {at(1, 1), at(0, 2), 0, more_loaded},
      {at(0, 0), at(0, 1), 0, more_loaded},
  };
  for (const auto& row : table) {
    for (const auto how : {least_loaded, cheapest, best_quality}) {
      const auto out = choose({.strategy = how}, {row.a, row.b});
      EXPECT_EQ(out.chosen, row.chosen);
      EXPECT_EQ(out.said[1 - row.chosen], row.of_other);
    }
  }
  // What is asked for counts more than the way within a region, and less than the way to another.
  auto dear = at(0, 0), cheap = at(1, 0), far = at(2, 0);
  dear.cost = 2;
  cheap.cost = 1;
  EXPECT_EQ(choose({.strategy = cheapest}, {dear, cheap}).chosen, 1u);
  EXPECT_EQ(choose({.strategy = cheapest}, {dear, far}).chosen, 0u);
  // Where the step has failed before is tried again only when nobody else is left, even far away.
  dear.tried = true;
  EXPECT_EQ(choose({}, {dear, far}).chosen, 1u);
}

} // namespace routing_cases
} // namespace troupe
