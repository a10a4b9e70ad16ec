#pragma once

// What the versions of the fleet that a node works by declare together.

#include "actors/fleet_version.hpp"
#include "actors/node_parts.hpp"
#include "policies/agent_placement.hpp"
#include "policies/membership.hpp"

#include <troupe/agent.hpp>
#include <troupe/fleet.hpp>

#include <map>
#include <string>
#include <vector>

namespace troupe {

/// An agent, the domain that it is in, and the newest version that has it so.
struct declared_agent {
  fleet_version_ptr version; ///< keeps the others
  const domain_spec* domain = nullptr;
  const agent_spec* what = nullptr;
};

/// The agents of all versions, each once.
[[nodiscard]] std::vector<declared_agent> declared_agents(const fleet_versions& versions);
/// The domains of all versions, with the one that has the last word on each: the current one, or
/// the newest that has it.
[[nodiscard]] std::map<std::string, fleet_version_ptr> domains_of(const fleet_versions& versions);
/// What one of them needs of the nodes.
[[nodiscard]] agent_wish wish_of(const declared_agent& x);
/// All agents and what they need, in the order of their names.
[[nodiscard]] std::vector<agent_wish> wishes_of(const node_parts& parts);

/// `domain/agent`, as its address begins.
[[nodiscard]] std::string agent_id_of(const agent_spec& spec);
/// The ids of its replicas within its domain, as many as there may ever be.
[[nodiscard]] std::vector<std::string> replica_ids(const agent_spec& spec);
/// The supervisor that a domain's is a child of.
[[nodiscard]] std::string supervisor_above(const std::string& domain);
/// What this node offers, as a member that is up.
[[nodiscard]] member own_row(const node_parts& parts);

} // namespace troupe
