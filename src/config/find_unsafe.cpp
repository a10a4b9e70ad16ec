#include "src/config/find_unsafe.hpp"

#include <set>
#include <string>
#include <utility>
#include <vector>

namespace troupe::config {

namespace {

class unsafe_search {
 public:
  explicit unsafe_search(const fleet_draft* fleet)
      : fleet_(fleet) {}

  const agent_draft* run(const domain_draft& domain, std::string_view skill) {
    want(&domain, skill);
    while (!found_ && !wanted_.empty()) {
      const auto [where, what] = wanted_.back();
      wanted_.pop_back();
      look(*where, what);
    }
    return found_;
  }

  /// A call that names no ladder has that of the first agent with its skill.
  void ladder_of(const domain_draft& domain, std::string_view skill) {
    if (const auto agents = domain.offering(skill); !agents.empty())
      ladder(domain, agents.front()->spec.fallback);
  }

  [[nodiscard]] const agent_draft* found() const noexcept { return found_; }

 private:
  using wish = std::pair<const domain_draft*, std::string_view>;

  void want(const domain_draft* domain, std::string_view skill) {
    if (domain && seen_.emplace(domain, skill).second)
      wanted_.emplace_back(domain, skill);
  }

  void look(const domain_draft& domain, std::string_view skill) {
    if (const auto plan = domain.plans.find(skill); plan != domain.plans.end())
      return look(domain, plan->second.tree);
    if (!skill.empty()) {
      all(domain.offering(skill));
      return ladder_of(domain, skill);
    }
    if (domain.fixed.site.node)
      return look(domain, domain.fixed.tree);
    const auto& how = domain.spec.understanding;
    if (!how.unclear.empty() && !how.unclear.starts_with("human:"))
      want(&domain, how.unclear);
    for (const auto& [name, intent] : how.intents) {
      const auto* where = intent.domain.empty() ? &domain : fleet_->domain(intent.domain);
      if (!intent.skill.empty() || !intent.domain.empty())
        want(where, intent.skill);
      ladder(domain, intent.fallback);
    }
    if (!domain.spec.synthesiser.empty())
      want(&domain, domain.spec.synthesiser);
  }

  void look(const domain_draft& domain, const plan_node& node) {
    if (node.op == plan_op::domain)
      want(fleet_->domain(node.target), node.skill);
    else if (node.op == plan_op::call && !node.target.empty())
      one(domain, node.target);
    else if (node.op == plan_op::call && !node.fallback.empty())
      all(domain.offering(node.skill));
    else if (node.op == plan_op::call && !node.skill.empty())
      want(&domain, node.skill);
    ladder(domain, node.fallback);
    for (const auto& child : node.children)
      look(domain, child);
  }

  // Who stands in for others is not stood in for.
  void ladder(const domain_draft& domain, const std::vector<std::string>& rungs) {
    for (const std::string_view rung : rungs)
      if (rung.starts_with("agent:"))
        one(domain, rung.substr(6));
      else if (rung.starts_with("skill:"))
        all(domain.offering(rung.substr(6)));
  }

  void one(const domain_draft& domain, std::string_view name) {
    if (const auto* agent = domain.agent(name.substr(name.rfind('/') + 1)))
      all({agent});
  }

  void all(const std::vector<const agent_draft*>& agents) {
    for (const auto* agent : agents)
      if (agent->spec.card.does == effects::unsafe)
        found_ = agent;
  }

  const fleet_draft* fleet_;
  std::set<wish> seen_;
  std::vector<wish> wanted_;
  const agent_draft* found_ = nullptr;
};

} // namespace

const agent_draft* unsafe_below(const domain_draft& domain, std::string_view skill) {
  unsafe_search search{nullptr};
  search.ladder_of(domain, skill);
  return search.found();
}

const agent_draft* unsafe_behind(const fleet_draft& fleet, std::string_view domain,
                                 std::string_view skill) {
  const auto* where = fleet.domain(domain);
  return where ? unsafe_search{&fleet}.run(*where, skill) : nullptr;
}

} // namespace troupe::config
