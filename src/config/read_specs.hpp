#pragma once

#include "src/config/draft.hpp"

// From checked trees to the words of the house. None of these report: what they cannot read was
// reported by check_shape.
namespace troupe::config {

class section;

void read_fleet(const yaml_node& root, fleet_spec& out);
/// Language models and their providers.
void read_models(const section& top, fleet_spec& out);
/// The limits on what is spent on models: of the fleet, of a domain.
void read_budgets(const section& from, budget_rules& out);
void read_budgets(const section& from, budget_limits& out);
void read_domain(const yaml_node& root, domain_draft& out);
void read_agent(const yaml_node& root, std::string_view domain, agent_spec& out);

/// Everything of a domain that is about failures and overload.
void read_failures(const section& top, domain_spec& out);
void read_breaker(const section& from, breaker_spec& out);
/// What an agent's own breaker does not say, the domain's says: once both have been read.
void complete_breakers(domain_draft& domain);

/// Reads the plan at `node` for the domain at the path `domain`. Steps without a name get one from
/// their operator and a number that is free in the plan.
void read_plan(const yaml_node& node, std::string_view domain, plan_draft& out);

/// Gives `agent:NAME` its full address, `agent:<domain>/NAME`, as plans use it for the agents that
/// they name.
[[nodiscard]] std::vector<std::string> qualified(std::vector<std::string> fallback,
                                                 std::string_view domain);

} // namespace troupe::config
