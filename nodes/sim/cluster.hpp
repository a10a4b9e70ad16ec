#pragma once

#include "nodes/sim/simulation.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::sim {

constexpr std::uint32_t most_nodes = 7;  ///< of a simulated cluster
constexpr milliseconds nodes_meet{2000}; ///< so long nodes need to find each other

/// What goes wrong between nodes and with them: counts per run, spread over `span`.
struct cluster_faults {
  std::uint32_t node_kills = 0;    ///< a process is gone between two messages
  std::uint32_t write_crashes = 0; ///< a process is gone within a write to the store
  std::uint32_t actor_kills = 0;   ///< an actor of some node ends abnormally
  std::uint32_t freezes = 0;       ///< a process stands still, and goes on later
  std::uint32_t partitions = 0;    ///< nothing passes between some nodes for a while
  std::uint32_t resets = 0;        ///< a link breaks with all that is on it
  std::uint32_t slow_spells = 0;   ///< all links are slow for a while
  std::uint32_t store_outages = 0; ///< the store cannot be reached by one, some or all
  std::uint32_t stalls = 0;        ///< an actor, the journal before all others, stands still
  std::uint32_t leaves = 0;        ///< a node hands over and ends in order
  milliseconds span{40000};

  static cluster_faults none() { return {}; }
  /// Draws which kinds of faults a run has at all, and how many of each.
  static cluster_faults draw(dice_box& dice, milliseconds span);
  /// Takes the kind called `name` out; false when there is none of that name.
  bool without(std::string_view name);
  /// The names of the kinds, as `report::mishaps` has them.
  [[nodiscard]] static std::vector<std::string> kinds();
};

/// All that decides how a run of several nodes goes. The same scenario gives the same run to the
/// byte.
struct cluster_scenario {
  std::uint64_t seed = 1;
  std::uint32_t nodes = 3; ///< at least two
  /// As it was loaded. Ids of nodes are given to it, and its home regions are taken away: all nodes
  /// are in the region that it names, and offer what it says that its node does.
  fleet_spec fleet;
  std::vector<order> orders; ///< best none before `nodes_meet`
  fault_plan agents;         ///< of its kinds only those that are chances of calls
  cluster_faults faults;
  stub_answer answers; ///< none: `plausible_answer`
  /// How long after the last fault everything may take to come to its end.
  milliseconds patience{std::chrono::minutes{10}};
  std::shared_ptr<spdlog::logger> log; ///< gets what the nodes say; none: nobody
  /// Epochs are handed out and never compared: to see that it is noticed.
  bool unfenced = false;
};

/// Runs several whole nodes on one fake network, with one store and one member table, to their end
/// on the caller's thread. What must hold on one node must hold here; beside that, nobody writes
/// under an epoch that another has taken, and in the end all nodes are up, agree on the members,
/// and each shard has one owner.
[[nodiscard]] report simulate_cluster(cluster_scenario what);

} // namespace troupe::sim
