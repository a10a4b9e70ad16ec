#include "actors/cluster_keeper.hpp"

#include "actors/journal_messages.hpp"
#include "actors/tick.hpp"
#include "policies/deadline.hpp"
#include "policies/dice.hpp"
#include "src/store/store.hpp"

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <utility>

namespace troupe {

namespace {

constexpr milliseconds look_again{50}; ///< at the earliest, whatever a timer says

} // namespace

/// The actor that asks the member table: each question may take as long as the store does.
struct table_clerk_state {
  std::unique_ptr<membership_table> where;
};

namespace {

constexpr milliseconds look_at_services{100};

caf::behavior table_clerk(caf::stateful_actor<table_clerk_state>* self, const parts_ptr& parts) {
  guard(self, parts, "table clerk");
  return {[self](const table_question& x) { x.what(state_of(self)); }};
}

} // namespace

void cluster_keeper_config::validate() const {
  if (self.node.empty() || !open_table || !place || !registry || !late || !orchestrator || !post ||
      !post_place || layout.shards() == 0)
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
  for (const auto& [id, replica] : config_.fleet.replicas)
    send_to(self_, config_.registry, register_agent{replica.what.place});
  table_ = config_.table_on_own_thread
               ? self_->spawn<caf::detached + caf::linked>(table_clerk, parts_)
               : self_->spawn<caf::linked>(table_clerk, parts_);
  host_ = std::make_unique<replica_host>(parts_, config_.late, config_.fleet.replicas);
  members_ = std::make_unique<membership>(config_.self, config_.members);
  owners_ = std::make_unique<ownership>(config_.self.node, config_.fleet.domains, config_.layout,
                                        config_.owners);
  regions_ = std::make_unique<failover>(config_.regions);
  join();
}

void cluster_keeper_state::join() {
  const auto now = parts_->now(self_);
  if (parts_->services->any(now)) {
    // Agents that were placed here could do nothing yet.
    self_->delayed_send(self_, look_at_services,
                        at_cluster_keeper{[](cluster_keeper_state& me) { me.join(); }});
    return;
  }
  membership::actions todo;
  members_->start(now, todo);
  carry_out(todo);
}

cluster_keeper_state::~cluster_keeper_state() {
  if (leaving_ && leaving_->pending())
    leaving_->deliver(caf::make_error(caf::sec::request_receiver_down));
}

void cluster_keeper_state::ask_table(
    std::uint64_t op,
    std::function<std::function<void(cluster_keeper_state&)>(membership_table&)> what) {
  const auto me = caf::actor_cast<caf::actor_addr>(self_);
  const auto due = later(parts_->now(self_), config_.members.answer_wait);
  self_->send(table_, table_question{[me, op, due, what = std::move(what), parts = parts_,
                                      open = config_.open_table,
                                      sys = &self_->system()](table_clerk_state& clerk) {
                // Nobody waits for this answer any more: while the store hangs, questions must not
                // gather.
                if (parts->time.at(sys->clock().now()) >= due)
                  return;
                std::function<void(cluster_keeper_state&)> then;
                try {
                  if (!clerk.where)
                    clerk.where = open();
                  then = what(*clerk.where);
                } catch (const std::exception& e) {
                  parts->log->warn("cluster: the member table could not be asked: {}", e.what());
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
          if (keeper.parts_->cluster)
            keeper.parts_->cluster->lease(keeper.members_->leased_until());
          keeper.carry_out(next);
        };
      });
      break;
    case kind::tell:
      tell_peers(a.version);
      break;
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
      give_up("this node cannot join: " + a.why);
      return;
    }
  }
  arm();
}

void cluster_keeper_state::give_up(const std::string& why) {
  const auto root = config_.root ? config_.root->now().handle : caf::actor{};
  if (!root)
    return self_->quit(failure_error(why));
  caf::anon_send(root, order_child{child_order::escalate, name, why});
}

