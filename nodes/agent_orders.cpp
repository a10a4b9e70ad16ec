#include "nodes/agent_orders.hpp"

#include "actors/breaker_report.hpp"
#include "actors/budget_book.hpp"
#include "actors/node_parts.hpp"
#include "actors/order_keeper.hpp"
#include "actors/standing_orders.hpp"
#include "src/telemetry/log.hpp"

namespace troupe {

namespace {

using seats = std::vector<seat_ptr>;

/// The replicas of `agent`, or the one that it names.
seats find_seats(const node_parts& parts, const std::string& agent) {
  seats out;
  for (const auto& place : parts.places->all(address_kind::agent)) {
    if (!place->spec())
      continue;
    const auto& card = place->spec()->card;
    if (place->where().name == agent || card.domain + "/" + card.name == agent)
      out.push_back(place);
  }
  return out;
}

/// What the agent is to be there for after the order; nothing if the order does not change that.
std::optional<agent_duty> duty_after(agent_order what) {
  switch (what) {
  case agent_order::drain:
    return agent_duty::draining;
  case agent_order::quarantine:
    return agent_duty::quarantined;
  case agent_order::return_:
  case agent_order::start:
    return agent_duty::serving;
  case agent_order::stop:
    return agent_duty::stopped;
  case agent_order::restart:
    break;
  }
  return std::nullopt;
}

std::optional<child_order> order_for_supervisor(agent_order what) {
  switch (what) {
  case agent_order::restart:
    return child_order::restart;
  case agent_order::stop:
    return child_order::stop;
  case agent_order::start:
    return child_order::start;
  default:
    return std::nullopt;
  }
}

std::vector<agent_view> views_of(const node_parts& parts, const seats& all, timestamp now) {
  std::vector<agent_view> out;
  for (const auto& place : all)
    out.push_back(view_of(parts, *place, now));
  return out;
}

/// Those that live here; of a node that is alone also those that are down.
seats here(const node_parts& parts, const seats& all) {
  seats out;
  for (const auto& place : all)
    if (place->elsewhere().empty() && (!parts.cluster || place->now().handle))
      out.push_back(place);
  return out;
}

/// Several answers that are waited for; the first thing that went wrong is told.
struct answers {
  std::size_t waiting = 0;
  refused wrong;
};

} // namespace

agent_view view_of(const node_parts& parts, const seat& place, timestamp now) {
  agent_view out{place.where().name,
                 place.spec(),
                 place.state.load(),
                 place.absent_why(),
                 place.load.load(),
                 place.served.load(),
                 place.failed.load(),
                 place.success_rate.load(),
                 place.now().incarnation,
                 place.breaker.seen(now),
                 {},
                 parts.orders->of(place.where().name),
                 {}};
  if (place.now().handle) {
    out.node = place.elsewhere();
    if (out.node.empty())
      out.node = parts.fleet.node_id;
  }
  if (parts.budgets && place.spec())
    if (const auto pause = parts.budgets->paused(*place.spec())) {
      out.paused_until = pause->until;
      out.paused_by = pause->limit;
    }
  if (const auto& p = place.depends_on())
    out.provider = p->breaker.seen(now);
  return out;
}

void carry_out_order(const std::shared_ptr<const node_parts>& parts, caf::actor_system& sys,
                     const std::string& agent, agent_order what,
                     const client::reply<std::vector<agent_view>>& then,
                     std::function<timestamp()> now) {
  const auto all = find_seats(*parts, agent);
  if (all.empty()) {
    then({}, {refusal::invalid_request, "there is no agent '" + agent + "'", {}});
    return;
  }
  parts->log->info("agent {}: a person wants: {}", agent, to_string(what));
  const auto wanted = duty_after(what);
  const standing_order said{agent, wanted.value_or(agent_duty::serving), now()};
  if (wanted) {
    parts->orders->note(said);
    for (const auto& place : all)
      place->set_duty(duty_of(*wanted));
  }
  if (what == agent_order::return_)
    for (const auto& place : all)
      if (const auto turned = place->breaker.reset("a person returned it to service", said.at))
        report_breaker(*parts, "agent", place->where().name, *turned);
  const auto for_child = order_for_supervisor(what);
  const auto& domain = all.front()->spec()->card.domain;
  const auto above =
      parts->places->resolve({address_kind::node, parts->fleet.node_id + "/" + domain + "/agents"});
  if (for_child && !above) {
    then({},
         {refusal::busy, "the agents of " + domain + " are being restarted", milliseconds{1000}});
    return;
  }
  const auto keeper_place =
      parts->places->find({address_kind::node, parts->fleet.node_id + "/order_keeper"});
  // Without a store there is nobody to keep it, and it stands as long as this process.
  const bool keep = wanted && keeper_place;
  if (!keep && !for_child) {
    then(views_of(*parts, here(*parts, all), now()), {});
    return;
  }
  // A short-lived actor asks for all of them and answers once. Whom the supervisor does not have
  // lives at another node, where the same is wanted.
  sys.spawn([=](caf::event_based_actor* self) {
    guard(self, parts, "whoever orders agents");
    auto open = std::make_shared<answers>();
    open->waiting = (keep ? 1 : 0) + (for_child ? all.size() : 0);
    auto taken = std::make_shared<seats>(for_child ? seats{} : here(*parts, all));
    const auto done = [=] {
      if (--open->waiting > 0)
        return;
      if (open->wrong.why != refusal::none)
        then({}, open->wrong);
      else
        then(views_of(*parts, *taken, now()), {});
    };
    if (keep) {
      const auto not_kept = [=] {
        open->wrong = {refusal::busy, "it is done here, but the store has not taken it yet",
                       milliseconds{1000}};
        done();
      };
      if (const auto keeper = keeper_place->now().handle)
        self->request(keeper, client::request_timeout, keep_order{said})
            .then([=](order_kept) { done(); }, [=](const caf::error&) { not_kept(); });
      else
        not_kept();
    }
    if (!for_child)
      return;
    for (const auto& place : all)
      self->request(above, client::request_timeout,
                    order_child{*for_child, place->where().name.substr(domain.size() + 1),
                                "a person wants it"})
          .then(
              [=](bool known) {
                if (known)
                  taken->push_back(place);
                done();
              },
              [=](const caf::error&) {
                open->wrong = {
                    refusal::timeout, "the supervisor of the agents does not answer", {}};
                done();
              });
  });
}

} // namespace troupe
