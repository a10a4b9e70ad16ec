#include "actors/order_keeper.hpp"

#include "actors/journal_messages.hpp"
#include "actors/standing_orders.hpp"
#include "actors/tick.hpp"
#include "actors/tree_messages.hpp"
#include "src/store/store.hpp"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

namespace troupe {

namespace {

constexpr milliseconds every{1000}; ///< between two tries to store, and two looks at the store

} // namespace

order_keeper_state::~order_keeper_state() {
  for (auto& u : unsaved_)
    for (auto& promise : u.told)
      promise.deliver(caf::make_error(caf::sec::request_receiver_down));
}

void order_keeper_state::init(caf::event_based_actor* self, parts_ptr parts, seat_ptr journal) {
  self_ = self;
  parts_ = std::move(parts);
  journal_ = std::move(journal);
  if (parts_->cluster)
    arm();
}

void order_keeper_state::arm() {
  if (!std::exchange(armed_, true))
    self_->delayed_send(self_, every, tick{});
}

caf::response_promise order_keeper_state::on_keep(const keep_order& x) {
  auto promise = self_->make_response_promise();
  unsaved added{++numbers_, x.what, {promise}};
  // What was said before of the same agent need not be stored any more. Of its replicas it must:
  // they are only replaced when this one has been stored after them.
  const auto same = std::find_if(unsaved_.begin(), unsaved_.end(),
                                 [&](const unsaved& u) { return u.what.agent == x.what.agent; });
  if (same != unsaved_.end()) {
    std::move(same->told.begin(), same->told.end(), std::back_inserter(added.told));
    unsaved_.erase(same);
  }
  unsaved_.push_back(std::move(added));
  store_all();
  arm();
  return promise;
}

void order_keeper_state::store_all() {
  if (unsaved_.empty())
    return;
  std::vector<standing_order> all;
  for (const auto& u : unsaved_)
    all.push_back(u.what);
  const auto me = caf::actor_cast<caf::actor_addr>(self_);
  send_to(self_, journal_, journal_ask{[me, all = std::move(all), up_to = numbers_](store& where) {
            try {
              for (const auto& x : all)
                where.keep_order(x);
            } catch (const store_error& e) {
              // It is said again in a moment. A journal whose store is broken opens it anew.
              if (e.passes())
                return;
              throw;
            }
            if (auto to = caf::actor_cast<caf::actor>(me))
              caf::anon_send(to, at_order_keeper{[up_to](order_keeper_state& keeper) {
                               keeper.on_stored(up_to);
                             }});
          }});
}

void order_keeper_state::on_stored(std::uint64_t up_to) {
  for (auto& u : unsaved_)
    if (u.number <= up_to)
      for (auto& promise : u.told)
        promise.deliver(order_kept{});
  std::erase_if(unsaved_, [up_to](const unsaved& u) { return u.number <= up_to; });
}

void order_keeper_state::read() {
  const auto me = caf::actor_cast<caf::actor_addr>(self_);
  send_to(self_, journal_, journal_ask{[me, changes = parts_->orders->changes()](store& where) {
            order_table all;
            for (const auto& x : where.orders())
              all.note(x);
            if (auto to = caf::actor_cast<caf::actor>(me))
              caf::anon_send(to, at_order_keeper{[all, changes](order_keeper_state& keeper) {
                               keeper.on_read(all, changes);
                             }});
          }});
}

void order_keeper_state::on_read(order_table all, std::uint64_t changes) {
  // What was said here meanwhile is newer than what was read.
  if (!unsaved_.empty())
    return;
  if (const auto former = parts_->orders->use(std::move(all), changes))
    carry_out(*former);
}

void order_keeper_state::carry_out(const order_table& former) {
  for (const auto& place : parts_->places->all(address_kind::agent)) {
    if (!place->spec())
      continue;
    const auto& who = place->where().name;
    const auto said = parts_->orders->of(who);
    const auto wanted = said ? duty_of(said->wanted) : duty::serving;
    const auto* before = former.of(who);
    // A replica that is on its way to another node is draining here, and nobody has said so.
    if (wanted == (before ? duty_of(before->wanted) : duty::serving))
      continue;
    const auto is = place->now_for();
    if (is == wanted || (is == duty::probation && wanted == duty::serving))
      continue;
    parts_->log->info("agent {}: is there for {} now, as was said at another node", who,
                      to_string(said ? said->wanted : agent_duty::serving));
    place->set_duty(wanted);
    if (is != duty::stopped && wanted != duty::stopped)
      continue;
    const auto& domain = place->spec()->card.domain;
    const auto above = parts_->places->resolve(
        {address_kind::node, parts_->fleet.node_id + "/" + domain + "/agents"});
    if (above)
      caf::anon_send(above,
                     order_child{wanted == duty::stopped ? child_order::stop : child_order::start,
                                 who.substr(domain.size() + 1), "a person wants it"});
  }
}

void order_keeper_state::on_tick() {
  armed_ = false;
  store_all();
  if (parts_->cluster)
    read();
  if (parts_->cluster || !unsaved_.empty())
    arm();
}

caf::behavior order_keeper(caf::stateful_actor<order_keeper_state>* self, parts_ptr parts,
                           seat_ptr journal) {
  guard(self, parts, "order keeper");
  state_of(self).init(self, std::move(parts), std::move(journal));
  return {
      [self](const keep_order& x) { return state_of(self).on_keep(x); },
      [self](const at_order_keeper& x) { x.what(state_of(self)); },
      [self](tick) { state_of(self).on_tick(); },
  };
}

} // namespace troupe
