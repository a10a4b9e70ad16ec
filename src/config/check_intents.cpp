#include "src/config/checks.hpp"

#include "src/config/find_cycle.hpp"
#include "src/config/section.hpp"

namespace troupe::config {

namespace {

void check_triage(const domain_draft& domain, const yaml_node& understand, report& problems) {
  const auto* at = understand.find("agent");
  const auto name = at ? as_text(*at) : std::nullopt;
  if (!name)
    return;
  const auto* agent = domain.agent(*name);
  if (!agent)
    problems.error(*at, "there is no agent " + problems.quoted(*name) + " in domain " +
                            problems.quoted(domain.spec.path) +
                            problems.did_you_mean(*at, *name, domain.agent_names()));
  else if (agent->from.root && agent->spec.card.kind != agent_kind::triage && agent->from.sound)
    problems.error(*at, "agent " + problems.quoted(*name) + " is of kind " +
                            std::string{to_string(agent->spec.card.kind)} + ", not triage");
}

void check_target(const fleet_draft& fleet, const domain_draft& domain, const yaml_node& intent,
                  report& problems) {
  const auto* skill = intent.find("skill");
  const auto* elsewhere = intent.find("domain");
  const auto* owner = &domain;
  if (elsewhere) {
    const auto path = as_text(*elsewhere);
    if (!path)
      return;
    if (*path == domain.spec.path && !skill)
      problems.error(*elsewhere,
                     "the domain delegates the intent to itself without saying which skill");
    owner = check_domain_path(fleet, *elsewhere, *path, problems);
    if (owner && owner != &domain && !skill)
      check_finds_out(*owner, *elsewhere, problems);
  }
  if (const auto name = skill ? as_text(*skill) : std::nullopt; name && owner && owner->from.root)
    check_skill(*owner, *skill, *name, true, problems);
}

} // namespace

void check_intents(const fleet_draft& fleet, const domain_draft& domain, report& problems) {
  const auto* understand = domain.from.root->find("understand");
  if (!understand || !understand->is_map())
    return;
  check_triage(domain, *understand, problems);
  if (const auto* unclear = understand->find("unclear"))
    if (const auto text = as_text(*unclear)) {
      if (text->starts_with("human:"))
        check_queue(fleet, *unclear, std::string_view{*text}.substr(6), problems);
      else
        check_skill(domain, *unclear, *text, true, problems);
    }

  const auto& intents = domain.spec.understanding.intents;
  std::vector<std::string_view> known;
  for (const auto& [name, intent] : intents)
    known.push_back(name);
  digraph order;
  for (const auto* intent : section{understand}.entries("intents")) {
    check_target(fleet, domain, *intent, problems);
    check_fallback(fleet, domain, intent->find("fallback"), {}, problems);
    const auto* after = intent->find("after");
    if (!after || !after->is_list())
      continue;
    for (const auto& child : after->children) {
      const auto name = as_text(*child);
      if (!name)
        continue;
      if (intents.contains(*name))
        order[intent->key].push_back({*name, child.get()});
      else
        problems.error(*child, "there is no intent " + problems.quoted(*name) +
                                   problems.did_you_mean(*child, *name, known));
    }
  }
  report_cycles(order, "intents wait for each other", problems);
}

} // namespace troupe::config
