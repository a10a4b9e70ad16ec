#include "src/config/checks.hpp"

#include "src/config/section.hpp"

#include <map>

namespace troupe::config {

namespace {

const yaml_node& remedy_of(const yaml_node& rule) {
  const auto* then = rule.is_map() ? rule.find("then") : nullptr;
  return then ? *then : rule;
}

} // namespace

void check_failures(const fleet_draft& fleet, const domain_draft& domain, report& problems) {
  const auto& root = *domain.from.root;
  const auto& spec = domain.spec;
  const bool has_queue = !spec.human_queue.empty();
  if (const auto* queue = root.find("human_queue"); queue && has_queue)
    check_queue(fleet, *queue, spec.human_queue, problems);
  for (const auto* rule : section{&root}.entries("on_failure"))
    if (as_word<remedy>(remedy_of(*rule)) == remedy::ask_human && !root.find("human_queue"))
      problems.error(remedy_of(*rule), "ask_human needs the domain's human_queue");
  if (const auto* most = root.find("max_failed_agents");
      most && spec.max_failed_agents > 0 && !root.find("human_queue"))
    problems.error(*most, "needs the domain's human_queue: a person is asked then");
  const auto* stages = section{&root}.in("overload").find("stages");
  if (!stages || !stages->is_list())
    return;
  if (stages->children.size() > overload_stages_max)
    problems.error(*stages, "there are at most " + std::to_string(overload_stages_max) + " stages");
  double before = 0;
  for (const auto& child : stages->children) {
    const auto share = as_number(*child);
    if (!share)
      continue;
    if (*share <= before)
      problems.error(*child, "a stage must begin later than the one before it");
    before = *share;
  }
}

void check_shedding(const domain_draft& domain, const yaml_node& root, const agent_spec& agent,
                    report& problems) {
  const auto* at = root.find("shed_at");
  if (!at || !domain.from.sound || agent.shed_at <= domain.spec.overload.stages.size())
    return;
  problems.error(*at, "domain " + problems.quoted(domain.spec.path) + " has only " +
                          std::to_string(domain.spec.overload.stages.size()) +
                          " stages of overload");
}

void check_providers(const fleet_draft& fleet, report& problems) {
  // One provider has one breaker, wherever its agents are.
  std::map<std::string, const domain_draft*, std::less<>> first;
  for (const auto& [path, domain] : fleet.domains) {
    for (const auto& agent : domain.agents) {
      const auto* at = agent.from.root ? agent.from.root->find("provider") : nullptr;
      if (!at || agent.spec.provider.empty())
        continue;
      const auto [known, fresh] = first.emplace(agent.spec.provider, &domain);
      if (!fresh && known->second->spec.provider_breaker != domain.spec.provider_breaker)
        problems.error(*at, "provider " + problems.quoted(agent.spec.provider) +
                                " has another provider_breaker in domain " +
                                problems.quoted(known->second->spec.path));
    }
  }
}

} // namespace troupe::config
