#include "actors/scaler.hpp"

#include "actors/cluster_messages.hpp"
#include "actors/tick.hpp"

#include "policies/deadline.hpp"
#include "src/telemetry/metrics.hpp"

#include <prometheus/gauge.h>

#include <algorithm>

namespace troupe {

namespace {

constexpr milliseconds look_at_load{1000};

} // namespace

void scaler_state::init(caf::event_based_actor* self, parts_ptr parts, scaler_config config) {
  self_ = self;
  parts_ = std::move(parts);
  config_ = std::move(config);
  if (!config_.keeper)
    host_ = std::make_unique<replica_host>(parts_, config_.late, config_.replicas);
  for (const auto& a : config_.agents) {
    watched x{a, {}, std::nullopt, a.who.least};
    for (const auto& id : a.who.replicas)
      if (auto place = parts_->places->find({address_kind::agent, id}))
        x.seats.push_back(std::move(place));
    if (host_) {
      // A former life may have left more than the least: they are taken on.
      for (std::uint32_t i = 0; i < x.seats.size(); ++i)
        if (x.seats[i]->now().handle)
          x.replicas = std::max(x.replicas, i + 1);
      for (std::uint32_t i = 0; i < x.replicas; ++i)
        if (x.seats[i]->absent() != health::unplaced)
          host_->run(self_, a.who.replicas[i]);
    }
    show(x);
    agents_.push_back(std::move(x));
  }
  self_->delayed_send(self_, look_at_load, tick{});
}

void scaler_state::on_tick() {
  const auto now = parts_->now(self_);
  if (host_)
    host_->tick(self_, now);
  if (now >= later(looked_, look_at_load)) {
    looked_ = now;
    bool mine = true;
    placement_records kept;
    if (parts_->cluster) {
      const auto table = parts_->cluster->seen();
      mine = placer_of(table) == parts_->fleet.node_id;
      kept = records_of(table);
    }
    for (auto& x : agents_) {
      if (!host_) {
        x.replicas = x.what.who.least;
        if (const auto d = kept.find(x.what.who.domain); d != kept.end())
          if (const auto n = d->second.wanted.find(x.what.who.agent); n != d->second.wanted.end())
            x.replicas = n->second;
      }
      if (mine)
        look(x, now);
      else
        x.policy.reset(); // Whoever takes over has seen nothing yet, and shrinks late.
      show(x);
    }
  }
  auto next = look_at_load;
  if (host_)
    next = std::min(next, std::max(milliseconds{10}, left(host_->next_timer(), now)));
  self_->delayed_send(self_, next, tick{});
}

void scaler_state::look(watched& x, timestamp now) {
  if (!x.policy)
    x.policy.emplace(x.what.bounds);
  std::uint64_t calls = 0;
  for (const auto& place : x.seats)
    calls += place->load.load(std::memory_order_relaxed);
  const auto next = x.policy->update(calls, x.replicas, x.what.slots, now);
  if (next.why.empty() || next.replicas == x.replicas)
    return;
  parts_->log->info("agent {}: {} replicas instead of {}: {}", x.what.who.agent, next.replicas,
                    x.replicas, next.why);
  apply(x, next.replicas, now);
}

void scaler_state::apply(watched& x, std::uint32_t replicas, timestamp now) {
  if (!host_) {
    send_to(self_, config_.keeper, want_replicas{x.what.who.agent, replicas});
    return;
  }
  const auto n = static_cast<std::uint32_t>(x.seats.size());
  for (std::uint32_t i = 0; i < n; ++i) {
    const auto& id = x.what.who.replicas[i];
    // Those that cannot run here at all are unplaced, and stay so.
    if (x.seats[i]->absent() == health::unplaced)
      continue;
    show_absence(*parts_, x.seats[i], i < replicas ? health::down : health::spare, {});
    if (i < replicas)
      host_->run(self_, id);
    else
      host_->retire(id, milliseconds{0}, x.what.timeout, now);
  }
  x.replicas = std::min(replicas, n);
}

void scaler_state::show(const watched& x) const {
  if (!parts_->counters)
    return;
  prometheus::BuildGauge()
      .Name("troupe_agent_replicas")
      .Help("Replicas that an agent which follows its load is to have now.")
      .Register(parts_->counters->registry())
      .Add({{"region", parts_->fleet.region},
            {"node", parts_->fleet.node_id},
            {"agent", x.what.who.agent}})
      .Set(x.replicas);
}

caf::behavior scaler(caf::stateful_actor<scaler_state>* self, parts_ptr parts,
                     scaler_config config) {
  guard(self, parts, "scaler");
  state_of(self).init(self, std::move(parts), std::move(config));
  return {[self](tick) { state_of(self).on_tick(); }};
}

} // namespace troupe
