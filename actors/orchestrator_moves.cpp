#include "actors/attempt_record.hpp"
#include "actors/orchestrator.hpp"

#include "actors/tick.hpp"
#include "policies/deadline.hpp"

#include <algorithm>

namespace troupe {

// In a cluster agents and orchestrators move to other nodes when theirs is lost. Whoever needs one
// that is on its way waits for it for a moment, and no retry is used up by that.

namespace {

/// A frozen node is noticed after more than a second, its successor takes a few tens of
/// milliseconds.
constexpr milliseconds strand_most{3000};
constexpr milliseconds look_every{10};
constexpr std::size_t looks_at_once = 256;

} // namespace

bool orchestrator_state::strand(const live_task& t, std::uint32_t step, std::uint32_t attempt,
                                seat_ptr to) {
  if (!config_.keeper)
    return false;
  if (stranded_.empty()) {
    look_again_ = later(now_, look_every);
    self_->delayed_send(self_, look_every, tick{});
  }
  stranded_.push_back({t.slot, t.generation, step, attempt, t.triage, t.run->step(step).status,
                       std::move(to), later(now_, strand_most)});
  return true;
}

bool orchestrator_state::go_on(const stranded_step& s) {
  auto* t = tasks_.at(s.slot, s.generation);
  if (!t || t->ending || !t->run || t->triage != s.triage || s.step >= t->run->size())
    return true;
  const auto& step = t->run->step(s.step);
  if (step.status != s.status || step.attempt != s.attempt)
    return true; // It was cancelled, or its task is over.
  if (!s.claimed_at.empty())
    return claims_now(*t, s);
  const bool late = now_ >= s.until;
  if (s.to) {
    if (!s.to->now().handle && !late)
      return false;
    if (late)
      fail_step(*t, s.step, s.attempt,
                {reason::unavailable, s.to->where().str() + " is not there", {}});
    else
      perform_delegate(*t, {effect::kind::delegate, 0, s.step, s.attempt, s.to});
    return true;
  }
  if (!late && t->by->routes.all_down(*t, s.step, bound_to(*t, s.step)))
    return false;
  action_list todo{spare_};
  route_step(*t, {plan_action::kind::call, s.step, s.attempt, false}, todo, false);
  carry_out(*t, todo);
  return true;
}

void orchestrator_state::look_at_stranded() {
  if (stranded_.empty() || now_ < look_again_)
    return;
  for (auto n = std::min(stranded_.size(), looks_at_once); n > 0; --n) {
    auto s = std::move(stranded_.front());
    stranded_.pop_front();
    if (!go_on(s))
      stranded_.push_back(std::move(s));
  }
  if (stranded_.empty())
    return;
  look_again_ = later(now_, look_every);
  self_->delayed_send(self_, look_every, tick{});
}

void orchestrator_state::on_child_undelivered(const task_undelivered& x) {
  now_ = parts_->now(self_);
  const auto child = take_child(x.id);
  auto* t = child ? tasks_.at(child->slot, child->generation) : nullptr;
  if (!t || t->ending)
    return;
  // As after a loss, the next one may know it already.
  t->recovered = true;
  if (!strand(*t, child->step, child->attempt, child->to))
    reply(child->slot, child->generation, event_kind::step_failed, child->step, child->attempt,
          std::make_shared<const failure>(failure{reason::unavailable, x.why, {}}));
}

void orchestrator_state::on_call_undelivered(const call_undelivered& x) {
  now_ = parts_->now(self_);
  if (acting_.contains(x.call)) {
    // The ledger has to say first that nothing was done.
    on_call_ended({x.call,
                   std::make_shared<const outcome>(outcome::of({reason::unavailable, x.why, {}})),
                   nullptr});
    return;
  }
  auto c = calls_.close(x.call);
  if (!c)
    return;
  judge(*c, call_sign::nothing, call_sign::nothing);
  auto* t = awaiting(*c);
  if (!t)
    return;
  const plan_action again{plan_action::kind::call, c->step, c->attempt, false};
  if (too_often(*t, again)) {
    fail_step(*t, c->step, c->attempt, {reason::unavailable, x.why, {}});
    return;
  }
  action_list todo{spare_};
  route_step(*t, again, todo);
  carry_out(*t, todo);
}

} // namespace troupe
