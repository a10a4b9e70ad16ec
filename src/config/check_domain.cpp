#include "src/config/checks.hpp"

#include "src/config/section.hpp"

#include <set>

namespace troupe::config {

void check_skill(const domain_draft& domain, const yaml_node& at, std::string_view skill,
                 bool composite, report& problems) {
  const bool is_composite = domain.plans.contains(skill);
  if ((composite && is_composite) || !domain.offering(skill).empty())
    return;
  const auto named = problems.quoted(skill);
  if (is_composite) {
    problems.error(
        at, "skill " + named +
                " is a plan of this domain and not an agent's: use a domain step with domain " +
                problems.quoted(domain.spec.path));
    return;
  }
  if (!domain.agents_sound() ||
      (composite && at.file.get() != domain.from.root->file.get() && !domain.from.sound))
    return;
  auto known = domain.agent_skills();
  if (composite)
    for (const auto& [name, plan] : domain.plans)
      known.push_back(name);
  problems.error(at, "no agent of domain " + problems.quoted(domain.spec.path) + " offers skill " +
                         named + (composite ? ", and it is none of its plans" : "") +
                         problems.did_you_mean(at, skill, known));
}

void check_queue(const fleet_draft& fleet, const yaml_node& at, std::string_view queue,
                 report& problems) {
  if (!fleet.from.sound)
    return;
  const auto known = fleet.queue_names();
  for (auto name : known)
    if (name == queue)
      return;
  problems.error(at, "there is no human queue " + problems.quoted(queue) + " in fleet.yaml" +
                         problems.did_you_mean(at, queue, known));
}

const domain_draft* check_domain_path(const fleet_draft& fleet, const yaml_node& at,
                                      std::string_view path, report& problems) {
  const auto* found = fleet.domain(path);
  if (!found)
    problems.error(at, "there is no domain " + problems.quoted(path) +
                           problems.did_you_mean(at, path, fleet.domain_paths()));
  return found;
}

void check_finds_out(const domain_draft& target, const yaml_node& at, report& problems) {
  if (target.from.root && target.from.sound && !target.from.root->find("plan") &&
      !target.from.root->find("understand"))
    problems.error(at, "domain " + problems.quoted(target.spec.path) +
                           " has neither a plan nor an agent that understands text: name the "
                           "skill that is asked of it");
}

void check_fallback(const fleet_draft& fleet, const domain_draft& domain, const yaml_node* fallback,
                    std::string_view owner, report& problems) {
  if (!fallback || !fallback->is_list())
    return;
  std::set<std::string, std::less<>> seen;
  for (const auto& child : fallback->children) {
    const auto text = as_text(*child);
    const auto colon = text ? text->find(':') : std::string::npos;
    if (colon == std::string::npos)
      continue;
    if (!seen.insert(*text).second)
      problems.error(*child, report::quoted(*child) + " is there twice");
    const auto name = std::string_view{*text}.substr(colon + 1);
    if (text->starts_with("human:"))
      check_queue(fleet, *child, name, problems);
    else if (text->starts_with("skill:"))
      check_skill(domain, *child, name, false, problems);
    else if (name == owner)
      problems.error(*child, "agent " + problems.quoted(name) + " falls back to itself");
    else if (!domain.agent(name))
      problems.error(*child, "there is no agent " + problems.quoted(name) + " in domain " +
                                 problems.quoted(domain.spec.path) +
                                 problems.did_you_mean(*child, name, domain.agent_names()));
  }
}

namespace {

// A pair of limits in a section of the domain's file, the smaller one first.
void check_backoff(const yaml_node& root, std::string_view name, milliseconds least,
                   milliseconds most, report& problems) {
  if (least > most)
    problems.error(root.nearest_to({name, "min_backoff"}),
                   "min_backoff is larger than max_backoff");
}

void check_synthesiser(const domain_draft& domain, const yaml_node& root, report& problems) {
  const auto* at = root.find("synthesiser");
  if (at) {
    if (const auto skill = as_text(*at))
      check_skill(domain, *at, *skill, false, problems);
  } else if (const auto* answer = root.find("answer");
             answer && domain.spec.answer == join::synthesis) {
    problems.error(*answer, "needs `synthesiser`, the skill that makes one answer of several");
  }
}

} // namespace

void check_domain(const fleet_draft& fleet, const domain_draft& domain, report& problems) {
  for (const auto& agent : domain.agents)
    if (agent.from.root)
      check_agent(fleet, domain, agent, problems);
  if (!domain.from.root)
    return;
  const auto& root = *domain.from.root;
  const auto& path = domain.spec.path;
  const auto folder = std::string_view{path}.substr(path.rfind('/') + 1);
  if (const auto* name = root.find("domain"))
    if (const auto text = as_text(*name); text && *text != folder)
      problems.error(*name, report::quoted(*name) + " is not the name of its folder, " +
                                problems.quoted(folder));
  check_backoff(root, "retry", domain.spec.retry.min_backoff, domain.spec.retry.max_backoff,
                problems);
  check_backoff(root, "supervision", domain.spec.intensity.min_backoff,
                domain.spec.intensity.max_backoff, problems);
  check_failures(fleet, domain, problems);
  check_sanitize_rules(domain, problems);
  check_facts(domain, problems);
  check_intents(fleet, domain, problems);
  check_synthesiser(domain, root, problems);
  if (domain.fixed.site.node)
    check_plan(fleet, domain, domain.fixed, problems);
  for (const auto& [skill, plan] : domain.plans) {
    if (const auto agents = domain.offering(skill); !agents.empty())
      problems.error(*plan.site.node, "skill " + problems.quoted(skill) + " is offered by agent " +
                                          problems.quoted(agents.front()->spec.card.name) +
                                          " already");
    check_plan(fleet, domain, plan, problems);
  }
}

} // namespace troupe::config
