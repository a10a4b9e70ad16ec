#pragma once

#include "nodes/sim/cluster.hpp"
#include "nodes/sim/simulation.hpp"
#include "policies/dice.hpp"

#include <troupe/fleet.hpp>

#include <string>
#include <vector>

namespace troupe::testing {

/// A fleet and what may be asked of it.
struct drawn_fleet {
  fleet_spec fleet;
  std::vector<task_request> requests; ///< kinds of requests, to be varied
};

/// A fleet for a simulation: one of a few kinds, with its numbers drawn. They hold what can hurt:
/// sub-domains, races, quorums, fallbacks, people, sessions, few slots, short deadlines.
drawn_fleet draw_fleet(dice_box& dice);

/// Likewise, of plans that go through lists, repeat, judge and take back.
drawn_fleet draw_pattern_fleet(dice_box& dice);

/// A whole scenario: fleet, requests and faults follow from the seed.
sim::scenario draw_scenario(std::uint64_t seed);
/// The same for several nodes.
sim::cluster_scenario draw_cluster_scenario(std::uint64_t seed);

} // namespace troupe::testing
