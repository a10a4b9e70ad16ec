#include "policies/replica_home.hpp"

#include "policies/dice.hpp"
#include "policies/rendezvous.hpp"
#include "policies/shard_map.hpp"

#include <vector>

namespace troupe {

std::string replica_home(const member_table& table, std::string_view domain,
                         std::string_view replica) {
  std::vector<const member*> hosts;
  std::vector<rendezvous_candidate> candidates;
  for (const auto& m : table.rows) {
    if (!may_own(m, domain))
      continue;
    hosts.push_back(&m);
    candidates.push_back({stable_hash(m.node), m.weight});
  }
  const auto best = rendezvous_pick(stable_hash(replica), candidates);
  return best == no_candidate ? std::string{} : hosts[best]->node;
}

} // namespace troupe