void cluster_keeper_state::check_layout() {
  if (layout_checked_)
    return;
  send_to(self_, config_.journal,
          journal_ask{[me = caf::actor_cast<caf::actor_addr>(self_),
                       own = config_.stored](store& where) {
            auto* table = where.layout();
            const auto kept = table ? table->read() : std::nullopt;
            const bool other = kept && *kept != own;
            if (auto to = caf::actor_cast<caf::actor>(me))
              caf::anon_send(to, at_cluster_keeper{[other](cluster_keeper_state& keeper) {
                               if (std::exchange(keeper.layout_checked_, true) || !other)
                                 return;
                               keeper.give_up("the store has been laid out in another way since "
                                              "this node was started: start it again, with the "
                                              "fleet's folder as the other nodes have it");
                             }});
          }});
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
  check_layout();
  reach_members(table);
  ownership::actions todo;
  owners_->use(table, now, todo);
  carry_out(todo);
  place_replicas();
  keep_duties(now);
  check_drained();
  check_left();
}

reach_nodes cluster_keeper_state::others_in(const member_table& table) const {
  reach_nodes out;
  for (const auto& m : table.rows)
    if (m.node != config_.self.node && m.state != member_state::down)
      out.nodes.push_back({m.node, m.reached_at});
  return out;
}

void cluster_keeper_state::reach_members(const member_table& table) {
  auto all = others_in(table);
  std::set<std::string> now_known;
  for (const auto& x : all.nodes)
    now_known.insert(x.node);
  for (const auto& node : known_)
    if (!now_known.contains(node))
      send_to(self_, config_.post_place, forget_node{node, "it is no longer a member"});
  known_ = std::move(now_known);
  // The post may just be starting, and asks then.
  send_to(self_, config_.post_place, std::move(all));
}

void cluster_keeper_state::on_post_started() {
  const auto post = caf::actor_cast<caf::actor>(self_->current_sender());
  // To the post itself: its seat may still be empty.
  if (post && members_->table())
    self_->send(post, others_in(*members_->table()));
  membership::actions todo;
  members_->on_links_gone(parts_->now(self_), todo);
  carry_out(todo);
}

void cluster_keeper_state::on_link_up(const link_up& x) {
  membership::actions todo;
  members_->on_link_up(x.with.node, x.with.incarnation, parts_->now(self_), todo);
  carry_out(todo);
}

void cluster_keeper_state::on_link_down(const link_down& x) {
  membership::actions todo;
  members_->on_link_down(x.with.node, x.with.incarnation, x.how, parts_->now(self_), todo);
  carry_out(todo);
}

void cluster_keeper_state::on_link_refused(const link_refused& x) {
  membership::actions todo;
  members_->on_link_down(x.node, 0, link_loss::refused, parts_->now(self_), todo);
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
  run_replicas(now);
  keep_duties(now);
  arm();
}

void cluster_keeper_state::arm() {
  const auto now = parts_->now(self_);
  const auto next =
      std::min({members_->next_timer(), owners_->next_timer(), host_->next_timer(),
                config_.regions.regions.empty() ? no_deadline : regions_->next_timer()});
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
      [self](const post_started&) { state_of(self).on_post_started(); },
      [self](const link_up& x) { state_of(self).on_link_up(x); },
      [self](const link_down& x) { state_of(self).on_link_down(x); },
      [self](const link_refused& x) { state_of(self).on_link_refused(x); },
      [self](const table_changed& x) { state_of(self).on_table_changed(x); },
      [self](const shards_asked& x) { state_of(self).on_shards_asked(x); },
      [self](const shards_released& x) { state_of(self).on_shards_released(x); },
      [self](const shard_opened& x) { state_of(self).on_opened(x); },
      [self](const shard_fenced& x) { state_of(self).on_fenced(x); },
      [self](const drain_node& x) { return state_of(self).on_drain(x); },
      [self](const return_region& x) { return state_of(self).on_return(x); },
      [self](const want_replicas& x) { state_of(self).on_want(x); },
      [self](leave_cluster) { return state_of(self).on_leave(); },
      [self](const use_fleet& x) { state_of(self).on_use_fleet(*x.what); },
      [self](tick) { state_of(self).on_tick(); },
  };
}

} // namespace troupe
