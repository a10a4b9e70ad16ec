#include "actors/domain_view.hpp"

#include <algorithm>
#include <string_view>

namespace troupe {

domain_view::domain_view(fleet_version_ptr of, const domain_spec& in, std::string node)
    : version(std::move(of))
    , domain(in)
    , routes(in, std::move(node))
    , learns(in.routing.learns())
    , punishes(std::any_of(in.on_failure.begin(), in.on_failure.end(),
                           [](const auto& line) { return line.second.agent != sanction::none; })) {}

routing_table_ptr routing_table_of(const std::vector<seat_ptr>& agents) {
  auto table = std::make_shared<routing_table>();
  table->agents = agents;
  for (const auto& place : agents) {
    const auto& spec = *place->spec();
    for (const auto& skill : spec.card.skills)
      table->by_skill[skill].push_back(place);
    const auto full = spec.card.domain + "/" + spec.card.name;
    table->by_name[full].push_back(place);
    // With the version that it is since, as ledgers of tasks have it.
    if (spec.since != 0)
      table->by_name[spec.card.domain + "/" + name_in_address(spec)].push_back(place);
    auto& itself = table->by_name[place->where().name];
    if (std::find(itself.begin(), itself.end(), place) == itself.end())
      itself.push_back(place);
  }
  return table;
}

routing_table_ptr routes_of(const routing_table_ptr& all, const fleet_version& version,
                            const domain_spec& domain, const fleet_versions& known) {
  std::map<std::string_view, std::size_t> rank;
  for (const auto& a : domain.agents)
    rank.emplace(a.card.name, rank.size());
  std::vector<std::pair<std::size_t, seat_ptr>> mine;
  bool in_order = true;
  for (const auto& place : all->agents) {
    const auto& spec = *place->spec();
    const auto hit = rank.find(spec.card.name);
    const bool belongs = hit != rank.end() && domain.agents[hit->second].since == spec.since;
    if (!belongs && (version.number != 0 || hit != rank.end()) &&
        !known.was_added(domain.path + "/" + spec.card.name))
      continue;
    const auto at = hit == rank.end() ? rank.size() : hit->second;
    in_order = in_order && (mine.empty() || mine.back().first <= at);
    mine.emplace_back(at, place);
  }
  if (in_order && mine.size() == all->agents.size())
    return all;
  std::stable_sort(mine.begin(), mine.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<seat_ptr> agents;
  agents.reserve(mine.size());
  for (auto& [at, place] : mine)
    agents.push_back(std::move(place));
  return routing_table_of(agents);
}

} // namespace troupe
