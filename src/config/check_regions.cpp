#include "src/config/checks.hpp"

#include "src/config/section.hpp"

#include <algorithm>
#include <set>

namespace troupe::config {

namespace {

constexpr std::size_t shards_max = 256; ///< a task's id has room for so many

bool known_region(const fleet_spec& fleet, std::string_view name) {
  return std::any_of(fleet.regions.begin(), fleet.regions.end(),
                     [&](const region_plan& r) { return r.name == name; });
}

std::vector<std::string_view> region_names(const fleet_spec& fleet) {
  std::vector<std::string_view> out;
  for (const auto& r : fleet.regions)
    out.push_back(r.name);
  return out;
}

void check_region(const fleet_draft& fleet, const yaml_node& at, report& problems) {
  const auto name = as_text(at);
  if (!name || fleet.spec.regions.empty() || known_region(fleet.spec, *name))
    return;
  problems.error(at, "there is no region " + problems.quoted(*name) +
                         problems.did_you_mean(at, *name, region_names(fleet.spec)));
}

} // namespace

void check_regions(const fleet_draft& fleet, report& problems) {
  const section top{fleet.from.root.get()};
  const auto* all = top.find("regions");
  if (!all)
    return;
  if (fleet.spec.regions.empty() && fleet.from.sound)
    problems.error(*all, "names no region: `backups` holds one key for each");
  for (const auto* region : section{all}.entries("backups")) {
    std::set<std::string> seen;
    for (const auto& backup : region->children) {
      const auto name = as_text(*backup);
      if (!name)
        continue;
      check_region(fleet, *backup, problems);
      if (*name == region->key)
        problems.error(*backup, "a region cannot stand in for itself");
      else if (!seen.insert(*name).second)
        problems.error(*backup, report::quoted(*backup) + " is there twice");
    }
  }
  const auto shards = fleet.spec.regions.size() * fleet.spec.shards;
  if (shards > shards_max)
    problems.error(top.find("shards") ? *top.find("shards") : *all,
                   std::to_string(fleet.spec.regions.size()) + " regions of " +
                       std::to_string(fleet.spec.shards) +
                       " shards are too many: there may be 256 in all");
  if (const auto* own = top.in("node").find("region"))
    check_region(fleet, *own, problems);
}

void check_placement(const fleet_draft& fleet, const agent_draft& agent, report& problems) {
  const section top{agent.from.root.get()};
  const auto placement = top.in("placement");
  if (fleet.from.sound) {
    for (const auto* region : placement.elements("regions"))
      check_region(fleet, *region, problems);
    if (const auto* near = placement.find("near"))
      check_region(fleet, *near, problems);
  }
  const auto& s = agent.spec.scaling;
  if (const auto* replicas = top.find("replicas");
      s && s->max_replicas < s->min_replicas && agent.from.sound)
    problems.error(*replicas, "max (" + std::to_string(s->max_replicas) + ") is less than min (" +
                                  std::to_string(s->min_replicas) + ")");
}

} // namespace troupe::config
