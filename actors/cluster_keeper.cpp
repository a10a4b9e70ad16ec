#include "actors/cluster_keeper.hpp"

#include "policies/deadline.hpp"
#include "policies/dice.hpp"
#include "policies/replica_home.hpp"

#include <algorithm>
#include <optional>
#include <stdexcept>

namespace troupe {

namespace {

constexpr milliseconds overlap{1500};  ///< of a replica's homes while it moves
constexpr milliseconds look_again{50}; ///< at the earliest, whatever a timer says

} // namespace

/// The actor that asks the member table: each question may take as long as the store does.
struct table_clerk_state {
  std::unique_ptr<membership_table> where;
};

namespace {

caf::behavior table_clerk(caf::stateful_actor<table_clerk_state>* self) {
  return {[self](const table_question& x) { x.what(state_of(self)); }};
}

link_loss loss_of(const std::string& why) {
  if (why.starts_with("silent"))
    return link_loss::silent;
  return why.find("goodbye") != std::string::npos ? link_loss::goodbye : link_loss::closed;
}

} // namespace

void cluster_keeper_config::validate() const {
  if (self.node.empty() || !open_table || !place || !registry || !late || !orchestrator || !post ||
      !post_place || shards == 0)
    throw std::invalid_argument{"a cluster keeper needs an id, a member table, its seat, and ways "
                                "to start what it is given"};
}

void cluster_keeper_state::init(caf::event_based_actor* self, parts_ptr parts,
                                cluster_keeper_config config) {
  config.validate();
  self_ = self;
  parts_ = std::move(parts);
  config_ = std::move(config);
  const auto now = parts_->now(self_);
  config_.self.token = scramble(parts_->seed ^ stable_hash(config_.self.node) ^
                                static_cast<std::uint64_t>(now.time_since_epoch().count())) |
                       1;
  // Whatever a former life was given is no longer its own.
  config_.late->clear();
  for (const auto& [id, replica] : config_.replicas)
    send_to(self_, config_.registry, register_agent{replica.what.place});
  table_ = config_.table_on_own_thread ? self_->spawn<caf::detached + caf::linked>(table_clerk)
                                       : self_->spawn<caf::linked>(table_clerk);
  members_ = std::make_unique<membership>(config_.self, config_.members);
  owners_ = std::make_unique<ownership>(config_.self.node, config_.domains,
                                        shard_layout{{}, config_.shards}, config_.owners);
  membership::actions todo;
  members_->start(now, todo);
  carry_out(todo);
}

cluster_keeper_state::~cluster_keeper_state() = default;

void cluster_keeper_state::ask_table(
    std::uint64_t op,
    std::function<std::function<void(cluster_keeper_state&)>(membership_table&)> what) {
  const auto me = caf::actor_cast<caf::actor_addr>(self_);
  self_->send(table_, table_question{[me, op, what = std::move(what), open = config_.open_table,
                                      log = parts_->log](table_clerk_state& clerk) {
                std::function<void(cluster_keeper_state&)> then;
                try {
                  if (!clerk.where)
                    clerk.where = open();
                  then = what(*clerk.where);
                } catch (const std::exception& e) {
                  log->warn("cluster: the member table could not be asked: {}", e.what());
                  clerk.where.reset();
                  then = [op](cluster_keeper_state& keeper) {
                    membership::actions todo;
                    keeper.members_->on_store_failed(op, keeper.parts_->now(keeper.self_), todo);
                    keeper.carry_out(todo);
                  };
                }
                if (auto to = caf::actor_cast<caf::actor>(me))
                  caf::anon_send(to, at_cluster_keeper{std::move(then)});
              }});
}

void cluster_keeper_state::carry_out(membership::actions& todo) {
  using kind = membership_action::kind;
  for (auto& a : todo) {
    switch (a.what) {
    case kind::read:
      ask_table(a.op, [op = a.op](membership_table& where) {
        auto table = std::make_shared<member_table>(where.read());
        return [op, table](cluster_keeper_state& keeper) {
          membership::actions next;
          keeper.members_->on_table(op, std::move(*table), keeper.parts_->now(keeper.self_), next);
          keeper.carry_out(next);
        };
      });
      break;
    case kind::write:
      ask_table(a.op, [op = a.op, w = a.write](membership_table& where) {
        const bool taken = where.write(w).has_value();
        return [op, taken](cluster_keeper_state& keeper) {
          membership::actions next;
          keeper.members_->on_written(op, taken, keeper.parts_->now(keeper.self_), next);
          keeper.carry_out(next);
        };
      });
      break;
    case kind::renew:
      ask_table(a.op, [op = a.op, node = a.write.row.node,
                       token = a.write.row.token](membership_table& where) {
        const auto version = where.renew(node, token);
        return [op, version](cluster_keeper_state& keeper) {
          membership::actions next;
          keeper.members_->on_renewed(op, version, keeper.parts_->now(keeper.self_), next);
          keeper.carry_out(next);
        };
      });
      break;
    case kind::tell:
      break; // Peers look at the table themselves, every `table_every`.
    case kind::view:
      use_table();
      break;
    case kind::stop:
      if (leaving_) {
        check_left();
        return;
      }
      self_->quit(failure_error("this node is no longer a member: " + a.why));
      return;
    case kind::refuse:
      self_->quit(failure_error("this node cannot join: " + a.why));
      return;
    }
  }
  arm();
}

void cluster_keeper_state::use_table() {
  const auto& table = *members_->table();
  if (parts_->cluster)
    parts_->cluster->show(table);
  const auto now = parts_->now(self_);
  const auto* own = table.find(config_.self.node);
  if (!own || own->token != config_.self.token)
    return; // It has not joined yet.
  if (shown_ != table.version) {
    shown_ = table.version;
    std::string all;
    for (const auto& m : table.rows)
      all += (all.empty() ? "" : ", ") + m.node + " " + std::string{to_string(m.state)};
    parts_->log->info("cluster: members by version {}: {}", table.version, all);
  }
  if (!linked_) {
    linked_ = true;
    begin(config_.post(members_->incarnation()));
  }
  reach_members(table);
  ownership::actions todo;
  owners_->use(table, now, todo);
  carry_out(todo);
  place_replicas();
  check_left();
}

void cluster_keeper_state::reach_members(const member_table& table) {
  reach_nodes all;
  std::set<std::string> now_known;
  for (const auto& m : table.rows) {
    if (m.node == config_.self.node || m.state == member_state::down)
      continue;
    all.nodes.push_back({m.node, m.reached_at});
    now_known.insert(m.node);
  }
  for (const auto& node : known_)
    if (!now_known.contains(node))
      send_to(self_, config_.post_place, forget_node{node, "it is no longer a member"});
  known_ = std::move(now_known);
  // The post may just be starting: it hears of the members with every look at the table.
  send_to(self_, config_.post_place, std::move(all));
}

void cluster_keeper_state::place_replicas() {
  for (const auto& [id, replica] : config_.replicas) {
    if (is_home_of(id)) {
      if (running_.insert(id).second)
        begin(replica);
    } else if (running_.contains(id)) {
      // Its next home may still have to hear of it: until then it runs here.
      self_->delayed_send(self_, overlap, at_cluster_keeper{[id](cluster_keeper_state& keeper) {
                            if (keeper.is_home_of(id) || keeper.running_.erase(id) == 0)
                              return;
                            const auto& gone = keeper.config_.replicas.at(id);
                            keeper.end(gone.supervisor, gone.what.rules.id);
                          }});
    }
  }
}

bool cluster_keeper_state::is_home_of(const std::string& replica) const {
  const auto domain = replica.substr(0, replica.rfind('/'));
  return members_->is_up() && members_->table() &&
         replica_home(*members_->table(), domain, replica) == config_.self.node;
}

seat_ptr cluster_keeper_state::seat_of(const std::string& supervisor) const {
  return parts_->places->claim({address_kind::node, parts_->fleet.node_id + "/" + supervisor});
}

void cluster_keeper_state::begin(const moving_child& x) {
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
      members_->on_version_heard(known + 1, parts_->now(self_), next);
      carry_out(next);
      break;
    }
    case kind::ask:
    case kind::released:
      // The owner before us learns by the table that it is not the owner any more, and we wait for
      // that at most `handover_wait`.
      break;
    }
  }
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
  check_left();
  arm();
}

