#include "policies/offered_skills.hpp"

#include <algorithm>
#include <set>

namespace troupe {

namespace {

constexpr std::size_t most_named = 40;

void add_domains_with(std::string_view skill, const domain_spec& in, std::set<std::string>& to) {
  for (const auto& d : in.domains) {
    if (declares_skill(d, skill))
      to.insert(d.path);
    add_domains_with(skill, d, to);
  }
}

template <class Names>
std::string first_of_many(const Names& names) {
  std::string out;
  std::size_t said = 0;
  for (const auto& name : names) {
    if (said == most_named)
      return out + " and " + std::to_string(names.size() - said) + " more";
    out += said++ == 0 ? "" : ", ";
    out += name;
  }
  return out;
}

} // namespace

bool declares_skill(const domain_spec& in, std::string_view skill) {
  return in.plans.contains(skill) ||
         std::any_of(in.agents.begin(), in.agents.end(), [skill](const agent_spec& a) {
           const auto& skills = a.card.skills;
           return std::find(skills.begin(), skills.end(), skill) != skills.end();
         });
}

std::string says_not_offered(const domain_spec& in, std::string_view skill,
                             const std::vector<std::string_view>& of_agents) {
  const auto start =
      "no agent of domain " + in.path + " offers the skill " + std::string{skill} + "; ";
  std::set<std::string> elsewhere;
  add_domains_with(skill, in, elsewhere);
  if (!elsewhere.empty())
    return start + "it is offered in " + first_of_many(elsewhere);
  std::set<std::string_view> here(of_agents.begin(), of_agents.end());
  for (const auto& [name, tree] : in.plans)
    here.insert(name);
  return start + (here.empty() ? "it offers none" : "there are " + first_of_many(here));
}

} // namespace troupe
