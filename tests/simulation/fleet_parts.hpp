#pragma once

#include "nodes/client.hpp"
#include "policies/dice.hpp"
#include "tests/fixtures/plan_parts.hpp"

#include <troupe/fleet.hpp>

#include <string>
#include <vector>

namespace troupe::testing {

// What drawn fleets are made of.

/// A domain with these agents, each with the skill of its name; its numbers are drawn.
domain_spec domain_of(dice_box& dice, const std::string& path,
                      const std::vector<std::string>& agents);
/// The fleet whose only domain at the top this is.
fleet_spec fleet_of(dice_box& dice, domain_spec entry);

/// A call that is not named like its skill.
plan_node step(const std::string& skill, const std::string& name);
/// Of a quorum more than half are needed.
plan_node group(plan_op op, const std::string& name, std::vector<plan_node> children);
plan_node elsewhere(const std::string& domain, const std::string& skill);
plan_node a_person();
/// A gate that what comes to it passes with at least this confidence.
plan_node sure_gate(const std::string& name, double least);

task_request wish_for(const std::string& skill);

} // namespace troupe::testing
