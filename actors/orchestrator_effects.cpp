#include "actors/act_name.hpp"
#include "actors/attempt_record.hpp"
#include "actors/orchestrator.hpp"

#include "policies/deadline.hpp"
#include "policies/failure_table.hpp"
#include "src/telemetry/log.hpp"
#include "src/wire/codec.hpp"

#include <algorithm>

namespace troupe {

// Before an agent that acts outside is called, a PENDING line is on disk, in the batch of the event
// that decided the call; what came of it is written in the batch of the event that completes the
// step, and nothing is built on the step before that batch is on disk.

namespace {

/// What has not ended by then may never end, and the person who is asked can look.
constexpr milliseconds acts_end_within{10000};

constexpr const char* former_run = "an earlier run of this task had called it";

} // namespace

// -- before the call ----------------------------------------------------------

bool orchestrator_state::decided_before(live_task& t, const plan_action& a, actions& todo) {
  if (t.ledger.empty() || t.triage)
    return false;
  auto* line = t.ledger.find(a.step, call_index(t, a.step));
  if (!line || !std::exchange(line->former, false) || line->state == effect_state::not_done)
    return false;
  // An agent may not act for another request under the same key. Nor may its old answer stand for
  // it: what the earlier run asked for was something else.
  const bool other = line->fingerprint != fingerprint_of(t, a.step);
  auto way = std::make_shared<route>();
  way->skill = t.run->target_of(a.step).skill;
  way->agent = line->agent;
  way->does = line->does;
  way->repeatable = line->does != effects::unsafe && !other;
  way->because = former_run;
  auto e = make_event(t, event_kind::assigned, a.step, a.attempt);
  e.body = route_ptr{std::move(way)};
  if (!happen(t, std::move(e), todo))
    return true;
  if (line->state == effect_state::committed && !other) {
    e = make_event(t, word_of(*line->result), a.step, a.attempt);
    e.body = line->result;
    refuse_contradiction(t, e);
  } else {
    e = make_event(t, other ? event_kind::step_failed : event_kind::interrupted, a.step, a.attempt);
    const auto what = other
                          ? std::string{"an earlier run of this task called it for another request"}
                          : cut_short(t, a.step, line->agent);
    e.body = std::make_shared<const failure>(
        failure{other ? reason::contradiction : reason::crash, what, {}});
  }
  happen(t, std::move(e), todo);
  return true;
}

std::string orchestrator_state::bound_to(live_task& t, std::uint32_t step) const {
  const auto* line =
      t.ledger.empty() || t.triage ? nullptr : t.ledger.find(step, call_index(t, step));
  if (!line || line->state == effect_state::not_done)
    return {};
  const auto& table = *t.by->routes.table();
  const auto target = t.run->target_of(step);
  const auto& index = target.agent.empty() ? table.by_skill : table.by_name;
  const auto all = index.find(target.agent.empty() ? target.skill : target.agent);
  // Only who takes the key may step in for somebody who may have acted under it.
  const bool by_key =
      line->does == effects::idempotent && all != index.end() &&
      std::all_of(all->second.begin(), all->second.end(), [](const seat_ptr& place) {
        const auto does = place->spec()->card.does;
        return does == effects::idempotent || does == effects::none;
      });
  return by_key ? std::string{} : line->agent.substr(0, line->agent.find('#'));
}

void orchestrator_state::note_pending(live_task& t, std::uint32_t step, std::uint32_t attempt,
                                      const seat& who) {
  const auto index = call_index(t, step);
  auto* line = t.ledger.find(step, index);
  if (!line) {
    line = &t.ledger.add({step,
                          index,
                          attempt,
                          effect_state::pending,
                          effects::none,
                          false,
                          {},
                          fingerprint_of(t, step),
                          nullptr});
  } else {
    // Another one is in doubt, or the same one, which is handed out again after a restart: what one
    // of them did not do says nothing of the others.
    line->attempt = line->state == effect_state::pending ? 0 : attempt;
  }
  line->state = effect_state::pending;
  line->does = who.spec()->card.does;
  line->agent = who.where().name;
  if (t.what->keep == durability::task && config_.journal && !std::exchange(t.plan_kept, true)) {
    // From now on another plan would not know what has been done by this one.
    for (const auto& e : t.history)
      if (e.kind == event_kind::planned)
        append_event(t, e);
  }
  store_line(&t, t.what->id, *line);
}

void orchestrator_state::store_line(live_task* t, const std::string& task, const ledger_line& x) {
  if (!config_.journal)
    return;
  auto line = std::make_shared<stored_effect>();
  line->step = x.step;
  line->index = x.index;
  line->attempt = x.attempt;
  line->state = x.state;
  line->does = x.does;
  line->agent = x.agent;
  line->fingerprint = x.fingerprint;
  if (x.result)
    line->body = encode(*x.result);
  store_write w;
  w.what = store_write::kind::effect;
  w.id = task;
  w.domain = domain_->path;
  w.at = now_;
  w.ledger = std::move(line);
  store_late(t, std::move(w));
}

void orchestrator_state::store_late(live_task* t, store_write w) {
  if (t && !t->ending) {
    store(*t, std::move(w));
    return;
  }
  // The task has ended without it: nobody waits for this line.
  own(w);
  journal_.store(std::move(w));
}

void orchestrator_state::never_sent(live_task& t, const effect& e) {
  dispatcher::give_back(*e.to, e.probe, now_);
  tell_of_probe(e.to, e.probe);
  if (!acts(t, *e.to))
    return;
  for (auto& line : t.ledger.of_step(e.step))
    if (line.attempt == e.attempt && line.state == effect_state::pending) {
      line.state = effect_state::not_done;
      store_line(&t, t.what->id, line);
    }
}

bool orchestrator_state::waits_for_acts(const live_task& t, const effect& e) {
  const auto& step = t.run->step(e.step);
  const auto& here = parts_->fleet.node_id;
  const auto key = act_key(t.what->id, e.step, call_index(t, e.step));
  const act_turn turn{epoch_, e.attempt};
  std::vector<std::string> nodes;
  std::string looked_at = here; ///< the node that needs not be asked
  auto until = step.due;
  if (e.what == effect::kind::ask) {
    if (!step.unsettled)
      return false;
    if (parts_->acts->ask(key, turn))
      nodes.push_back(here);
    until = std::min(until, later(now_, acts_end_within));
  } else if (auto elsewhere = e.to->elsewhere(); !elsewhere.empty()) {
    looked_at = std::move(elsewhere);
  }
  for (const auto& x : t.history) {
    const auto* way = x.kind == event_kind::assigned && x.step == e.step && x.attempt < e.attempt &&
                              x.triage == t.triage
                          ? x.get<route>()
                          : nullptr;
    // An agent that has not moved looks itself whether it works on that.
    if (way && !way->node.empty() && way->node != looked_at &&
        std::find(nodes.begin(), nodes.end(), way->node) == nodes.end())
      nodes.push_back(way->node);
  }
  // Of what was not stored step by step nobody knows where a former owner gave it to.
  if (parts_->cluster && t.recovered && !t.goes_on_by_step())
    for (const auto& m : parts_->cluster->seen().rows)
      if (m.state != member_state::down && m.node != looked_at &&
          std::find(nodes.begin(), nodes.end(), m.node) == nodes.end())
        nodes.push_back(m.node);
  if (nodes.empty())
    return false;
  watch_act(self_->system(), parts_,
            {std::move(nodes),
             key,
             turn,
             until,
             caf::actor_cast<caf::actor>(self_),
             {t.slot, t.generation, e.step, e.attempt, e.to, e.probe}});
  return true;
}

bool orchestrator_state::has_moved(const live_task& t, const effect& e) const {
  if (!parts_->cluster)
    return false;
  const auto* way = given_to(t, e.step, e.attempt);
  const auto elsewhere = e.to->elsewhere();
  return way && !way->node.empty() &&
         way->node != (elsewhere.empty() ? parts_->fleet.node_id : elsewhere);
}

void orchestrator_state::on_act_over(const act_over& x) {
  now_ = parts_->now(self_);
  auto* t = tasks_.at(x.slot, x.generation);
  if (!t && x.to) {
    dispatcher::give_back(*x.to, x.probe, now_);
    tell_of_probe(x.to, x.probe);
  }
  if (!t)
    return;
  effect e{x.to ? effect::kind::call : effect::kind::ask, 0, x.step, x.attempt, x.to, x.probe};
  e.over = true;
  perform(*t, std::move(e));
}

// -- after the call -----------------------------------------------------------

void orchestrator_state::note_end(const acting_call& c, effect_state state, outcome_ptr result) {
  auto* t = tasks_.find(c.what->id);
  auto* known = t ? t->ledger.find(c.step, c.index) : nullptr;
  ledger_line alone; // The task is over, and what it knew of the call is with the call.
  if (!known) {
    alone = {c.step, c.index, c.attempt, state, c.does, false, c.agent, c.fingerprint, nullptr};
    known = &alone;
  } else if (known->state == effect_state::committed ||
             (state != effect_state::committed && !c.query && c.attempt != known->attempt)) {
    // The first result stays, and an attempt that did nothing says nothing of the others.
    return;
  }
  known->state = state;
  known->attempt = std::max(known->attempt, c.attempt);
  known->result = std::move(result);
  store_line(t, c.what->id, *known);
  // Any other answer is on record as the end of its call.
  if (c.query || !t || t->ending)
    audit_settled(t, c.what->id, *known, c.attempt, c.query ? "query" : "late answer");
}

void orchestrator_state::acting_ended(const open_call& c, const acting_call& a, bool happened,
                                      const outcome_ptr& x) {
  if (!happened) {
    if (did_nothing(x->failed.why))
      note_end(a, effect_state::not_done, nullptr);
    reply(c.slot, c.generation, event_kind::step_failed, c.step, c.attempt,
          std::make_shared<const failure>(x->failed));
    return;
  }
  note_end(a, effect_state::committed, x);
  if (reply(c.slot, c.generation, event_kind::step_completed, c.step, c.attempt, x))
    return;
  // Its time was up, and yet it has happened: whoever still wonders can stop.
  auto* t = tasks_.at(c.slot, c.generation);
  if (t && !t->ending && t->run && !t->triage && c.step < t->run->size())
    reply(c.slot, c.generation, word_of(*x), c.step, t->run->step(c.step).attempt, x);
}

// -- after a restart ----------------------------------------------------------

void orchestrator_state::load_ledger(live_task& t, const stored_task& x) const {
  for (const auto& e : x.effects) {
    ledger_line line{e.step,  e.index,       e.attempt, e.state, e.does, !t.goes_on_by_step(),
                     e.agent, e.fingerprint, nullptr};
    if (e.state == effect_state::committed) {
      if (auto result = decode_outcome(e.body)) {
        line.result = std::make_shared<const outcome>(*std::move(result));
      } else {
        parts_->log->error("task {}: the recorded result of step {} cannot be read: {}", x.id,
                           e.step, result.error);
        line.state = effect_state::pending;
      }
    }
    t.ledger.add(std::move(line));
  }
}

bool orchestrator_state::take_up_effect(live_task& t, const plan_action& a, actions& todo) {
  const auto* line =
      t.ledger.empty() || t.triage ? nullptr : t.ledger.find(a.step, call_index(t, a.step));
  if (!line || line->state != effect_state::committed)
    return false;
  // The step knows already that it has happened, and goes on in another way.
  if (!line->result->ok() && t.run->step(a.step).acted)
    return false;
  auto e = make_event(t, word_of(*line->result), a.step, a.attempt);
  e.body = line->result;
  refuse_contradiction(t, e);
  return happen(t, std::move(e), todo);
}

} // namespace troupe
