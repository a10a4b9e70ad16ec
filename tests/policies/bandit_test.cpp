#include "policies/bandit.hpp"

#include "policies/beta.hpp"
#include "policies/dice.hpp"
#include "policies/routing.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <vector>

using namespace troupe;

namespace bandit_cases {

using namespace std::chrono_literals;

const std::vector<std::string> names{"d/first", "d/second"};

/// Two agents of which each call succeeds with a probability of its own, chosen as a node does it.
struct two_agents {
  learning_spec by;
  bandit known;
  dice_box dice;
  std::array<double, 2> succeeds;
  std::array<bool, 2> barred{};

  two_agents(std::uint64_t seed, double first, double second)
      : dice(seed)
      , succeeds{first, second} {
    by.cost = by.latency = 0;
  }

  std::size_t choose() {
    route_wish wish{route_strategy::learned, 0, dice.draw()};
    const bool anybody = explores(by, wish.dice);
    std::vector<candidate> all;
    for (std::size_t i = 0; i < 2; ++i) {
      const auto die = scramble(wish.dice ^ stable_hash(names[i]));
      const auto b = known.belief(names[i], by);
      candidate c{.load = 0, .capacity = 10};
      c.drawn = static_cast<float>(anybody ? unit_interval(die) : draw_beta(b.alpha, b.beta, die));
      c.healthy = !barred[i];
      all.push_back(c);
    }
    route_choice out;
    choose_route(wish, all, out);
    return out.chosen;
  }

  std::size_t call(std::string_view node = "n1") {
    const auto who = choose();
    const bool ok = unit_interval(dice.draw()) < succeeds[who];
    known.note(node, names[who], ok ? arm_mark_of(0.9, 0, 1ms, by) : arm_mark_of_failure(0, 1ms),
               by);
    return who;
  }

  /// Of `n` calls, the share that went to the second.
  double second_of(int n) {
    int second = 0;
    for (int i = 0; i < n; ++i)
      second += static_cast<int>(call());
    return static_cast<double>(second) / n;
  }
};

TEST(beta, draws_have_the_mean_and_the_spread_of_the_distribution) {
  for (const auto& [a, b] : {std::pair{1.0, 1.0}, {2.0, 5.0}, {80.0, 20.0}, {0.5, 0.5}}) {
    dice_box dice{7};
    double sum = 0;
    double squares = 0;
    constexpr int n = 20000;
    for (int i = 0; i < n; ++i) {
      const auto x = draw_beta(a, b, dice.draw());
      ASSERT_GE(x, 0);
      ASSERT_LE(x, 1);
      sum += x;
      squares += x * x;
    }
    const double mean = sum / n;
    EXPECT_NEAR(mean, a / (a + b), 0.01) << a << " " << b;
    EXPECT_NEAR(std::sqrt(squares / n - mean * mean), (arm_belief{a, b, {}}.spread()), 0.01)
        << a << " " << b;
  }
  EXPECT_EQ(draw_beta(3, 4, 99), draw_beta(3, 4, 99));
}

TEST(bandit, finds_the_better_of_two) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    two_agents x{seed, 0.6, 0.9};
    (void)x.second_of(300);
    EXPECT_GE(x.second_of(500), 0.9) << "seed " << seed;
  }
}

TEST(bandit, follows_a_change) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    two_agents x{seed, 0.5, 0.9};
    x.by.half_life = 200;
    EXPECT_GE(x.second_of(800), 0.75) << "seed " << seed;
    x.succeeds = {0.9, 0.3};
    (void)x.second_of(600);
    EXPECT_LE(x.second_of(400), 0.15) << "seed " << seed;
  }
}

TEST(bandit, exploring_has_a_floor_and_a_bound) {
  two_agents x{3, 0.2, 0.95};
  x.by.explore = 0.04;
  (void)x.second_of(1000);
  const auto worse = 1 - x.second_of(5000);
  EXPECT_GE(worse, 0.5 * x.by.explore * 0.7); // Of what explores, every second one.
  EXPECT_LE(worse, 0.06);
  // Without a floor, what was given up comes back only as it is forgotten.
  x.by.explore = 0;
  EXPECT_LE(1 - x.second_of(5000), 0.03);
}

TEST(bandit, never_takes_who_is_barred) {
  two_agents x{4, 0.1, 0.95};
  (void)x.second_of(200);
  x.barred = {false, true};
  EXPECT_EQ(x.second_of(100), 0);
  x.barred = {true, true};
  EXPECT_EQ(x.choose(), route_choice::nobody);
}

TEST(bandit, what_calls_are_worth_follows_the_weights) {
  learning_spec by;
  bandit known;
  for (int i = 0; i < 50; ++i) {
    known.note("n", "dear", arm_mark_of(0.9, 0.5, 100ms, by), by);
    known.note("n", "slow", arm_mark_of(0.9, 0.001, 20s, by), by);
  }
  const auto better = [&](double cost, double latency) {
    by.cost = cost;
    by.latency = latency;
    return known.belief("dear", by).mean() > known.belief("slow", by).mean();
  };
  EXPECT_FALSE(better(1, 0));
  EXPECT_TRUE(better(0, 1));
  // A failure is worth nothing, however cheap and quick it was.
  known = {};
  known.note("n", "broken", arm_mark_of_failure(0, 1ms), by);
  EXPECT_LT(known.belief("broken", by).mean(), 0.5);
  EXPECT_EQ(known.belief("broken", by).from.thrift, 0);
}

TEST(bandit, a_judge_corrects_what_was_noted) {
  const learning_spec by;
  bandit known;
  known.note("n", "a", arm_mark_of(0.9, 0, 1ms, by), by);
  known.correct("n", "a", -0.9, by);
  EXPECT_NEAR(known.belief("a", by).from.quality, 0, 1e-9);
  EXPECT_EQ(known.trials(), 1u);
}

TEST(bandit, nodes_learn_together_in_whatever_order_they_hear_of_each_other) {
  learning_spec by;
  by.half_life = 100;
  bandit alone, first, second;
  dice_box dice{5};
  for (int i = 0; i < 60; ++i) {
    const auto how =
        dice.draw() % 3 == 0 ? arm_mark_of_failure(0.1, 5ms) : arm_mark_of(0.8, 0.1, 5ms, by);
    auto& mine = i % 2 == 0 ? first : second;
    auto& other = i % 2 == 0 ? second : first;
    const auto* name = i % 2 == 0 ? "n1" : "n2";
    alone.note("n", "a", how, by);
    mine.note(name, "a", how, by);
    // Told twice, and the older state again after the newer.
    const auto before = mine.shares().at(name);
    EXPECT_TRUE(other.merge(name, before));
    EXPECT_FALSE(other.merge(name, before));
  }
  const auto together = alone.belief("a", by);
  for (const auto* x : {&first, &second}) {
    EXPECT_EQ(x->trials(), 60u);
    EXPECT_NEAR(x->belief("a", by).from.trials, together.from.trials, 1e-6);
    EXPECT_NEAR(x->belief("a", by).mean(), together.mean(), 1e-6);
  }
  // What a node has written that is gone grows old as well.
  const auto was = first.belief("a", by).from.trials;
  for (int i = 0; i < 100; ++i)
    first.note("n1", "b", arm_mark_of(0.8, 0.1, 5ms, by), by);
  EXPECT_NEAR(first.belief("a", by).from.trials, was / 2, 1e-6);
}

} // namespace bandit_cases
