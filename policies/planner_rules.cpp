#include "policies/plan_ops.hpp"
#include "policies/planner.hpp"

#include <algorithm>

namespace troupe {

// What holds for the plans of a domain, whoever makes them.

std::string why_not_by_skill(const domain_spec& in, std::string_view skill,
                             std::string_view elsewhere) {
  const auto what = "skill " + std::string{skill};
  const auto& intents = in.understanding.intents;
  if (!elsewhere.empty()) {
    const bool asked = std::any_of(intents.begin(), intents.end(), [&](const auto& x) {
      return x.second.domain == elsewhere && x.second.skill == skill;
    });
    return asked
               ? std::string{}
               : "domain " + in.path + " asks domain " + std::string{elsewhere} + " for no " + what;
  }
  if (in.plans.contains(skill))
    return what + " is composite: only an intent leads to it";
  bool there = false;
  for (const auto& a : in.agents) {
    if (std::find(a.card.skills.begin(), a.card.skills.end(), skill) == a.card.skills.end())
      continue;
    there = true;
    if (a.card.does != effects::none)
      return what + " has effects: only an intent leads to it";
  }
  return there ? std::string{} : "domain " + in.path + " has no " + what;
}

plan_ptr lay_out(plan_node&& root, const domain_spec& domain) {
  auto out = laid_out(std::move(root));
  out->retry = domain.retry;
  out->step_timeout = domain.step_timeout;
  out->on_failure = domain.on_failure;
  out->human_queue = domain.human_queue;
  out->max_failed_agents = domain.max_failed_agents;
  return out;
}

plan_ptr plan_of_triage(const domain_spec& domain) {
  plan_node root;
  root.name = "understand";
  root.target = domain.path + "/" + domain.understanding.agent;
  root.note = "find out what the message wants";
  auto out = std::make_shared<plan>(*lay_out(std::move(root), domain));
  // Nobody can stand in for the triage: what it does not understand goes where unclear messages go.
  out->human_queue.clear();
  out->max_failed_agents = 0;
  return out;
}

} // namespace troupe
