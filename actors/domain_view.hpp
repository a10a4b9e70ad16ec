#pragma once

#include "actors/dispatcher.hpp"
#include "actors/fleet_version.hpp"
#include "actors/seat_messages.hpp"

#include <map>
#include <string>

namespace troupe {

/// What an orchestrator goes by when it works on tasks of one version of its domain. Owned by the
/// orchestrator.
struct domain_view {
  /// `node`: as `dispatcher` wants it.
  domain_view(fleet_version_ptr of, const domain_spec& in, std::string node);

  const fleet_version_ptr version;
  const domain_spec& domain;
  dispatcher routes;
  std::map<std::string, plan_ptr, std::less<>> single_plans; ///< one call of a skill
  plan_ptr triage_plan;
  bool learns = false;   ///< what becomes of its calls is learned
  bool punishes = false; ///< some line of the domain's failure table has a sanction
  std::size_t tasks = 0; ///< that the orchestrator works on by it
};

/// Of all agents of a domain those that belong to the version, in the order in which it declares
/// them; who was added by the application comes last. The same table when those are all.
[[nodiscard]] routing_table_ptr routes_of(const routing_table_ptr& all,
                                          const fleet_version& version, const domain_spec& domain,
                                          const fleet_versions& known);

/// The table of these agents, in this order.
[[nodiscard]] routing_table_ptr routing_table_of(const std::vector<seat_ptr>& agents);

} // namespace troupe
