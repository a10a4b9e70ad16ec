#include "actors/asked_answer.hpp"
#include "actors/orchestrator.hpp"

#include "actors/human_desk.hpp"
#include "actors/task_deeds.hpp"
#include "actors/tick.hpp"
#include "policies/deadline.hpp"
#include "src/telemetry/log.hpp"
#include "src/telemetry/metrics.hpp"

#include <algorithm>

namespace troupe {

event orchestrator_state::make_event(const live_task& t, event_kind kind, std::uint32_t step,
                                     std::uint32_t attempt) {
  event e;
  e.kind = kind;
  e.triage = t.triage;
  e.step = step;
  e.attempt = attempt;
  e.at = now_;
  return e;
}

void orchestrator_state::rearm(live_task& t) {
  timers_.arm(t.slot, t.ending ? no_deadline : t.run ? t.run->next_timer() : t.what->deadline);
}

void orchestrator_state::arm() {
  const auto next = standstill_.heeded(std::min(timers_.next(), sessions_->next_due()));
  if (next >= armed_)
    return;
  armed_ = next;
  self_->delayed_send(self_, left(next, now_) + milliseconds{1}, tick{});
}

void orchestrator_state::note(live_task& t, event e) {
  t.history.push_back(std::move(e));
  store_event(t, t.history.back());
  tell_progress(t, t.history.back(), false);
}

bool orchestrator_state::happen(live_task& t, event e, actions& todo) {
  e.dice = dice_.draw();
  if (!t.run)
    return false;
  const bool bad = t.by->punishes && e.step < t.run->size() &&
                   (e.kind == event_kind::step_failed || e.kind == event_kind::time_up ||
                    (e.kind == event_kind::step_completed && e.why_failed())) &&
                   !t.run->step(e.step).asking &&
                   !excused(e.why_failed() ? e.why_failed()->why : reason::timeout);
  const auto blamed = bad ? t.run->step(e.step).agent : std::string{};
  if (!t.run->apply(e, todo))
    return false;
  // Whoever reads the record, stored or told, sees the state that this event led to.
  const auto before = t.state;
  if (t.recovered)
    end_trial(t, e.step, false);
  if (!t.ending)
    t.state = t.run->waits_for_human() ? task_state::input_required : task_state::working;
  t.history.push_back(std::move(e));
  const auto& noted = t.history.back();
  store_event(t, noted);
  learn(t, noted);
  tell_progress(t, noted, t.state != before);
  if (!blamed.empty()) {
    const auto* f = noted.why_failed();
    punish(t, noted.step, noted.attempt, blamed,
           f ? *f : failure{reason::timeout, "no answer before the deadline", {}});
  }
  return true;
}

void orchestrator_state::tell_progress(live_task& t, const event& e, bool turned) {
  if (e.kind == event_kind::asked) {
    if (counters_)
      counters_->escalations.add();
    // What a sub-task asks is noted in the customer's task too, and is one question.
    if (parts_->counters && t.what->parent.empty())
      parts_->counters->groups_of(t.what->who, [](task_counters& of) { of.escalations.add(); });
  }
  task_record_ptr record;
  for (const auto& w : t.watchers) {
    // A parent hears in any case when we begin and cease to wait for people: its clock stands still
    // meanwhile, as ours does.
    if (!w.progress && !(turned && !t.what->parent.empty()))
      continue;
    if (!record)
      record = t.news();
    self_->send(w.who, task_progressed{record});
  }
}

void orchestrator_state::carry_out(live_task& t, actions& todo) {
  // Steps append to the list while it is worked through.
  // Any of them may end the task, and its slot may then have been taken by the next one already.
  const auto generation = t.generation;
  const auto goes_on = [&] { return t.generation == generation && !t.ending; };
  for (std::size_t i = 0; i < todo.size() && goes_on(); ++i) {
    const auto a = todo[i];
    switch (a.what) {
    case plan_action::kind::call:
      route_step(t, a, todo);
      break;
    case plan_action::kind::delegate:
      delegate_step(t, a, todo);
      break;
    case plan_action::kind::ask:
      ask_step(t, a, todo);
      break;
    case plan_action::kind::expand:
      expand_step(t, a, todo);
      break;
    case plan_action::kind::stop:
      stop_step(t, a);
      break;
    case plan_action::kind::finish:
      if (t.triage) {
        todo.erase(todo.begin(), todo.begin() + static_cast<std::ptrdiff_t>(i) + 1);
        i = static_cast<std::size_t>(-1);
        understood(t, todo);
      } else {
        finish(t, t.run->result());
      }
      break;
    }
  }
  if (goes_on()) {
    t.state = t.run && t.run->waits_for_human() ? task_state::input_required : task_state::working;
    rearm(t);
  }
  arm();
}

void orchestrator_state::fail_step(live_task& t, std::uint32_t step, std::uint32_t attempt,
                                   failure f) {
  auto e = make_event(t, event_kind::step_failed, step, attempt);
  e.body = std::make_shared<const failure>(std::move(f));
  action_list todo{spare_};
  if (happen(t, std::move(e), todo))
    carry_out(t, todo);
}

void orchestrator_state::on_tick() {
  now_ = parts_->now(self_);
  // Whoever brings another version tells those who have nothing to do, too.
  look_at_versions();
  if (!shard_asked_ && config_.journal)
    ask_for_shard();
  if (!loaded_ && now_ >= open_again_)
    open_shard();
  look_at_lease();
  look_at_stranded();
  look_at_trials();
  look_at_unstored();
  if (now_ < armed_)
    return; // An earlier tick has been asked for since; each that is heeded asks for another one.
  if (standstill_.noticed(std::exchange(armed_, no_deadline), now_)) {
    parts_->log->warn("{} stood still: what is overdue is given a moment, and nobody is blamed",
                      config_.place->where().str());
    return arm();
  }
  end_waits();
  while (timers_.next() <= now_) {
    auto& t = tasks_.at(timers_.next_slot());
    if (!t.run) {
      finish(t, failure{reason::timeout, "the task's deadline passed before it began", {}});
      continue;
    }
    auto e = t.run->timer_event(now_);
    e.triage = t.triage;
    if (e.kind == event_kind::time_up && e.step != whole_task && t.run->step(e.step).asking &&
        t.run->target_of(e.step).op != plan_op::domain && !t.run->step(e.step).unsettled) {
      // Silence may be an answer; the question is withdrawn all the same.
      auto silence =
          answer_of_silence(t.by->version->fleet, queue_of(t, e.step), gives_of(t, e.step).get());
      if (silence->ok()) {
        e.kind = event_kind::answered;
        e.body = std::move(silence);
        send_to(self_, config_.desk, withdraw_question{question_id(t.what->id, e.step, e.attempt)});
      }
    }
    if (e.kind == event_kind::time_up && e.step != whole_task &&
        t.run->target_of(e.step).op == plan_op::domain &&
        may_act(*t.by->version, t.run->target_of(e.step).domain)) {
      auto lost = outcome::of({reason::timeout, "no answer before the deadline", {}});
      lost.acted = deeds::possible;
      e.body = std::make_shared<const outcome>(std::move(lost));
    }
    action_list todo{spare_};
    if (!happen(t, std::move(e), todo)) {
      // Cannot be: a timer stands for an event that fits. Going round in circles would be worse
      // than losing it.
      parts_->log->error("task {}: a timer did not fit its state", t.what->id);
      timers_.disarm(t.slot);
      continue;
    }
    carry_out(t, todo);
  }
  arm();
}

} // namespace troupe
