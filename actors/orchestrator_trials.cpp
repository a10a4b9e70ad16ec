#include "actors/attempt_record.hpp"
#include "actors/orchestrator.hpp"

#include "actors/tick.hpp"
#include "policies/deadline.hpp"

#include <algorithm>

namespace troupe {

// Steps that were under way when their node ended go on with the others, unless that has happened
// to them before: then one after the other, until the one that ends its nodes is found
// (`trial_line`).

bool orchestrator_state::has_its_turn(const live_task& t, const plan_action& a) {
  const auto& step = t.run->step(a.step);
  const bool again = step.status == step_status::running;
  if (std::max(step.interruptions, again ? handed_out(t, a) : 0) < trial_line::trusted)
    return true;
  if (trials_.enter({t.slot, t.generation, a.step, a.attempt, t.triage}, now_))
    return true;
  look_at_trials_later();
  return false;
}

void orchestrator_state::look_at_trials_later() {
  if (trials_.empty() || trials_armed_ > now_)
    return;
  trials_armed_ = std::max(trials_.due(), later(now_, milliseconds{1}));
  self_->delayed_send(self_, left(trials_armed_, now_) + milliseconds{1}, tick{});
}

void orchestrator_state::end_trial(const live_task& t, std::uint32_t step, bool task_over) {
  const auto* who = trials_.out(now_);
  if (!who || who->slot != t.slot || who->generation != t.generation)
    return;
  if (!task_over) {
    if (who->triage != t.triage || who->step != step)
      return;
    const auto& now = t.run->step(step);
    if (now.attempt == who->attempt &&
        (now.status == step_status::running || now.status == step_status::wanted))
      return;
  }
  trials_.ended();
  if (!trials_.empty())
    self_->send(self_, tick{});
}

void orchestrator_state::look_at_trials() {
  while (const auto who = trials_.next(now_)) {
    auto* t = tasks_.at(who->slot, who->generation);
    if (!t || t->ending || !t->run || t->triage != who->triage || who->step >= t->run->size())
      continue;
    const auto& step = t->run->step(who->step);
    if (step.attempt != who->attempt || step.asking ||
        (step.status != step_status::running && step.status != step_status::wanted))
      continue; // It was cancelled, or its time was up.
    action_list todo{spare_};
    route_step(*t, {plan_action::kind::call, who->step, who->attempt, false}, todo);
    carry_out(*t, todo);
  }
  look_at_trials_later();
}

} // namespace troupe
