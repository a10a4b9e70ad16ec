#include "nodes/doors/offers.hpp"

#include "nodes/doors/guarded_client.hpp"

#include <algorithm>
#include <map>

namespace troupe {

namespace {

void add_domain(const domain_spec& d, std::vector<skill_offer>& to) {
  if (d.fixed_plan || !d.understanding.agent.empty())
    to.push_back({d.path, d.path, {}, d.description, nullptr});
  std::map<std::string, std::vector<const agent_spec*>, std::less<>> by_skill;
  for (const auto& a : d.agents)
    for (const auto& skill : a.card.skills)
      by_skill[skill].push_back(&a);
  for (const auto& [skill, how] : d.plans)
    by_skill[skill].clear(); // A plan takes the place of whoever is called like it.
  for (const auto& [skill, who] : by_skill) {
    skill_offer x{d.path + "/" + skill, d.path, skill, {}, nullptr};
    if (who.empty()) {
      x.description = d.plans.find(skill)->second.note;
    } else {
      x.description = who.front()->card.description;
      if (who.size() == 1)
        x.takes = who.front()->takes;
    }
    if (x.description.empty())
      x.description = skill + " in " + d.path;
    to.push_back(std::move(x));
  }
  for (const auto& inner : d.domains)
    add_domain(inner, to);
}

} // namespace

std::vector<skill_offer> offers_of(const fleet_spec& fleet, const access_pass* pass) {
  std::vector<skill_offer> out;
  for (const auto* d : domains_for(fleet, pass, access_scope::submit))
    add_domain(*d, out);
  std::stable_partition(out.begin(), out.end(),
                        [&](const skill_offer& x) { return x.domain == fleet.entry; });
  return out;
}

const skill_offer* find_offer(const std::vector<skill_offer>& all, std::string_view id) noexcept {
  const auto hit =
      std::find_if(all.begin(), all.end(), [&](const skill_offer& x) { return x.id == id; });
  return hit == all.end() ? nullptr : &*hit;
}

} // namespace troupe
