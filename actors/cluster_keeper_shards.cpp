#include "actors/cluster_keeper.hpp"

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

namespace troupe {

// The shards that the member table gives to this node, and how it lets go of them.

seat_ptr cluster_keeper_state::seat_of(const std::string& supervisor) const {
  return parts_->places->claim({address_kind::node, parts_->fleet.node_id + "/" + supervisor});
}

void cluster_keeper_state::begin(moving_child x) {
  // A supervisor that hangs may come to it when it has been taken back: a shard would be taken from
  // the node that owns it by then.
  x.what.start = [start = std::move(x.what.start), late = std::weak_ptr{config_.late},
                  of = x.supervisor, id = x.what.rules.id](caf::event_based_actor* self) {
    const auto wanted = late.lock();
    if (!wanted || !wanted->has(of, id))
      throw std::runtime_error{"it was taken back meanwhile"};
    return start(self);
  };
  // A supervisor that is just being started finds it among its late children.
  config_.late->add(x.supervisor, x.what);
  send_to(self_, seat_of(x.supervisor), start_child{std::make_shared<const child_spec>(x.what)});
}

void cluster_keeper_state::end(const std::string& supervisor, const std::string& id) {
  config_.late->remove(supervisor, id);
  send_to(self_, seat_of(supervisor), end_child{id});
}

void cluster_keeper_state::carry_out(ownership::actions& todo) {
  using kind = ownership_action::kind;
  for (const auto& a : todo) {
    switch (a.what) {
    case kind::take:
      // It takes the epoch itself, and says so.
      begin(config_.orchestrator(a.shard));
      break;
    case kind::drain: {
      const auto place =
          parts_->places->find(directory::orchestrator_of(a.shard.domain, a.shard.shard));
      const auto who = place ? place->now().handle : caf::actor{};
      if (who) {
        self_->monitor(who);
        draining_[who.id()] = a.shard;
      }
      const auto child = config_.orchestrator(a.shard);
      end(child.supervisor, child.what.rules.id);
      if (!who) {
        ownership::actions next;
        owners_->drained(a.shard, parts_->now(self_), next);
        carry_out(next);
      }
      break;
    }
    case kind::drop: {
      const auto child = config_.orchestrator(a.shard);
      end(child.supervisor, child.what.rules.id);
      break;
    }
    case kind::refresh: {
      membership::actions next;
      const auto known = members_->table() ? members_->table()->version : 0;
      members_->on_version_heard(std::max(known + 1, a.version), parts_->now(self_), next);
      carry_out(next);
      break;
    }
    case kind::ask:
    case kind::released:
      break; // Said below, one message for each node.
    }
  }
  if (parts_->cluster)
    parts_->cluster->lease(owners_->leases());
  say(todo);
}

void cluster_keeper_state::on_opened(const shard_opened& x) {
  ownership::actions todo;
  owners_->taken({x.domain, x.shard}, x.epoch, parts_->now(self_), todo);
  carry_out(todo);
  arm();
}

void cluster_keeper_state::on_fenced(const shard_fenced& x) {
  ownership::actions todo;
  owners_->fenced({x.domain, x.shard}, x.epoch, parts_->now(self_), todo);
  carry_out(todo);
  arm();
}

void cluster_keeper_state::on_down(const caf::down_msg& x) {
  const auto hit = draining_.find(x.source.id());
  if (hit == draining_.end())
    return;
  const auto shard = hit->second;
  draining_.erase(hit);
  ownership::actions todo;
  owners_->drained(shard, parts_->now(self_), todo);
  carry_out(todo);
  check_drained();
  check_left();
  arm();
}

caf::response_promise cluster_keeper_state::on_leave() {
  if (leaving_ && leaving_->pending())
    leaving_->deliver(cluster_left{});
  leaving_ = self_->make_response_promise();
  membership::actions todo;
  members_->leave(parts_->now(self_), todo);
  carry_out(todo);
  check_left();
  return *leaving_;
}

void cluster_keeper_state::check_left() {
  if (!leaving_ || !leaving_->pending())
    return;
  const auto* own = members_->table() ? members_->table()->find(config_.self.node) : nullptr;
  if (members_->over() || !own || own->token != config_.self.token) {
    leaving_->deliver(cluster_left{});
    return;
  }
  if (own->state != member_state::leaving || owners_->busy() > 0 || host_->running() > 0)
    return;
  membership::actions todo;
  members_->left(parts_->now(self_), todo);
  carry_out(todo);
}

} // namespace troupe