caf::response_promise cluster_keeper_state::on_leave() {
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
  if (own->state != member_state::leaving || owners_->busy() > 0)
    return;
  membership::actions todo;
  members_->left(parts_->now(self_), todo);
  carry_out(todo);
}

void cluster_keeper_state::on_link_up(const link_up& x) {
  membership::actions todo;
  members_->on_link_up(x.with.node, x.with.incarnation, parts_->now(self_), todo);
  carry_out(todo);
}

void cluster_keeper_state::on_link_down(const link_down& x) {
  membership::actions todo;
  members_->on_link_down(x.with.node, x.with.incarnation, loss_of(x.why), parts_->now(self_), todo);
  carry_out(todo);
}

void cluster_keeper_state::on_tick() {
  const auto now = parts_->now(self_);
  if (now < armed_)
    return; // An earlier one has been asked for since.
  armed_ = no_deadline;
  membership::actions todo;
  members_->tick(now, todo);
  carry_out(todo);
  if (members_->over())
    return;
  ownership::actions more;
  owners_->tick(now, more);
  carry_out(more);
  arm();
}

void cluster_keeper_state::arm() {
  const auto now = parts_->now(self_);
  const auto next = std::min(members_->next_timer(), owners_->next_timer());
  if (next >= armed_ || next == no_deadline)
    return;
  armed_ = std::max(next, later(now, look_again));
  self_->delayed_send(self_, left(armed_, now) + milliseconds{1}, tick{});
}

caf::behavior cluster_keeper(caf::stateful_actor<cluster_keeper_state>* self, parts_ptr parts,
                             cluster_keeper_config config) {
  guard(self, parts, "cluster keeper");
  self->set_down_handler([self](const caf::down_msg& x) { state_of(self).on_down(x); });
  state_of(self).init(self, std::move(parts), std::move(config));
  return {
      [self](const at_cluster_keeper& x) { x.what(state_of(self)); },
      [self](const link_up& x) { state_of(self).on_link_up(x); },
      [self](const link_down& x) { state_of(self).on_link_down(x); },
      [self](const shard_opened& x) { state_of(self).on_opened(x); },
      [self](const shard_fenced& x) { state_of(self).on_fenced(x); },
      [self](leave_cluster) { return state_of(self).on_leave(); },
      [self](tick) { state_of(self).on_tick(); },
  };
}

} // namespace troupe
