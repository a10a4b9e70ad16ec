#include "actors/breaker_desk.hpp"
#include "actors/breaker_report.hpp"
#include "actors/orchestrator.hpp"
#include "actors/survey.hpp"
#include "actors/tree_messages.hpp"

#include "policies/failure_table.hpp"
#include "src/telemetry/metrics.hpp"

#include <prometheus/gauge.h>

namespace troupe {

void orchestrator_state::judge(open_call& c, reason how) {
  if (excused(how))
    return judge(c, call_sign::nothing, call_sign::nothing);
  judge(c, sign_for_agent(how), sign_for_provider(how));
}

void orchestrator_state::judge(open_call& c, call_sign for_agent, call_sign for_provider) {
  if (std::exchange(c.judged, true))
    return;
  const bool probe = (c.probe & dispatcher::agents_probe) != 0;
  if (const auto turned = c.to->breaker.ended(for_agent, probe, now_))
    breaker_turned(c, *turned, false);
  if (probe || for_agent == call_sign::bad)
    tell_breaker_desk(c.to, nullptr);
  const auto& provider = c.to->depends_on();
  if (!provider)
    return;
  const bool providers = (c.probe & dispatcher::providers_probe) != 0;
  if (const auto turned = provider->breaker.ended(for_provider, providers, now_))
    breaker_turned(c, *turned, true);
  if (providers || for_provider == call_sign::bad)
    tell_breaker_desk(nullptr, provider);
}

void orchestrator_state::tell_breaker_desk(const seat_ptr& agent, const provider_ptr& provider) {
  if (!parts_->cluster)
    return;
  if (!breaker_desk_)
    breaker_desk_ =
        parts_->places->claim({address_kind::node, parts_->fleet.node_id + "/breaker_desk"});
  if (agent)
    send_to(self_, breaker_desk_, stirred(agent));
  if (provider)
    send_to(self_, breaker_desk_, stirred(provider));
}

void orchestrator_state::tell_of_probe(const seat_ptr& to, std::uint8_t probe) {
  if (probe != 0)
    tell_breaker_desk((probe & dispatcher::agents_probe) != 0 ? to : nullptr,
                      (probe & dispatcher::providers_probe) != 0 ? to->depends_on() : nullptr);
}

void orchestrator_state::breaker_turned(const open_call& c, const breaker_change& x,
                                        bool of_provider) {
  const auto& whose = of_provider ? c.to->depends_on()->name : c.to->where().name;
  report_breaker(*parts_, of_provider ? "provider" : "agent", whose, x);
  if (!of_provider && x.to == breaker_state::closed)
    c.to->end_probation();
  if (auto* t = tasks_.at(c.slot, c.generation))
    note(*t, c.step, c.attempt, breaker_words(of_provider ? "provider" : "agent", whose, x));
}

void orchestrator_state::note(live_task& t, std::uint32_t step, std::uint32_t attempt,
                              std::string text) {
  // After its end a history is closed, and triage has no place for notes of its plan.
  if (t.ending || t.history.empty())
    return;
  auto e = make_event(t, event_kind::noted, step, attempt);
  e.body = std::make_shared<const std::string>(std::move(text));
  note(t, std::move(e));
}

void orchestrator_state::punish(live_task& t, std::uint32_t step, std::uint32_t attempt,
                                const std::string& agent, const failure& f) {
  const auto& rule = rule_for(t.run->how().on_failure, f.why);
  if (rule.agent == sanction::none)
    return;
  auto place = parts_->places->find({address_kind::agent, agent});
  if (!place || !place->spec())
    return;
  const auto why = std::string{to_string(f.why)} + (f.detail.empty() ? "" : ": " + f.detail);
  if (rule.agent == sanction::quarantine) {
    if (place->now_for() != duty::serving)
      return;
    place->put_on_probation();
    if (const auto turned = place->breaker.trip("quarantined after " + why, now_))
      report_breaker(*parts_, "agent", agent, *turned);
    tell_breaker_desk(place, nullptr);
    note(t, step, attempt, agent + " was quarantined after " + why);
    return;
  }
  const auto& domain = place->spec()->card.domain;
  const bool restart = rule.agent == sanction::restart;
  // Whoever has crashed is being replaced already.
  if (restart && f.why == reason::crash)
    return;
  // Nobody here waits for the answer.
  if (auto node = place->elsewhere(); restart && !node.empty()) {
    survey_question there;
    there.subject = "order";
    there.query = {{"agent", agent}, {"order", "restart"}, {"told_by", parts_->fleet.node_id}};
    there.only = std::move(node);
    survey(self_->system(), parts_, std::move(there), [](const survey_answers&, const refused&) {});
  } else {
    const auto above = parts_->places->resolve(
        {address_kind::node, parts_->fleet.node_id + "/" + domain + "/agents"});
    if (!above)
      return;
    caf::anon_send(above,
                   order_child{restart ? child_order::restart : child_order::escalate,
                               agent.substr(std::min(agent.size(), domain.size() + 1)), why});
  }
  note(t, step, attempt,
       (restart ? agent + " is restarted after " : "the supervisor of " + agent + " fails after ") +
           why);
}

void orchestrator_state::count_open() {
  const auto before = overload_->stage();
  if (!overload_->update(tasks_.size()))
    return;
  const auto stage = overload_->stage();
  views_.spare_from(stage);
  show_stage();
  parts_->log->log(stage > before ? spdlog::level::warn : spdlog::level::info,
                   "orchestrator {}: overload stage {} of {} with {} open tasks",
                   config_.place->where().name, stage, overload_->last(), tasks_.size());
}

void orchestrator_state::show_stage() const {
  if (!parts_->counters || overload_->last() == 0)
    return;
  auto& family = prometheus::BuildGauge()
                     .Name("troupe_overload_stage")
                     .Help("Stage of overload that a shard of a domain is in; 0: none.")
                     .Register(parts_->counters->registry());
  family
      .Add({{"region", parts_->fleet.region},
            {"domain", domain_->path},
            {"shard", std::to_string(config_.shard)}})
      .Set(overload_->stage());
}

} // namespace troupe
