#include "actors/registry.hpp"

#include "actors/domain_view.hpp"
#include "actors/tick.hpp"

#include <algorithm>

namespace troupe {

void registry_state::init(caf::event_based_actor* self, parts_ptr parts) {
  self_ = self;
  parts_ = std::move(parts);
  // After a restart the seats still know who is there; nobody has to register again.
  for (const auto& place : parts_->places->all(address_kind::agent))
    if (place->spec() && place->state.load(std::memory_order_relaxed) != health::spare)
      domains_[place->spec()->card.domain].agents.push_back(place);
  // In the order in which the team declared them; who was added later comes last.
  const auto fleet = parts_->current();
  for (auto& [path, d] : domains_) {
    const auto* domain = fleet->domain(path);
    if (!domain)
      continue;
    std::map<std::string_view, std::size_t> rank;
    for (const auto& a : domain->agents)
      rank.emplace(a.card.name, rank.size());
    const auto rank_of = [&](const seat_ptr& x) {
      auto hit = rank.find(x->spec()->card.name);
      return hit == rank.end() ? rank.size() : hit->second;
    };
    std::stable_sort(d.agents.begin(), d.agents.end(),
                     [&](const seat_ptr& a, const seat_ptr& b) { return rank_of(a) < rank_of(b); });
  }
}

void registry_state::mark(domain_entry& d) {
  d.changed = true;
  // What arrives in one burst is published once.
  if (!flushing_) {
    flushing_ = true;
    self_->send(self_, flush{});
  }
}

void registry_state::on_register(const register_agent& x) {
  auto& d = domains_[x.who->spec()->card.domain];
  if (std::find(d.agents.rbegin(), d.agents.rend(), x.who) != d.agents.rend())
    return;
  d.agents.push_back(x.who);
  mark(d);
}

void registry_state::on_unregister(const unregister_agent& x) {
  auto& d = domains_[x.who->spec()->card.domain];
  if (std::erase(d.agents, x.who) > 0)
    mark(d);
}

void registry_state::on_subscribe(const subscribe_routes& x) {
  auto& d = domains_[x.domain];
  if (std::find(d.subscribers.begin(), d.subscribers.end(), x.subscriber) == d.subscribers.end())
    d.subscribers.push_back(x.subscriber);
  if (auto to = caf::actor_cast<caf::actor>(self_->current_sender()))
    self_->send(to, routes_changed{routing_table_of(d.agents)});
}

void registry_state::on_flush() {
  flushing_ = false;
  for (auto& [path, d] : domains_) {
    if (!d.changed)
      continue;
    d.changed = false;
    auto table = routing_table_of(d.agents);
    // One whose shard has moved subscribes at the node where it lives now.
    for (const auto& subscriber : d.subscribers)
      if (subscriber->elsewhere().empty())
        send_to(self_, subscriber, routes_changed{table});
  }
}

caf::behavior registry(caf::stateful_actor<registry_state>* self, parts_ptr parts) {
  guard(self, parts, "registry");
  state_of(self).init(self, std::move(parts));
  return {
      [self](const register_agent& x) { state_of(self).on_register(x); },
      [self](const unregister_agent& x) { state_of(self).on_unregister(x); },
      [self](const subscribe_routes& x) { state_of(self).on_subscribe(x); },
      [self](flush) { state_of(self).on_flush(); },
  };
}

} // namespace troupe
