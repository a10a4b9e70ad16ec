#include "bench/routing.hpp"

#include "actors/dispatcher.hpp"
#include "bench/benches.hpp"
#include "bench/report.hpp"
#include "nodes/scheduler.hpp"
#include "policies/dice.hpp"

#include <chrono>
#include <cstdlib>

namespace troupe::bench {

namespace {

constexpr int routes_each = 200'000;
constexpr std::size_t arms_known = 10;

} // namespace

double decision_ns(bench_node& fleet, const domain_spec& domain,
                   const std::shared_ptr<const arm_book>& arms) {
  dispatcher route{domain};
  route.learn_from(arms);
  auto table = std::make_shared<routing_table>();
  for (const auto& place : fleet.inner().parts()->places->all(address_kind::agent))
    for (const auto& skill : place->spec()->card.skills)
      table->by_skill[skill].push_back(place);
  route.use(table);
  plan_node root;
  root.skill = "noop";
  live_task t;
  t.what = std::make_shared<task>();
  t.run.emplace(plan::of(root), timestamp{} + std::chrono::hours{1});
  std::vector<plan_action> todo;
  t.run->start(timestamp{}, todo);
  std::vector<double> ns;
  dice_box dice{7};
  for (int round = 0; round < usual_rounds; ++round) {
    const auto began = std::chrono::steady_clock::now();
    for (int i = 0; i < routes_each; ++i)
      if (!route.choose(t, 0, dice.draw(), timestamp{}).to)
        std::_Exit(1);
    const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - began;
    ns.push_back(took.count() / routes_each);
  }
  return median(ns);
}

/// What it costs to ask what was learned: a draw for each agent, out of what this node and three
/// others have seen of it. The floor is the decision that takes the first.
void learned_route() {
  caf::actor_system_config config;
  tune_scheduler(config, 0);
  caf::actor_system sys{config};
  bench_node::settings settings;
  settings.agents = arms_known;
  bench_node fleet{sys, settings};
  auto domain = fleet.inner().parts()->fleet.domains.front();
  domain.routing.strategy = route_strategy::static_order;
  const double floor = decision_ns(fleet, domain);
  domain.routing.strategy = route_strategy::learned;
  auto arms = std::make_shared<arm_book>("a");
  dice_box dice{11};
  for (const std::string node : {"b", "c", "d", "a"}) {
    arm_book theirs{node};
    auto& book = node == "a" ? *arms : theirs;
    for (int i = 0; i < 1000; ++i)
      for (const auto& place : fleet.inner().parts()->places->all(address_kind::agent))
        book.note(
            domain.path, "noop", arm_of(place->where().name),
            arm_mark_of(unit_interval(dice.draw()), 0, milliseconds{20}, domain.routing.learning),
            domain.routing.learning);
    if (node != "a")
      for (const auto& row : theirs.unsaved())
        arms->take(row);
  }
  report(
      "learned_route", decision_ns(fleet, domain, arms), "ns", floor,
      "one routing decision with its reasons among ten agents, with what four nodes have learned "
      "of them; floor: the first one is taken");
}

} // namespace troupe::bench
