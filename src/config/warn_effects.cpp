#include "src/config/checks.hpp"

#include "src/config/section.hpp"

#include <algorithm>

namespace troupe::config {

namespace {

bool has_person(const std::vector<std::string>& ladder) {
  return std::any_of(ladder.begin(), ladder.end(),
                     [](const auto& rung) { return rung.starts_with("human:"); });
}

/// Another agent with the same skill that acts outside in another way, or null.
const agent_draft* other_kind(const domain_draft& domain, const agent_draft& agent) {
  for (const auto& skill : agent.spec.card.skills)
    for (const auto* other : domain.offering(skill))
      if (other->spec.card.does != effects::none && other->spec.card.does != agent.spec.card.does)
        return other;
  return nullptr;
}

/// A tool of the agent's model that acts under keys which only this agent knows; null: there is
/// none.
const yaml_node* tool_with_own_keys(const agent_draft& agent) {
  if (agent.spec.card.kind != agent_kind::llm)
    return nullptr;
  for (const auto* tool : section{agent.from.root.get()}.in("llm").entries("tools")) {
    auto does = effects::none;
    section{tool}.get("effects", does);
    const auto* once = section{tool}.find("once_per");
    if (does != effects::none && !(once && once->is_list() && once->children.empty()))
      return tool;
  }
  return nullptr;
}

/// Another agent may do what this one has begun.
bool has_substitute(const agent_draft& agent) {
  return std::any_of(agent.spec.fallback.begin(), agent.spec.fallback.end(),
                     [](const auto& rung) { return rung.starts_with("agent:"); });
}

} // namespace

void warn_about_effects(const fleet_draft& fleet, report& problems) {
  for (const auto& [path, domain] : fleet.domains)
    for (const auto& agent : domain.agents) {
      const auto does = agent.spec.card.does;
      if (does == effects::none || !agent.from.root)
        continue;
      const auto& at = agent.from.root->nearest_to({"effects"});
      if (domain.spec.keep == durability::none)
        problems.warn(at,
                      "tasks of domain " + problems.quoted(path) +
                          " are not stored: what this agent has done for one that is lost stays "
                          "in the ledger, and nobody goes on with it");
      if (does != effects::idempotent && domain.spec.human_queue.empty() &&
          !has_person(agent.spec.fallback))
        problems.warn(at, "when nobody knows what it has done, there is nobody to ask: give the "
                          "domain a human_queue");
      if (const auto* other = other_kind(domain, agent))
        problems.warn(at, "agent " + problems.quoted(other->spec.card.name) +
                              " offers the same skill with " +
                              std::string{to_string(other->spec.card.does)} +
                              " effects: neither can go on with what the other has begun");
      if (const auto* tool = has_substitute(agent) ? tool_with_own_keys(agent) : nullptr)
        problems.warn(*tool, "the agent's fallback does not find done what this tool has done: "
                             "say `once_per: []` if it does what the step asks for, or let a "
                             "person follow");
    }
}

} // namespace troupe::config
