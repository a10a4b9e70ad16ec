#include "src/config/checks.hpp"

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
    }
}

} // namespace troupe::config
