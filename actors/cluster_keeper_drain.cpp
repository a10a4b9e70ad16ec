#include "actors/cluster_keeper.hpp"

#include <algorithm>

namespace troupe {

// A node that is to have no work, and to stay. It says so in its row by a weight of zero, so that
// the others need no other rule than that by which they share the shards.

namespace {

constexpr const char* draining = "draining";
constexpr const char* drained = "drained";

} // namespace

bool cluster_keeper_state::others_take_work() const {
  const auto takes = [this](const member& m) {
    return m.node != config_.self.node && m.state == member_state::up && !m.cut_off && m.weight > 0;
  };
  return members_->table() &&
         std::any_of(members_->table()->rows.begin(), members_->table()->rows.end(), takes);
}

drain_state cluster_keeper_state::drained_so_far() const {
  const auto* own = members_->table() ? members_->table()->find(config_.self.node) : nullptr;
  drain_state out;
  out.draining = draining_node_;
  out.shards = owners_->busy();
  out.agents = host_->running();
  out.drained = draining_node_ && own && own->weight == 0 && out.shards + out.agents == 0;
  return out;
}

drain_state cluster_keeper_state::on_drain(const drain_node& x) {
  const auto now = parts_->now(self_);
  membership::actions todo;
  if (x.on && !draining_node_) {
    // Whoever is drained last would have nobody to give its work to.
    if (!others_take_work()) {
      auto out = drained_so_far();
      out.refused = "no other node would be left to take its work";
      return out;
    }
    parts_->log->info("cluster: this node is to be drained");
    draining_node_ = true;
    members_->weigh(0, draining, now, todo);
  } else if (!x.on && draining_node_) {
    parts_->log->info("cluster: this node takes work again");
    draining_node_ = false;
    members_->weigh(config_.self.weight, {}, now, todo);
  }
  carry_out(todo);
  return drained_so_far();
}

void cluster_keeper_state::check_drained() {
  if (!draining_node_ || !drained_so_far().drained)
    return;
  const auto* own = members_->table()->find(config_.self.node);
  if (own->why == drained)
    return;
  parts_->log->info("cluster: this node is drained");
  membership::actions todo;
  members_->weigh(0, drained, parts_->now(self_), todo);
  carry_out(todo);
}

} // namespace troupe
