#include "src/config/checks.hpp"

#include "src/config/section.hpp"

#include <troupe/domain_boundary.hpp>

namespace troupe::config {

namespace {

class boundary_checker {
 public:
  boundary_checker(const fleet_draft& fleet, report& problems)
      : fleet_(fleet)
      , problems_(problems) {}

  void check() {
    for (const auto& [path, domain] : fleet_.domains) {
      if (!domain.from.root)
        continue;
      check_names(domain);
      check_plan_of(domain, domain.fixed);
      for (const auto& [skill, plan] : domain.plans)
        check_plan_of(domain, plan);
      for (const auto* intent :
           section{domain.from.root.get()}.in("understand").entries("intents")) {
        const auto& means = domain.spec.understanding.intents.find(intent->key)->second;
        if (const auto* at = intent->find("domain"); at && !means.domain.empty())
          check_delegation(domain, means.domain, means.skill, *at);
      }
    }
  }

 private:
  void check_names(const domain_draft& domain) {
    const section top{domain.from.root.get()};
    for (const auto* caller : top.elements("callers"))
      if (const auto path = as_text(*caller))
        static_cast<void>(check_domain_path(fleet_, *caller, *path, problems_));
    for (const auto* skill : top.elements("exports"))
      if (const auto name = as_text(*skill))
        check_skill(domain, *skill, *name, true, problems_);
  }

  void check_plan_of(const domain_draft& domain, const plan_draft& plan) {
    if (plan.site.node)
      walk(domain, plan.tree, plan.site);
  }

  void walk(const domain_draft& domain, const plan_node& node, const plan_site& site) {
    if (node.op == plan_op::domain && site.body && !node.target.empty())
      if (const auto* at = site.body->find("domain"))
        check_delegation(domain, node.target, node.skill, *at);
    for (std::size_t i = 0; i < node.children.size(); ++i)
      walk(domain, node.children[i], site.children[i]);
    for (std::size_t i = 0; i < node.undo.size(); ++i)
      walk(domain, node.undo[i], site.undo[i]);
  }

  void check_delegation(const domain_draft& from, std::string_view to, std::string_view skill,
                        const yaml_node& at) {
    // That there is such a domain is checked with the plan or the intent.
    const auto* target = fleet_.domain(to);
    if (!target || !target->from.sound)
      return;
    if (const auto why = why_not_delegated(target->spec, from.spec.path, skill); !why.empty())
      problems_.error(at, why + " (see callers and exports in " + target->from.file + ")");
  }

  const fleet_draft& fleet_;
  report& problems_;
};

} // namespace

void check_boundaries(const fleet_draft& fleet, report& problems) {
  boundary_checker{fleet, problems}.check();
}

} // namespace troupe::config
