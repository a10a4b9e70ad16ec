#include "src/config/checks.hpp"

#include "src/config/section.hpp"

#include <map>

namespace troupe::config {

namespace {

class plan_checker {
 public:
  plan_checker(const fleet_draft& fleet, const domain_draft& domain, report& problems)
      : fleet_(fleet)
      , domain_(domain)
      , problems_(problems) {}

  // `raced` is the operator around the node that may throw the work of a step away, or null.
  void check(const plan_node& node, const plan_site& site, std::size_t depth, bool has_previous,
             const yaml_node* raced) {
    if (!site.body)
      return; // Reported already: no operator, or several.
    if (depth > plan::max_depth)
      return problems_.error(*site.node, "the plan is nested deeper than " +
                                             std::to_string(plan::max_depth) + " steps");
    if (++steps_ == plan::max_steps + 1)
      problems_.error(*site.node,
                      "the plan has more than " + std::to_string(plan::max_steps) + " steps");
    check_name(node, site);
    const auto& body = *site.body;
    switch (node.op) {
    case plan_op::call:
      check_call(node, body, raced);
      break;
    case plan_op::domain:
      check_delegation(node, body, raced);
      break;
    case plan_op::human:
      if (const auto* queue = body.find("queue"); queue && !node.target.empty())
        check_queue(fleet_, *queue, node.target, problems_);
      break;
    case plan_op::gate:
      check_gate(node, body, has_previous);
      break;
    case plan_op::quorum:
      if (const auto* needed = body.find("needed"); needed && node.needed > node.children.size())
        problems_.error(*needed, "asks for " + std::to_string(node.needed) + " successes of " +
                                     std::to_string(node.children.size()) + " steps");
      [[fallthrough]];
    case plan_op::race:
      raced = &body;
      break;
    default:
      break;
    }
    for (std::size_t i = 0; i < node.children.size(); ++i)
      check(node.children[i], site.children[i], depth + 1, node.op == plan_op::sequence && i > 0,
            raced);
  }

 private:
  void check_name(const plan_node& node, const plan_site& site) {
    const auto* written = site.body->find("name");
    if (!written)
      return; // A name that was made up is free.
    const auto [first, fresh] = names_.emplace(node.name, written);
    if (!fresh)
      problems_.error(*written, "the step in line " + std::to_string(first->second->line) +
                                    " is called " + problems_.quoted(node.name) + " already");
  }

  void check_call(const plan_node& node, const yaml_node& body, const yaml_node* raced) {
    const auto* skill = body.find("skill");
    const auto* agent = body.find("agent");
    const auto name = agent ? as_text(*agent) : std::nullopt;
    const auto* pinned = name ? domain_.agent(*name) : nullptr;
    if (name && !pinned)
      problems_.error(*agent, "there is no agent " + problems_.quoted(*name) + " in domain " +
                                  problems_.quoted(domain_.spec.path) +
                                  problems_.did_you_mean(*agent, *name, domain_.agent_names()));
    if (skill && !node.skill.empty()) {
      check_skill(domain_, *skill, node.skill, false, problems_);
      if (pinned && pinned->from.sound && !offers(*pinned, node.skill))
        problems_.error(*skill, "agent " + problems_.quoted(*name) + " does not offer skill " +
                                    problems_.quoted(node.skill));
    }
    check_fallback(fleet_, domain_, body.find("fallback"),
                   name ? std::string_view{*name} : std::string_view{}, problems_);
    if (!raced)
      return;
    if (pinned)
      refuse_unsafe({pinned}, *agent, *raced);
    else if (skill)
      refuse_unsafe(domain_.offering(node.skill), *skill, *raced);
    check_raced_fallback(body, *raced);
  }

  void check_raced_fallback(const yaml_node& body, const yaml_node& raced) {
    const auto* fallback = body.find("fallback");
    if (!fallback || !fallback->is_list())
      return;
    for (const auto& child : fallback->children) {
      const auto text = as_text(*child).value_or("");
      if (text.starts_with("skill:"))
        refuse_unsafe(domain_.offering(std::string_view{text}.substr(6)), *child, raced);
      else if (text.starts_with("agent:"))
        if (const auto* agent = domain_.agent(std::string_view{text}.substr(6)))
          refuse_unsafe({agent}, *child, raced);
    }
  }

  void check_delegation(const plan_node& node, const yaml_node& body, const yaml_node* raced) {
    const auto* at = body.find("domain");
    check_fallback(fleet_, domain_, body.find("fallback"), {}, problems_);
    if (raced)
      check_raced_fallback(body, *raced);
    if (!at || node.target.empty())
      return;
    const auto* target = check_domain_path(fleet_, *at, node.target, problems_);
    const auto* skill = body.find("skill");
    if (!target || !target->from.root || !skill || node.skill.empty())
      return;
    check_skill(*target, *skill, node.skill, true, problems_);
    if (raced)
      refuse_unsafe(target->offering(node.skill), *skill, *raced);
  }

  // A branch that loses is cancelled or ignored, and what an unsafe agent did by then cannot be
  // taken back.
  void refuse_unsafe(const std::vector<const agent_draft*>& agents, const yaml_node& at,
                     const yaml_node& raced) {
    for (const auto* agent : agents)
      if (agent->spec.card.does == effects::unsafe)
        return problems_.error(at, "agent " + problems_.quoted(agent->spec.card.name) +
                                       " has unsafe effects and cannot take part in a " +
                                       raced.key);
  }

  void check_gate(const plan_node& node, const yaml_node& body, bool has_previous) {
    if (!has_previous)
      problems_.error(body, "needs a step before it in a sequence");
    const auto* pointer = body.find("pointer");
    if (!pointer || node.when.pointer.empty())
      return;
    const auto first =
        std::string_view{node.when.pointer}.substr(1, node.when.pointer.find('/', 1) - 1);
    if (first != "text" && first != "data" && first != "confidence")
      problems_.error(*pointer, report::quoted(*pointer) +
                                    " does not start with /text, /data or /confidence");
  }

  static bool offers(const agent_draft& agent, std::string_view skill) {
    for (const auto& s : agent.spec.card.skills)
      if (s == skill)
        return true;
    return false;
  }

  const fleet_draft& fleet_;
  const domain_draft& domain_;
  report& problems_;
  std::map<std::string, const yaml_node*> names_;
  std::size_t steps_ = 0;
};

} // namespace

void check_plan(const fleet_draft& fleet, const domain_draft& domain, const plan_draft& plan,
                report& problems) {
  plan_checker{fleet, domain, problems}.check(plan.tree, plan.site, 1, false, nullptr);
}

} // namespace troupe::config
