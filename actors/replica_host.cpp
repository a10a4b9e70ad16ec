#include "actors/replica_host.hpp"

#include "actors/seat_messages.hpp"
#include "policies/deadline.hpp"
#include "src/telemetry/metrics.hpp"

#include <prometheus/gauge.h>

#include <algorithm>

namespace troupe {

namespace {

constexpr milliseconds look_every{50}; ///< at one that is to end

/// Somebody waits for it, or it is at something for somebody who has gone: his successor will ask.
bool is_busy(const seat& place) {
  return place.load.load(std::memory_order_relaxed) > 0 ||
         (place.now().handle && place.held.load(std::memory_order_relaxed) > 0);
}

} // namespace

replica_host::replica_host(parts_ptr parts, std::shared_ptr<late_children> late,
                           std::map<std::string, moving_child> replicas)
    : parts_(std::move(parts))
    , late_(std::move(late))
    , replicas_(std::move(replicas)) {}

void replica_host::ask(caf::event_based_actor* self, const moving_child& x, bool start) const {
  const auto above =
      parts_->places->claim({address_kind::node, parts_->fleet.node_id + "/" + x.supervisor});
  if (start) {
    // A supervisor that is just being started finds it among its late children.
    late_->add(x.supervisor, x.what);
    send_to(self, above, start_child{std::make_shared<const child_spec>(x.what)});
  } else {
    late_->remove(x.supervisor, x.what.rules.id);
    send_to(self, above, end_child{x.what.rules.id});
  }
}

void replica_host::add(const std::string& id, const moving_child& what) {
  replicas_.insert_or_assign(id, what);
}

void replica_host::forget(caf::event_based_actor* self, const std::string& id) {
  const auto hit = replicas_.find(id);
  if (hit == replicas_.end())
    return;
  if (running_.erase(id) > 0)
    ask(self, hit->second, false);
  replicas_.erase(hit);
}

namespace {

/// Takes back that a replica took nothing new while it retired. What somebody has said of it
/// meanwhile stands.
void take_new_again(seat& place, duty before) {
  if (before == duty::serving && place.now_for() == duty::draining)
    place.set_duty(before);
}

} // namespace

void replica_host::run(caf::event_based_actor* self, const std::string& id,
                       std::uint32_t restarts) {
  const auto [here, fresh] = running_.try_emplace(id);
  auto& x = replicas_.at(id);
  if (fresh) {
    x.what.restarts_before = restarts;
    ask(self, x, true);
    return;
  }
  if (!here->second)
    return;
  if (here->second->before)
    take_new_again(*x.what.place, *here->second->before);
  if (here->second->ended != 0)
    ask(self, x, true);
  here->second.reset();
}

void replica_host::retire(const std::string& id, milliseconds serve_on, milliseconds most,
                          timestamp now) {
  const auto here = running_.find(id);
  if (here == running_.end())
    return;
  if (here->second) {
    here->second->due = std::min(here->second->due, later(later(now, serve_on), most));
    return;
  }
  here->second.emplace();
  here->second->serves_until = later(now, serve_on);
  here->second->due = later(here->second->serves_until, most);
  looked_ = now;
}

void replica_host::tick(caf::event_based_actor* self, timestamp now) {
  looked_ = now;
  for (auto i = running_.begin(); i != running_.end();) {
    auto& last = i->second;
    if (!last || now < last->serves_until) {
      ++i;
      continue;
    }
    const auto& x = replicas_.at(i->first);
    auto& place = *x.what.place;
    if (!last->before) {
      last->before = place.now_for();
      if (*last->before == duty::serving)
        place.set_duty(duty::draining);
    }
    const auto sitter = place.now().handle;
    if (last->ended == 0) {
      if (is_busy(place) && now < last->due) {
        ++i;
        continue;
      }
      last->ended = sitter ? sitter.id() : caf::actor_id{1};
      ask(self, x, false);
    }
    if (sitter && sitter.id() == last->ended && now < later(last->due, milliseconds{10000})) {
      ++i;
      continue;
    }
    take_new_again(place, *last->before);
    i = running_.erase(i);
  }
}

bool replica_host::retiring(const std::string& id) const {
  const auto here = running_.find(id);
  return here != running_.end() && here->second.has_value();
}

timestamp replica_host::next_timer() const noexcept {
  auto next = no_deadline;
  for (const auto& [id, last] : running_)
    if (last)
      next = std::min(next, std::max(last->serves_until, later(looked_, look_every)));
  return next;
}

void show_absence(const node_parts& parts, const seat_ptr& place, health as,
                  const std::string& why) {
  const auto before = place->absent();
  place->set_absent(as, why);
  // Routers need not look at those that are not there for good reason.
  if ((as == health::spare) != (before == health::spare))
    if (const auto registry =
            parts.places->resolve({address_kind::node, parts.fleet.node_id + "/registry"})) {
      if (as == health::spare)
        caf::anon_send(registry, unregister_agent{place});
      else
        caf::anon_send(registry, register_agent{place});
    }
  const bool unplaced = as == health::unplaced;
  if (unplaced == (before == health::unplaced))
    return;
  if (parts.counters)
    prometheus::BuildGauge()
        .Name("troupe_agent_unplaced")
        .Help("1 while no node satisfies what a replica of an agent needs.")
        .Register(parts.counters->registry())
        .Add({{"region", parts.fleet.region},
              {"node", parts.fleet.node_id},
              {"agent", place->where().name}})
        .Set(unplaced ? 1 : 0);
}

} // namespace troupe
