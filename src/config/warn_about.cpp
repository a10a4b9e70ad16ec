#include "src/config/checks.hpp"

#include "src/config/examples.hpp"
#include "src/config/section.hpp"

#include <set>

namespace troupe::config {

namespace {

// Everything by which an agent of a domain may be reached from within the fleet.
class reached {
 public:
  explicit reached(const fleet_draft& fleet) {
    for (const auto& [path, domain] : fleet.domains) {
      const auto& how = domain.spec.understanding;
      agents_.insert(path + '/' + how.agent);
      if (!how.unclear.starts_with("human:"))
        skill(path, how.unclear);
      for (const auto& [name, intent] : how.intents) {
        skill(intent.domain.empty() ? path : intent.domain, intent.skill);
        fallback(path, intent.fallback);
      }
      plan(path, domain.fixed.tree);
      for (const auto& [name, p] : domain.plans)
        plan(path, p.tree);
      for (const auto& agent : domain.agents)
        fallback(path, agent.spec.fallback);
    }
  }

  [[nodiscard]] bool has(const agent_card& card) const {
    if (agents_.contains(card.domain + '/' + card.name))
      return true;
    for (const auto& s : card.skills)
      if (skills_.contains(card.domain + ' ' + s))
        return true;
    return false;
  }

 private:
  void skill(const std::string& domain, const std::string& name) {
    skills_.insert(domain + ' ' + name);
  }

  void fallback(const std::string& domain, const std::vector<std::string>& list) {
    for (const auto& entry : list) {
      if (entry.starts_with("agent:"))
        agents_.insert(entry.substr(6));
      if (entry.starts_with("skill:"))
        skill(domain, entry.substr(6));
    }
  }

  void plan(const std::string& domain, const plan_node& node) {
    if (node.op == plan_op::call && !node.target.empty())
      agents_.insert(node.target);
    else if (node.op == plan_op::call)
      skill(domain, node.skill);
    if (node.op == plan_op::domain)
      skill(node.target, node.skill);
    fallback(domain, node.fallback);
    for (const auto& child : node.children)
      plan(domain, child);
    for (const auto& undo : node.undo)
      plan(domain, undo);
  }

  std::set<std::string, std::less<>> agents_, skills_;
};

} // namespace

void warn_about(const fleet_draft& fleet, report& problems) {
  warn_about_effects(fleet, problems);
  const reached all{fleet};
  for (const auto& [path, domain] : fleet.domains) {
    // A domain that neither understands text nor has a plan is asked for its skills directly: all
    // of them are doors.
    const bool leads = !domain.spec.understanding.agent.empty() || domain.fixed.site.node;
    if (domain.agents.empty() && !leads && domain.plans.empty())
      problems.warn(*domain.from.root,
                    "the domain has neither agents nor plans: it can do nothing");
    if (!leads && path == fleet.spec.entry)
      problems.warn(*domain.from.root,
                    "the entry domain has neither understand nor plan: tasks must name a skill");
    if (leads && !domain.spec.understanding.agent.empty() &&
        domain.spec.understanding.unclear.empty())
      problems.warn(domain.from.root->nearest_to({"understand"}),
                    "without \"unclear\", tasks whose wish is not understood fail");
    for (const auto& agent : domain.agents) {
      if (leads && !all.has(agent.spec.card))
        problems.warn(*agent.from.root, "no intent, plan or fallback leads to this agent");
      if (agent.spec.card.kind == agent_kind::triage)
        warn_about_examples(domain, agent, problems);
      warn_about_llm(fleet, agent, problems);
    }
  }
}

} // namespace troupe::config
