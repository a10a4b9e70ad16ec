#include "actors/cluster_keeper.hpp"

namespace troupe {

// Which region works on whose sessions.

void cluster_keeper_state::keep_duties(timestamp now) {
  if (config_.regions.regions.empty() || !members_->table() || !members_->is_up())
    return;
  const auto next = regions_->decide(*members_->table(), now);
  if (!next)
    return;
  parts_->log->warn("cluster: {} is to work on the sessions of {}: {}", next->duty.served_by,
                    next->duty.home, next->why);
  membership::actions todo;
  members_->propose(next->duty, now, todo);
  carry_out(todo);
}

std::string cluster_keeper_state::on_return(const return_region& x) {
  if (!members_->table() || !members_->is_up())
    return "this node is not a member now";
  const auto& table = *members_->table();
  if (serving_region(table, x.home) == x.home)
    return x.home + " works on its own sessions";
  if (!regions_->command_return(x.home, table))
    return "nobody is up in " + x.home;
  keep_duties(parts_->now(self_));
  return {};
}

} // namespace troupe
