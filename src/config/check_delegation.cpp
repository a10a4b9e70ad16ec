#include "src/config/checks.hpp"

#include "src/config/find_cycle.hpp"
#include "src/config/section.hpp"

namespace troupe::config {

namespace {

// A vertex is what a domain may be asked for: "sales" (anything) or "sales plan.upgrade" (a skill).
std::string vertex(std::string_view domain, std::string_view skill) {
  auto out = std::string{domain};
  if (!skill.empty())
    out += ' ' + std::string{skill};
  return out;
}

class delegation_graph {
 public:
  delegation_graph(const fleet_draft& fleet, report& problems)
      : fleet_(fleet)
      , problems_(problems) {}

  digraph build() {
    for (const auto& [path, domain] : fleet_.domains) {
      if (!domain.from.root)
        continue;
      auto& whole = graph_[path];
      if (domain.fixed.site.node)
        add_plan(domain.fixed.tree, domain.fixed.site, whole);
      add_understanding(domain, whole);
      for (const auto& [skill, plan] : domain.plans)
        add_plan(plan.tree, plan.site, graph_[vertex(path, skill)]);
    }
    return std::move(graph_);
  }

 private:
  void add(std::vector<arrow>& from, std::string_view domain, std::string_view skill,
           const yaml_node* because) {
    auto to = vertex(domain, skill);
    if (problems_.is_hidden(skill))
      problems_.hide(to, vertex(domain, "(a skill from a variable)"));
    from.push_back({std::move(to), because});
  }

  void add_plan(const plan_node& node, const plan_site& site, std::vector<arrow>& from) {
    if (node.op == plan_op::domain && site.body && !node.target.empty())
      add(from, node.target, node.skill, site.body->find("domain"));
    for (std::size_t i = 0; i < node.children.size(); ++i)
      add_plan(node.children[i], site.children[i], from);
    for (std::size_t i = 0; i < node.undo.size(); ++i)
      add_plan(node.undo[i], site.undo[i], from);
  }

  void add_understanding(const domain_draft& domain, std::vector<arrow>& from) {
    const auto& path = domain.spec.path;
    const auto understand = section{domain.from.root.get()}.in("understand");
    if (const auto* unclear = understand.find("unclear"))
      if (const auto skill = as_text(*unclear); skill && !skill->starts_with("human:"))
        add(from, path, *skill, unclear);
    for (const auto* entry : understand.entries("intents")) {
      const auto& intent = domain.spec.understanding.intents.find(entry->key)->second;
      const bool to_itself =
          intent.skill.empty() && intent.domain == path; // reported with the intent
      if (!to_itself && (!intent.skill.empty() || !intent.domain.empty()))
        add(from, intent.domain.empty() ? path : intent.domain, intent.skill, entry);
    }
  }

  const fleet_draft& fleet_;
  report& problems_;
  digraph graph_;
};

} // namespace

void check_delegation_cycles(const fleet_draft& fleet, report& problems) {
  report_cycles(delegation_graph{fleet, problems}.build(),
                "domains delegate to each other without end", problems);
}

} // namespace troupe::config
