#include "nodes/declared_fleet.hpp"

#include "actors/cluster_keeper.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace troupe {

std::vector<std::string> replica_ids(const agent_spec& spec) {
  const auto most =
      spec.scaling ? std::max(spec.scaling->max_replicas, spec.replicas) : spec.replicas;
  std::vector<std::string> out;
  for (std::uint32_t i = 0; i < most; ++i)
    out.push_back(name_in_address(spec) + (most > 1 ? "#" + std::to_string(i + 1) : std::string{}));
  return out;
}

member own_row(const node_parts& parts) {
  member own;
  own.node = parts.fleet.node_id;
  own.region = parts.fleet.region;
  own.version = TROUPE_VERSION;
  own.state = member_state::up;
  put_labels(own, parts.fleet.node_labels);
  return own;
}

std::vector<declared_agent> declared_agents(const fleet_versions& versions) {
  std::vector<declared_agent> out;
  std::set<std::string> seen; // stays empty while there is one version: its agents differ
  // The newest version comes first: it has the last word on the domain that an agent is in.
  auto all = versions.all();
  std::reverse(all.begin(), all.end());
  for (const auto& version : all)
    for (const auto& [path, place] : version->domains)
      for (const auto& a : place.spec->agents)
        if (all.size() == 1 || seen.insert(agent_id_of(a)).second)
          out.push_back({version, place.spec, &a});
  return out;
}

std::map<std::string, fleet_version_ptr> domains_of(const fleet_versions& versions) {
  std::map<std::string, fleet_version_ptr> out;
  for (const auto& version : versions.all())
    for (const auto& [path, place] : version->domains)
      out.insert_or_assign(path, version);
  for (const auto& [path, place] : versions.current()->domains)
    out.insert_or_assign(path, versions.current());
  return out;
}

std::string agent_id_of(const agent_spec& spec) {
  return spec.card.domain + "/" + name_in_address(spec);
}

std::string supervisor_above(const std::string& domain) {
  const auto slash = domain.rfind('/');
  return slash == std::string::npos ? "domains" : domain.substr(0, slash);
}

agent_wish wish_of(const declared_agent& x) {
  agent_wish out;
  out.domain = x.domain->path;
  out.agent = agent_id_of(*x.what);
  out.needs = x.what->placement;
  out.least = x.what->replicas;
  for (const auto& id : replica_ids(*x.what))
    out.replicas.push_back(x.domain->path + "/" + id);
  return out;
}

std::vector<agent_wish> wishes_of(const node_parts& parts) {
  std::vector<agent_wish> out;
  for (const auto& x : declared_agents(*parts.versions))
    out.push_back(wish_of(x));
  std::sort(out.begin(), out.end(),
            [](const agent_wish& a, const agent_wish& b) { return a.agent < b.agent; });
  return out;
}

} // namespace troupe
