#pragma once

#include <troupe/agent.hpp>
#include <troupe/enum_names.hpp>
#include <troupe/member.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

/// A node and what is taken of it already.
struct host {
  member row;
  std::map<std::string, std::uint64_t> used; ///< of `row.offers`, by replicas placed there
  std::uint32_t replicas = 0;                ///< of all agents
  double load = 0;                           ///< 0 idle, 1 busy
  bool draining = false;                     ///< keeps what it has, gets nothing new
};

/// Puts what a node was told to offer into its row: `name` is a label, `name=value` one too, and
/// `name=AMOUNT` an amount and, unless it is zero, the label `name`.
void put_labels(member& row, const std::vector<std::string>& labels);

/// Why a node was not taken, the first that applies.
enum class placement_refusal : std::uint8_t { not_up, draining, region, label, amount };

template <>
struct enum_names<placement_refusal> {
  static constexpr std::array<std::string_view, 5> value{"not_up", "draining", "region", "label",
                                                         "amount"};
};

struct placement_choice {
  std::string node; ///< empty: nobody satisfies the needs
  std::string why;  ///< for people: why this one, or what the nodes lack
};

/// Chooses the node for a replica: among those that satisfy what is hard, one in the region with
/// the fewest replicas of the same agent (so that each region can do without the others), on the
/// node with the fewest (so that one death takes few), then in the region asked for, then the least
/// loaded (in tenths, so that noise does not decide), then the one with the fewest replicas for its
/// weight, then by rendezvous of the replica's id. `there`: replicas of the agent per node.
[[nodiscard]] placement_choice place_replica(std::string_view replica, const placement_needs& needs,
                                             const std::vector<host>& hosts,
                                             const std::map<std::string, std::uint32_t>& there);

/// A replica that has to run, and where it does.
struct wanted_replica {
  std::string id; ///< `domain/agent#n`
  std::string agent;
  placement_needs needs;
  std::string node;              ///< where it was placed; empty: nowhere
  std::uint64_t incarnation = 0; ///< of that node when it was
};

struct placement_order {
  enum class kind : std::uint8_t {
    start,       ///< on `node`
    wait,        ///< a storm: its turn comes with the next call
    unsatisfied, ///< no node will do: to be shown, and raised as an alert
  };
  kind what;
  std::string replica;
  std::string node;
  std::string why;
};

/// What a supervisor of agents orders after the cluster has changed: replicas whose node is gone
/// (or has come back as another incarnation) start elsewhere; those that live stay where they are,
/// and what they take is counted here, beside what `hosts` say.
/// At most `starts_per_node` starts go to one node per call, so that the survivors of a large loss
/// are not buried; the next call comes when these have started.
[[nodiscard]] std::vector<placement_order> place_all(const std::vector<wanted_replica>& wanted,
                                                     std::vector<host> hosts,
                                                     std::uint32_t starts_per_node);

} // namespace troupe
