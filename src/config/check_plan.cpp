#include "src/config/checks.hpp"

#include "src/config/find_unsafe.hpp"
#include "src/config/section.hpp"

#include <map>
#include <utility>

namespace troupe::config {

namespace {

class plan_checker {
 public:
  plan_checker(const fleet_draft& fleet, const domain_draft& domain, report& problems)
      : fleet_(fleet)
      , domain_(domain)
      , problems_(problems) {}

  // Where a node stands.
  struct place {
    std::size_t depth = 1;
    bool has_previous = false;        // a step comes before it in a sequence
    bool covered = false;             // it stands below a `compensate`
    bool undoes = false;              // it is the `undo` of another step
    const yaml_node* raced = nullptr; // the operator around it that may throw its work away
  };

  void check(const plan_node& node, const plan_site& site, place where) {
    if (!site.body)
      return; // Reported already: no operator, or several.
    if (where.depth > plan::max_depth)
      return problems_.error(*site.node, "the plan is nested deeper than " +
                                             std::to_string(plan::max_depth) + " steps");
    if (++steps_ == plan::max_steps + 1)
      problems_.error(*site.node,
                      "the plan has more than " + std::to_string(plan::max_steps) + " steps");
    check_name(node, site);
    if (where.undoes && !may_undo(node.op))
      return problems_.error(*site.body, "cannot undo a step: that takes a call, domain or human");
    const auto& body = *site.body;
    check_undo(site, where);
    switch (node.op) {
    case plan_op::call:
      check_call(node, body, where.raced);
      break;
    case plan_op::domain:
      check_delegation(node, body, where.raced);
      break;
    case plan_op::human:
      if (const auto* queue = body.find("queue"); queue && !node.target.empty())
        check_queue(fleet_, *queue, node.target, problems_);
      break;
    case plan_op::gate:
      if (!where.has_previous)
        problems_.error(body, "needs a step before it in a sequence");
      check_result_pointer(node, &body);
      break;
    case plan_op::map:
      check_items(node, body);
      break;
    case plan_op::loop:
      check_result_pointer(node, body.find("until"));
      break;
    case plan_op::judge:
      check_result_pointer(node, body.find("passes"));
      break;
    case plan_op::quorum:
      if (const auto* needed = body.find("needed"); needed && node.needed > node.children.size())
        problems_.error(*needed, "asks for " + std::to_string(node.needed) + " successes of " +
                                     std::to_string(node.children.size()) + " steps");
      [[fallthrough]];
    case plan_op::race:
      where.raced = &body;
      break;
    default:
      break;
    }
    const bool ordered = node.op == plan_op::sequence || node.op == plan_op::compensate;
    const bool covered = where.covered || node.op == plan_op::compensate;
    for (std::size_t i = 0; i < node.children.size(); ++i) {
      if (is_pattern(node.op) && node.children[i].op == plan_op::gate && site.children[i].body)
        problems_.error(*site.children[i].body, "needs a step before it in a sequence");
      else
        check(node.children[i], site.children[i],
              {where.depth + 1, ordered && i > 0, covered, false, where.raced});
    }
    // What is undone is undone for good, also within a race.
    for (std::size_t i = 0; i < node.undo.size(); ++i)
      check(node.undo[i], site.undo[i], {where.depth + 1, false, covered, true, nullptr});
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
    else if (skill && !refuse_unsafe(domain_.offering(node.skill), *skill, *raced) &&
             node.fallback.empty())
      if (const auto* below = unsafe_below(domain_, node.skill))
        refuse(*skill, *below, ", which others with this skill fall back to,", *raced);
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
    if (!target || !target->from.root)
      return;
    const auto* skill = body.find("skill");
    if (skill && !node.skill.empty())
      check_skill(*target, *skill, node.skill, true, problems_);
    else if (!skill)
      check_finds_out(*target, *at, problems_);
    if (!raced)
      return;
    const auto [known, fresh] = behind_.try_emplace({node.target, node.skill});
    if (fresh)
      known->second = unsafe_behind(fleet_, node.target, node.skill);
    if (known->second)
      refuse(skill ? *skill : *at, *known->second,
             " of domain " + problems_.quoted(known->second->spec.card.domain), *raced);
  }

  // A branch that loses is cancelled or ignored, and what an unsafe agent did by then cannot be
  // taken back.
  bool refuse_unsafe(const std::vector<const agent_draft*>& agents, const yaml_node& at,
                     const yaml_node& raced) {
    for (const auto* agent : agents)
      if (agent->spec.card.does == effects::unsafe) {
        refuse(at, *agent, {}, raced);
        return true;
      }
    return false;
  }

  void refuse(const yaml_node& at, const agent_draft& agent, const std::string& where,
              const yaml_node& raced) {
    problems_.error(at, "agent " + problems_.quoted(agent.spec.card.name) + where +
                            " has unsafe effects and cannot take part in a " + raced.key);
  }

  static bool may_undo(plan_op op) noexcept {
    return op == plan_op::call || op == plan_op::domain || op == plan_op::human;
  }

  static bool is_pattern(plan_op op) noexcept {
    return op == plan_op::map || op == plan_op::loop || op == plan_op::judge;
  }

  void check_undo(const plan_site& site, const place& where) {
    const auto* undo = site.body->find("undo");
    if (!undo)
      return;
    if (where.undoes)
      problems_.error(*undo, "the step undoes another one and cannot be undone itself");
    else if (!where.covered)
      problems_.error(*undo, "is never used: the step stands below no compensate");
  }

  static std::string_view first_of(std::string_view pointer) noexcept {
    return pointer.empty() ? pointer : pointer.substr(1, pointer.find('/', 1) - 1);
  }

  // `condition` holds the pointer of `node.when`, or is null.
  void check_result_pointer(const plan_node& node, const yaml_node* condition) {
    const auto* pointer = condition ? condition->find("pointer") : nullptr;
    if (!pointer || node.when.pointer.empty())
      return;
    const auto first = first_of(node.when.pointer);
    if (first != "text" && first != "data" && first != "confidence")
      problems_.error(*pointer, report::quoted(*pointer) +
                                    " does not start with /text, /data or /confidence");
  }

  void check_items(const plan_node& node, const yaml_node& body) {
    const auto* items = body.find("items");
    if (!items || node.items.empty())
      return;
    const auto first = first_of(node.items);
    if (first != "input" && first != "previous" && first != "context")
      return problems_.error(*items, report::quoted(*items) +
                                         " does not start with /input, /previous or /context");
    const auto rest = std::string_view{node.items}.substr(first.size() + 1);
    const auto field = first_of(rest);
    if (first != "context" || field.empty())
      return;
    const auto declared = domain_.spec.context.find(field);
    if (declared == domain_.spec.context.end())
      problems_.error(*items, "domain " + problems_.quoted(domain_.spec.path) +
                                  " declares no context field " +
                                  problems_.quoted(std::string{field}));
    else if (rest.size() == field.size() + 1 && declared->second.type != "array")
      problems_.error(*items, "context field " + problems_.quoted(std::string{field}) +
                                  " is of type " + declared->second.type + " and no list");
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
  /// What has been found behind domains and their skills: large plans ask for the same again.
  std::map<std::pair<std::string_view, std::string_view>, const agent_draft*> behind_;
  std::size_t steps_ = 0;
};

} // namespace

void check_plan(const fleet_draft& fleet, const domain_draft& domain, const plan_draft& plan,
                report& problems) {
  plan_checker{fleet, domain, problems}.check(plan.tree, plan.site, {});
}

} // namespace troupe::config
