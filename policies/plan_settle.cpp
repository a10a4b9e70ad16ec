#include "policies/deadline.hpp"
#include "policies/dice.hpp"
#include "policies/failure_table.hpp"
#include "policies/plan_ops.hpp"
#include "policies/plan_run.hpp"
#include "policies/retry.hpp"

#include <algorithm>
#include <utility>

namespace troupe {

// What an agent did that acts outside and failed: found out before anything else is done about the
// step.

bool plan_run::begin_query(const failure& f, const event& e, actions& todo, bool excused) {
  auto& s = steps_[e.step];
  if (s.querying) {
    if (!excused)
      return query_failed(f, e, todo);
    attempt(e.step, todo);
    return true;
  }
  if (s.does == effects::none || !default_line(f.why).may_have_acted)
    return false;
  if (s.acted && s.does != effects::idempotent)
    return false; // There is nothing to find out.
  s.unsettled = std::make_shared<const failure>(f);
  s.excused = excused;
  if (s.does != effects::queryable)
    return false;
  s.querying = true;
  s.queries = 0;
  s.stay = s.agent.substr(0, s.agent.find('#'));
  attempt(e.step, todo);
  return true;
}

bool plan_run::query_failed(const failure& f, const event& e, actions& todo) {
  const auto i = e.step;
  auto& s = steps_[i];
  const auto wait =
      std::max(f.retry_after, backoff(how_->retry, s.queries + 1, unit_interval(scramble(e.dice))));
  if (s.queries < how_->retry.max_retries && later(now_, wait) < limit_of(i, now_)) {
    ++s.queries;
    set_status(i, step_status::waiting);
    arm(i, later(now_, wait));
    return true;
  }
  s.querying = false;
  const auto who = std::exchange(s.stay, {});
  const auto why = std::string{to_string(s.unsettled->why)} + ": " + s.unsettled->detail + "; " +
                   who + " was asked what it had done and did not say (" +
                   std::string{to_string(f.why)} + ")";
  if (hand_to_person(i, why, todo))
    return true;
  finish_step(i,
              std::make_shared<const outcome>(
                  outcome::of({s.unsettled->why, why + ", and there is nobody else to ask", {}})),
              todo);
  return true;
}

void plan_run::not_happened(const event& e, actions& todo) {
  const auto i = e.step;
  auto& s = steps_[i];
  disarm(i);
  set_asking(i, false);
  const auto f = *std::exchange(s.unsettled, nullptr);
  s.querying = s.by_hand = s.below = false;
  s.stay.clear();
  s.does = effects::none;
  s.repeatable = true;
  fail_attempt(f, nullptr, e, todo, std::exchange(s.excused, false));
}

void plan_run::acted_badly(const outcome_ptr& x, const event& e, actions& todo) {
  const auto i = e.step;
  auto& s = steps_[i];
  // Whoever was just going to be asked, or to try again, need not.
  if (s.status == step_status::running && s.unsettled)
    todo.push_back({kind::stop, i, s.attempt, false});
  s.acted = x;
  set_asking(i, false);
  s.querying = s.by_hand = false;
  s.unsettled = nullptr;
  // Who takes keys may say it anew under the same one; of all others one act is enough.
  s.repeatable = s.does == effects::idempotent;
  fail_attempt(x->failed, x, e, todo);
}

void plan_run::sub_task_acted(const outcome_ptr& x, bool given, const event& e, actions& todo) {
  auto& s = steps_[e.step];
  s.below = true;
  if (x->acted == deeds::done)
    s.acted = x;
  else
    s.unsettled = std::make_shared<const failure>(x->failed);
  fail_attempt(x->failed, given ? x : nullptr, e, todo);
}

bool plan_run::reconcile(const event& e, actions& todo) {
  const auto i = e.step;
  auto& s = steps_[i];
  const auto* x = std::get_if<outcome_ptr>(&e.body);
  if (!is_active(s.status) || !x || !*x)
    return false;
  if (!(*x)->ok()) {
    if (!s.querying || s.status != step_status::running)
      return false;
    not_happened(e, todo);
    return true;
  }
  // Whoever was just going to be asked, or to try again, need not.
  if (s.status == step_status::running)
    todo.push_back({kind::stop, i, s.attempt, false});
  s.querying = false;
  s.unsettled = nullptr;
  finish_step(i, *x, todo);
  return true;
}

} // namespace troupe
