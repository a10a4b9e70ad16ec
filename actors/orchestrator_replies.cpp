#include "actors/flight_log.hpp"
#include "actors/lost_node.hpp"
#include "actors/orchestrator.hpp"

#include "src/telemetry/metrics.hpp"

#include <algorithm>

namespace troupe {

void orchestrator_state::lost(open_call& c, std::uint64_t incarnation) {
  if (!c.judged)
    learn_of(c, outcome::of({reason::crash, {}, {}}));
  // However many calls an agent held when it crashed, it has crashed once.
  if (c.to->first_to_mourn(incarnation))
    judge(c, reason::crash);
  else
    judge(c, (c.probe & dispatcher::agents_probe) != 0 ? call_sign::bad : call_sign::nothing,
          call_sign::nothing);
  // Agents count their calls themselves; one that died cannot.
  c.to->count(false);
  if (auto* m = c.to->metrics.load(std::memory_order_acquire))
    m->call_ended(outcome::of({reason::crash, {}, {}}), now_ - c.started);
}

live_task* orchestrator_state::awaiting(const open_call& c) {
  auto* t = tasks_.at(c.slot, c.generation);
  return t && t->works_on(c.step, c.attempt) ? t : nullptr;
}

bool orchestrator_state::reply(std::uint32_t slot, std::uint32_t generation, event_kind kind,
                               std::uint32_t step, std::uint32_t attempt, event::body_type body) {
  auto* t = tasks_.at(slot, generation);
  if (!t || t->ending)
    return false;
  auto e = make_event(*t, kind, step, attempt);
  e.body = std::move(body);
  refuse_contradiction(*t, e);
  // What the interpreter no longer waits for came too late: it is dropped here.
  action_list todo{spare_};
  if (!happen(*t, std::move(e), todo))
    return false;
  carry_out(*t, todo);
  return true;
}

void orchestrator_state::on_call_ended(const call_ended& x) {
  now_ = parts_->now(self_);
  auto c = calls_.close(x.call);
  if (!c)
    return;
  auto acting = acting_.empty() ? decltype(acting_)::node_type{} : acting_.extract(x.call);
  auto said = x.x;
  if (auto* t = tasks_.at(c->slot, c->generation); t && !t->ending) {
    note_answer(*parts_, now_, c->to->where(), *t->what, *said);
    if (!acting || !acting.mapped().query)
      said = without_contradiction(*t, std::move(said));
    if (x.note)
      note(*t, c->step, c->attempt, *x.note);
    // What came of asking about an effect is in the ledger.
    if (const auto& agent = *c->to->spec();
        agent.card.does != effects::none && !(acting && acting.mapped().query))
      audit_end(*t, agent, c->step, c->attempt, *said, x.note != nullptr);
  }
  if (!c->judged)
    learn_of(*c, *said);
  judge(*c, said->failed.why);
  if (acting && acting.mapped().query) {
    query_ended(*c, acting.mapped(), x.x);
    return;
  }
  // It has happened, whatever is wrong with what is said about it.
  if (acting)
    acting_ended(*c, acting.mapped(), x.x->ok(), said);
  else if (said->ok())
    reply(c->slot, c->generation, event_kind::step_completed, c->step, c->attempt, said);
  else
    reply(c->slot, c->generation, event_kind::step_failed, c->step, c->attempt,
          std::make_shared<const failure>(said->failed));
}

void orchestrator_state::on_handed_over(const call_handed_over& x) {
  now_ = parts_->now(self_);
  auto c = calls_.close(x.call);
  if (!c)
    return;
  judge(*c, reason::none);
  auto* t = tasks_.at(c->slot, c->generation);
  if (!t || t->ending)
    return;
  auto e = make_event(*t, event_kind::asked, c->step, c->attempt);
  e.body = std::make_shared<const std::string>(x.question);
  action_list todo{spare_};
  if (!happen(*t, std::move(e), todo))
    return;
  hold(*t, {effect::kind::ask, 0, c->step, c->attempt, c->to});
  carry_out(*t, todo);
}

std::optional<open_child> orchestrator_state::take_child(const std::string& id) {
  auto hit = children_.extract(id);
  return hit.empty() ? std::nullopt : std::optional{std::move(hit.mapped())};
}

void orchestrator_state::on_child_ended(const task_ended& x) {
  now_ = parts_->now(self_);
  if (const auto child = take_child(x.record->what->id)) {
    auto said = x.record->result;
    if (const auto* t = tasks_.at(child->slot, child->generation)) {
      note_returned(*parts_, now_, *t->what, *x.record);
      said = without_contradiction(*t, std::move(said));
    }
    reply(child->slot, child->generation, event_kind::step_completed, child->step, child->attempt,
          std::move(said));
  }
}

void orchestrator_state::on_child_progressed(const task_progressed& x) {
  now_ = parts_->now(self_);
  auto hit = children_.find(x.record->what->id);
  if (hit == children_.end())
    return;
  const auto child = hit->second;
  auto* t = tasks_.at(child.slot, child.generation);
  const bool asks = x.record->state == task_state::input_required;
  if (!t || t->ending || !t->run || t->run->step(child.step).asking == asks)
    return;
  reply(child.slot, child.generation, asks ? event_kind::asked : event_kind::delegated, child.step,
        child.attempt,
        std::make_shared<const std::string>(asks ? "a person is asked by " + x.record->what->domain
                                                 : x.record->what->id));
}

void orchestrator_state::on_child_refused(const task_refused& x) {
  now_ = parts_->now(self_);
  const auto child = take_child(x.id);
  if (!child)
    return;
  const bool denied = x.why.why == refusal::policy_denied;
  if (auto* t = tasks_.at(child->slot, child->generation); t && t->run && denied) {
    const auto target = t->run->target_of(child->step);
    note_barred(*t, child->step, child->attempt, target.domain, target.skill, x.why.detail);
  }
  const bool later = x.why.why == refusal::busy || x.why.why == refusal::not_stored;
  const auto why = denied                            ? reason::policy_denied
                   : x.why.why == refusal::too_large ? reason::invalid_input
                   : later                           ? reason::rate_limited
                                                     : reason::unavailable;
  reply(child->slot, child->generation, event_kind::step_failed, child->step, child->attempt,
        std::make_shared<const failure>(failure{why, x.why.detail, x.why.retry_after}));
}

namespace {

/// The very answer is part of the task already, or about to be stored.
bool has_taken(const std::vector<event>& history, const question_answered& x) {
  return std::any_of(history.rbegin(), history.rend(), [&](const event& e) {
    if (e.kind != event_kind::answered || e.step != x.step || e.attempt != x.attempt)
      return false;
    const auto* said = e.get<outcome>();
    return said && said->text == x.x->text && said->data == x.x->data &&
           said->failed.why == x.x->failed.why;
  });
}

} // namespace

void orchestrator_state::on_question_answered(const question_answered& x) {
  now_ = parts_->now(self_);
  // Whoever has an answer gives it again to those who have just begun: our own desk when we ask it,
  // others by themselves.
  if (!loaded_)
    return;
  // While a task moves its question lies at two desks, and what a person says comes from both: each
  // hears of it once, when it is stored.
  const auto from = caf::actor_cast<caf::actor>(self_->current_sender());
  const bool ours = !from || from == config_.desk->now().handle;
  auto* t = tasks_.find(x.task);
  const auto note_desk = [&] {
    if (!ours)
      t->other_desks.push_back({x.step, x.attempt, from});
  };
  if (t && !t->ending) {
    auto e = make_event(*t, event_kind::answered, x.step, x.attempt);
    e.body = settle_by_person(*t, x);
    action_list todo{spare_};
    if (happen(*t, std::move(e), todo)) {
      note_desk();
      // Whoever answered hears of it when the answer is stored.
      hold(*t, {effect::kind::settle, 0, x.step, x.attempt, nullptr});
      carry_out(*t, todo);
      return;
    }
  }
  const auto ended = t ? nullptr : finished_->find(x.task);
  const bool taken = t ? has_taken(t->history, x) : ended && has_taken(ended->history, x);
  if (t && taken && std::any_of(t->held.begin(), t->held.end(), [&](const effect& e) {
        return e.what == effect::kind::settle && e.step == x.step && e.attempt == x.attempt;
      })) {
    note_desk();
    return;
  }
  const question_settled settled{question_id(x.task, x.step, x.attempt), taken};
  if (ours)
    send_to(self_, config_.desk, settled);
  else
    self_->send(from, settled);
}

void orchestrator_state::perform_settle(live_task& t, const effect& e) {
  const question_settled settled{question_id(t.what->id, e.step, e.attempt), true};
  send_to(self_, config_.desk, settled);
  std::erase_if(t.other_desks, [&](const live_task::other_desk& desk) {
    if (desk.step != e.step || desk.attempt != e.attempt)
      return false;
    self_->send(desk.who, settled);
    return true;
  });
}

void orchestrator_state::on_question_claimed(const question_claimed& x) {
  now_ = parts_->now(self_);
  auto* t = tasks_.find(x.task);
  if (!t || t->ending || !t->run || x.step >= t->run->size() || !t->run->step(x.step).asking ||
      t->run->step(x.step).attempt != x.attempt)
    return;
  auto e = make_event(*t, event_kind::claimed, x.step, x.attempt);
  e.body = std::make_shared<const std::string>(x.by);
  note(*t, std::move(e));
}

void orchestrator_state::on_seat_down(const seat_down& x) {
  now_ = parts_->now(self_);
  if (x.who == config_.journal || x.who == config_.desk) {
    // Whoever was restarted has forgotten what it had been given; it gets that again from the one
    // who remembers.
    if (x.who == config_.journal) {
      journal_.down(false, now_);
      return;
    }
    tasks_.for_each([this](live_task& t) {
      for (std::uint32_t i = 0; t.run && i < t.run->size(); ++i)
        if (t.run->step(i).asking)
          perform_ask(t, {effect::kind::ask, 0, i, t.run->step(i).attempt, nullptr});
    });
    return;
  }
  const auto gone = std::make_shared<const failure>(
      failure{reason::crash, x.who->where().str() + ": " + x.why, {}});
  const auto held = [&](const auto& c) { return c.to == x.who && c.incarnation <= x.incarnation; };
  for (const auto call : calls_.find_all(held)) {
    auto c = calls_.close(call);
    if (!c)
      continue; // An earlier one's failure ended it.
    if (x.why == lost_with_its_node)
      judge(*c, call_sign::nothing, call_sign::nothing);
    else
      lost(*c, x.incarnation);
    acting_.erase(call);
    reply(c->slot, c->generation, event_kind::step_failed, c->step, c->attempt, gone);
  }
  std::vector<open_child> orphans;
  std::erase_if(children_, [&](const auto& child) {
    if (!held(child.second))
      return false;
    orphans.push_back(child.second);
    return true;
  });
  for (const auto& child : orphans) {
    auto* t = tasks_.at(child.slot, child.generation);
    if (!t || t->ending)
      continue;
    if (t->what->keep == durability::none) {
      reply(child.slot, child.generation, event_kind::step_failed, child.step, child.attempt, gone);
      continue;
    }
    // The child is in the journal; its new orchestrator goes on with it, and we ask for it again.
    // It may also have ended a moment before: as after a restart, the store has to be asked.
    t->recovered = true;
    perform_delegate(*t, {effect::kind::delegate, 0, child.step, child.attempt, child.to});
  }
}

} // namespace troupe
