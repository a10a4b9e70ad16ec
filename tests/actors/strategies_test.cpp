// The strategies of routing, each run by the shipped node over the same crowd of agents.
#include "tests/fixtures/stage.hpp"

#include <gtest/gtest.h>

#include <algorithm>

using namespace troupe;
using namespace troupe::testing;

namespace strategies_cases {

constexpr int crowd = 12;
constexpr int tasks = 240;

/// Agents with one skill; every second one is good enough, and what they cost grows with their
/// number.
double cost_of(int i) {
  return 1.0 + i;
}
double quality_of(int i) {
  return i % 2 == 0 ? 0.9 : 0.5;
}

domain_spec market(route_strategy strategy) {
  std::vector<agent_spec> agents;
  for (int i = 0; i < crowd; ++i) {
    // The last in the alphabet is the cheapest, so that order alone would not find it.
    auto a = an_agent("worker" + std::to_string(100 - i), "script");
    a.card.skills = {"work"};
    a.card.cost = cost_of(i);
    a.card.quality = quality_of(i);
    a.slots = 4;
    a.queue_limit = 4;
    agents.push_back(std::move(a));
  }
  auto d = a_domain("d", std::move(agents));
  d.routing.strategy = strategy;
  d.routing.min_quality = 0.8;
  d.routing.learning.success = d.routing.learning.quality = d.routing.learning.latency = 0;
  d.routing.learning.cost = 1;
  d.routing.learning.half_cost = 2;
  return d;
}

struct spent {
  double cost = 0;
  double quality = 0;
  std::map<std::string, int> by_agent;
};

spent run(route_strategy strategy) {
  stage s{market(strategy)};
  spent out;
  for (int i = 0; i < tasks / 12; ++i) {
    // A dozen at a time, so that load matters too.
    std::vector<heard_ptr> heard;
    s.around->pool->held = true;
    for (int j = 0; j < 12; ++j) {
      // What has to be stored first is not yet a load where it is going.
      auto wish = wants("work");
      wish.keep = durability::none;
      heard.push_back(s->submit(wish));
    }
    s->run();
    s.around->pool->held = false;
    s->run();
    for (const auto& h : heard) {
      EXPECT_TRUE(h->done());
      for (const auto& e : h->record().history)
        if (const auto* r = e.get<route>()) {
          const auto chosen = std::find_if(r->seen.begin(), r->seen.end(),
                                           [](const auto& c) { return c.said == verdict::chosen; });
          EXPECT_NE(chosen, r->seen.end());
          out.cost += static_cast<double>(chosen->cost);
          out.quality += static_cast<double>(chosen->quality);
          ++out.by_agent[r->agent];
        }
    }
  }
  return out;
}

/// What choosing at random among those that are good enough costs in the mean.
double random_cost() {
  double sum = 0;
  int n = 0;
  for (int i = 0; i < crowd; ++i)
    if (quality_of(i) >= 0.8) {
      sum += cost_of(i);
      ++n;
    }
  return tasks * sum / n;
}

TEST(strategies, cheapest_costs_at_least_a_third_less_than_chance_at_equal_quality) {
  const auto x = run(route_strategy::cheapest);
  RecordProperty("cost", std::to_string(x.cost));
  EXPECT_LE(x.cost, 0.67 * random_cost());
  EXPECT_NEAR(x.quality / tasks, 0.9, 1e-6);
  // The cheapest has eight places; four of each dozen go to the next cheapest.
  EXPECT_EQ(x.by_agent.size(), 2u);
}

TEST(strategies, least_loaded_shares_the_work_out) {
  const auto x = run(route_strategy::least_loaded);
  EXPECT_EQ(x.by_agent.size(), crowd / 2u);
  for (const auto& [agent, n] : x.by_agent)
    EXPECT_EQ(n, tasks / (crowd / 2)) << agent;
  EXPECT_NEAR(x.cost, random_cost(), 1e-6);
}

/// The agents that took these tasks, with how many.
std::map<std::string, int> takers(const std::vector<heard_ptr>& heard) {
  std::map<std::string, int> out;
  for (const auto& h : heard) {
    EXPECT_TRUE(h->done());
    for (const auto& e : h->record().history)
      if (const auto* r = e.get<route>())
        ++out[r->agent];
  }
  return out;
}

TEST(strategies, among_many_agents_none_is_busy_for_long_while_others_are_idle) {
  constexpr int many = 500;
  std::vector<agent_spec> agents;
  for (int i = 0; i < many; ++i) {
    auto a = an_agent("worker" + std::to_string(i), "script");
    a.card.skills = {"work"};
    agents.push_back(std::move(a));
  }
  stage s{a_domain("d", std::move(agents))};
  auto wish = wants("work");
  wish.keep = durability::none;
  // One after the other: all of them have their turns.
  std::vector<heard_ptr> heard;
  for (int i = 0; i < 2 * many; ++i) {
    heard.push_back(s->submit(wish));
    s->run();
  }
  EXPECT_GT(takers(heard).size(), many / 4u);
  // All at once, half as many as there are agents.
  heard.clear();
  s.around->pool->held = true;
  for (int i = 0; i < many / 2; ++i)
    heard.push_back(s->submit(wish));
  s->run();
  s.around->pool->held = false;
  s->run();
  const auto by_agent = takers(heard);
  EXPECT_GT(by_agent.size(), many / 3u);
  for (const auto& [agent, n] : by_agent)
    EXPECT_LE(n, 3) << agent;
}

TEST(strategies, static_takes_the_first_in_order_until_it_is_full) {
  const auto x = run(route_strategy::static_order);
  EXPECT_EQ(x.by_agent.size(), 2u);
}

TEST(strategies, best_quality_never_takes_less) {
  const auto x = run(route_strategy::best_quality);
  EXPECT_NEAR(x.quality / tasks, 0.9, 1e-6);
}

TEST(strategies, learned_finds_out_by_itself_who_is_worth_asking) {
  // Nothing but what calls cost tells the agents apart, and nobody says so beforehand.
  const auto x = run(route_strategy::learned);
  RecordProperty("cost", std::to_string(x.cost));
  EXPECT_LE(x.cost, 0.7 * random_cost());
  EXPECT_NEAR(x.quality / tasks, 0.9, 1e-6);
  const auto most =
      std::max_element(x.by_agent.begin(), x.by_agent.end(),
                       [](const auto& a, const auto& b) { return a.second < b.second; });
  EXPECT_EQ(most->first, "d/worker100") << "the cheapest of those that are good enough";
}

} // namespace strategies_cases
