#include "nodes/agent_orders.hpp"

#include "actors/breaker_report.hpp"
#include "actors/node_parts.hpp"
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

/// What the seat is there for after the order; nothing if the order does not change that.
std::optional<duty> duty_after(agent_order what) {
  switch (what) {
  case agent_order::drain:
    return duty::draining;
  case agent_order::quarantine:
    return duty::quarantined;
  case agent_order::return_:
  case agent_order::start:
    return duty::serving;
  case agent_order::stop:
    return duty::stopped;
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

std::vector<agent_view> views_of(const seats& all, timestamp now) {
  std::vector<agent_view> out;
  for (const auto& place : all)
    out.push_back(view_of(*place, now));
  return out;
}

} // namespace

agent_view view_of(const seat& place, timestamp now) {
  agent_view out{place.where().name,        place.spec(),
                 place.state.load(),        place.absent_why(),
                 place.load.load(),
                 place.served.load(),       place.failed.load(),
                 place.success_rate.load(), place.now().incarnation,
                 place.breaker.seen(now),   {}};
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
  for (const auto& place : all) {
    if (const auto d = duty_after(what))
      place->set_duty(*d);
    if (what == agent_order::return_)
      if (const auto turned = place->breaker.reset("a person returned it to service"))
        report_breaker(*parts, "agent", place->where().name, *turned);
  }
  const auto wanted = order_for_supervisor(what);
  if (!wanted) {
    then(views_of(all, now()), {});
    return;
  }
  const auto& domain = all.front()->spec()->card.domain;
  auto above =
      parts->places->resolve({address_kind::node, parts->fleet.node_id + "/" + domain + "/agents"});
  if (!above) {
    then({},
         {refusal::busy, "the agents of " + domain + " are being restarted", milliseconds{1000}});
    return;
  }
  // A short-lived actor asks for all of them and answers once.
  sys.spawn([=](caf::event_based_actor* self) {
    auto waiting = std::make_shared<std::size_t>(all.size());
    auto late = std::make_shared<bool>(false);
    const auto done = [=] {
      if (--*waiting > 0)
        return;
      if (*late)
        then({}, {refusal::timeout, "the supervisor of the agents does not answer", {}});
      else
        then(views_of(all, now()), {});
    };
    for (const auto& place : all)
      self->request(above, client::request_timeout,
                    order_child{*wanted, place->where().name.substr(domain.size() + 1),
                                "a person wants it"})
          .then([=](bool) { done(); },
                [=](const caf::error&) {
                  *late = true;
                  done();
                });
  });
}

} // namespace troupe
