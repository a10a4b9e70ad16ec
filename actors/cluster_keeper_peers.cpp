#include "actors/cluster_keeper.hpp"
#include "actors/proxy.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

namespace troupe {

// What the keepers say to each other. None of it is trusted: it makes them look at the member table
// sooner, which decides. What is lost is made up for by the next renewal, or asked for again.

namespace {

constexpr std::size_t shards_at_once = 1000; ///< shards in one message

} // namespace

seat_ptr cluster_keeper_state::keeper_of(const std::string& node) const {
  const auto part = config_.place->where().name.substr(parts_->fleet.node_id.size());
  return parts_->places->find({address_kind::node, node + part});
}

void cluster_keeper_state::tell_peers(std::uint64_t version) {
  for (const auto& m : members_->table()->rows)
    if (m.node != config_.self.node && m.state != member_state::down)
      send_to(self_, keeper_of(m.node), table_changed{version});
}

void cluster_keeper_state::say(const ownership::actions& all) {
  using kind = ownership_action::kind;
  std::map<std::string, shards_asked> asked;
  std::map<std::string, shards_released> released;
  const auto add = [](auto& to, std::uint64_t version, auto item) {
    // Whoever waits for what is left out asks again.
    if (to.which.size() >= shards_at_once)
      return;
    to.version = std::max(to.version, version);
    to.which.push_back(std::move(item));
  };
  for (const auto& a : all) {
    if (a.what == kind::ask)
      add(asked[a.node], a.version, a.shard);
    else if (a.what == kind::released)
      add(released[a.node], a.version, released_shard{a.shard, a.leased_in});
  }
  for (auto& [node, x] : released)
    send_to(self_, keeper_of(node), std::move(x));
  for (auto& [node, x] : asked)
    send_to(self_, keeper_of(node), std::move(x));
}

void cluster_keeper_state::on_table_changed(const table_changed& x) {
  membership::actions todo;
  members_->on_version_heard(x.version, parts_->now(self_), todo);
  carry_out(todo);
}

void cluster_keeper_state::on_shards_asked(const shards_asked& x) {
  const auto node = node_behind(self_->current_sender());
  if (node.empty())
    return;
  ownership::actions todo;
  for (const auto& shard : x.which)
    owners_->asked(shard, node, x.version, todo);
  carry_out(todo);
}

void cluster_keeper_state::on_shards_released(const shards_released& x) {
  const auto node = node_behind(self_->current_sender());
  if (node.empty())
    return;
  const auto now = parts_->now(self_);
  ownership::actions todo;
  for (const auto& r : x.which)
    owners_->released(r.shard, node, x.version, r.leased_in, now, todo);
  carry_out(todo);
  arm();
}

} // namespace troupe
