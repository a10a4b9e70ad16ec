#include "policies/shard_map.hpp"

#include "policies/placement.hpp"

#include <algorithm>

namespace troupe {

std::string_view shard_layout::home_of(std::uint32_t shard) const noexcept {
  if (regions.empty() || per_region == 0)
    return {};
  return regions[std::min<std::size_t>(shard / per_region, regions.size() - 1)];
}

std::uint32_t shard_layout::first_of(std::string_view home) const noexcept {
  const auto at = std::find(regions.begin(), regions.end(), home);
  return at == regions.end()
             ? 0
             : per_region * static_cast<std::uint32_t>(std::distance(regions.begin(), at));
}

std::uint32_t shard_layout::shard_of(std::string_view key, std::string_view home) const noexcept {
  return first_of(home) + shard_for(key, per_region);
}

std::string_view serving_region(const member_table& table, std::string_view home) noexcept {
  for (const auto& d : table.duties)
    if (d.home == home)
      return d.served_by;
  return home;
}

bool may_own(const member& m, std::string_view domain) noexcept {
  return m.state == member_state::up && !m.cut_off &&
         (m.serves.empty() ||
          std::find(m.serves.begin(), m.serves.end(), domain) != m.serves.end());
}

std::vector<std::string> owners_of(const member_table& table, std::string_view domain,
                                   const shard_layout& layout) {
  std::vector<std::string> out(layout.shards());
  std::vector<const member*> able;
  std::vector<rendezvous_candidate> candidates;
  std::vector<std::uint64_t> room; // How many more each may have.
  std::string_view before;
  for (std::uint32_t shard = 0; shard < layout.shards(); ++shard) {
    const auto home = layout.home_of(shard);
    if (shard == 0 || home != before) {
      before = home;
      able.clear();
      candidates.clear();
      room.clear();
      std::uint64_t together = 0;
      const auto region = serving_region(table, home);
      for (const auto& m : table.rows) {
        if (!may_own(m, domain) || (!home.empty() && m.region != region))
          continue;
        able.push_back(&m);
        candidates.push_back({stable_hash(m.node), m.weight});
        together += m.weight;
      }
      const std::uint64_t shards = layout.per_region;
      for (const auto& c : candidates)
        room.push_back(c.weight == 0 ? 0 : (shards * c.weight + together - 1) / together);
    }
    const auto key = stable_hash(std::string{domain} + "#" + std::to_string(shard));
    const auto best = rendezvous_pick(key, candidates);
    if (best == no_candidate)
      continue;
    out[shard] = able[best]->node;
    if (--room[best] == 0)
      candidates[best].weight = 0;
  }
  return out;
}

} // namespace troupe
