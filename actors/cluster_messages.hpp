#pragma once

// What a node's parts tell its cluster keeper, and it them.

#include "policies/ownership.hpp"

#include <troupe/caf.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace troupe {

/// An orchestrator has taken the next epoch of its shard and knows what is open in it.
struct shard_opened {
  std::string domain;
  std::uint32_t shard = 0;
  std::uint64_t epoch = 0;
};
/// The store has refused a write of an orchestrator: its shard has a newer owner.
struct shard_fenced {
  std::string domain;
  std::uint32_t shard = 0;
  std::uint64_t epoch = 0;
};

/// So many replicas of an agent, `domain/agent`, are to be there.
struct want_replicas {
  std::string agent;
  std::uint32_t replicas = 0;
};

/// A person wants the home region to work for its own sessions again. Answered with text: why that
/// is not possible; empty: it has begun.
struct return_region {
  std::string home;
};

/// The node is to end: hand over what it owns, and say so in the member table. Answered with
/// `cluster_left`.
struct leave_cluster {};
struct cluster_left {};

/// The node is to stay, without work: it gives away what it owns and gets nothing new; or, with
/// `on` false, it is to get its share again. Answered with `drain_state`; saying it again changes
/// nothing, and tells how far it has come.
struct drain_node {
  bool on = true;
};
struct drain_state {
  bool draining = false;
  bool drained = false;     ///< nothing is left
  std::uint64_t shards = 0; ///< that it owns, or that are on their way
  std::uint64_t agents = 0; ///< replicas that run here
  std::string refused;      ///< why it is not done; empty: it is
};

// What keepers of different nodes say to each other: it makes them look, and decides nothing.

/// The member table has this version.
struct table_changed {
  std::uint64_t version = 0;
};
/// By this version of the table these shards have come to the node that says so: hand them over.
struct shards_asked {
  std::uint64_t version = 0;
  std::vector<shard_key> which;
};
struct released_shard {
  shard_key shard;
  milliseconds leased_in{0}; ///< before that nobody may do leased work
};
/// The node that says so has let go of these shards, by this version of the table.
struct shards_released {
  std::uint64_t version = 0;
  std::vector<released_shard> which;
};

struct fleet_share;
/// What the nodes of the cluster share out, of all versions of the fleet that this one can work by.
struct use_fleet {
  std::shared_ptr<const fleet_share> what;
};

struct table_clerk_state;
/// INTERNAL: a question to the member table.
struct table_question {
  std::function<void(table_clerk_state&)> what;
};

struct cluster_keeper_state;
/// INTERNAL: what came of something that the keeper asked the member table.
struct at_cluster_keeper {
  std::function<void(cluster_keeper_state&)> what;
};

} // namespace troupe

TROUPE_BEGIN_MESSAGES(troupe_cluster, TROUPE_FIRST_TYPE_ID + 90)
TROUPE_MESSAGE(troupe_cluster, troupe::shard_opened)
TROUPE_MESSAGE(troupe_cluster, troupe::shard_fenced)
TROUPE_MESSAGE(troupe_cluster, troupe::want_replicas)
TROUPE_MESSAGE(troupe_cluster, troupe::return_region)
TROUPE_MESSAGE(troupe_cluster, troupe::leave_cluster)
TROUPE_MESSAGE(troupe_cluster, troupe::drain_node)
TROUPE_MESSAGE(troupe_cluster, troupe::drain_state)
TROUPE_MESSAGE(troupe_cluster, troupe::cluster_left)
TROUPE_MESSAGE(troupe_cluster, troupe::use_fleet)
TROUPE_MESSAGE(troupe_cluster, troupe::table_changed)
TROUPE_MESSAGE(troupe_cluster, troupe::shards_asked)
TROUPE_MESSAGE(troupe_cluster, troupe::shards_released)
TROUPE_MESSAGE(troupe_cluster, troupe::table_question)
TROUPE_MESSAGE(troupe_cluster, troupe::at_cluster_keeper)
TROUPE_END_MESSAGES(troupe_cluster)
