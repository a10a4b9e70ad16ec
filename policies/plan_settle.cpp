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
  const auto f = *s.unsettled;
  const bool excused = s.excused;
  clear_doubt(i);
  fail_attempt(f, nullptr, e, todo, excused);
}

void plan_run::clear_doubt(std::uint32_t i) {
  auto& s = steps_[i];
  s.unsettled = nullptr;
  s.querying = s.by_hand = s.below = s.excused = false;
  s.stay.clear();
  s.asked_because.clear();
  s.does = effects::none;
  s.repeatable = true;
}

plan_run::denial plan_run::if_denied(std::uint32_t i) const noexcept {
  const auto& s = steps_[i];
  if (!s.unsettled)
    return denial::fails;
  const auto& rule = rule_for(how_->on_failure, s.unsettled->why);
  if (rule.then == remedy::give_up)
    return denial::fails;
  const auto& rungs = at(i).fallback;
  const auto is_person = [](const std::string& rung) { return rung.starts_with("human:"); };
  // Who is asked because of the doubt stands on no rung: this is whose turn it is without it.
  const auto op = s.rung == 0                    ? at(i).op
                  : is_person(rungs[s.rung - 1]) ? plan_op::human
                                                 : plan_op::call;
  const bool called = op == plan_op::call;
  const bool left =
      called && (s.excused ? 0 : s.retries) < rule.max_retries.value_or(how_->retry.max_retries);
  const bool person =
      op != plan_op::human &&
      (!how_->human_queue.empty() || std::any_of(rungs.begin() + s.rung, rungs.end(), is_person));
  const bool too_many = called && !s.excused && how_->max_failed_agents > 0 &&
                        failed_agents_.size() >= how_->max_failed_agents;
  if (person && (too_many || rule.then == remedy::ask_human))
    return denial::otherwise;
  if (left && !too_many && rule.then != remedy::ask_human && rule.then != remedy::fall_back)
    return denial::again;
  if (s.rung < rungs.size())
    return denial::otherwise;
  if (left)
    return denial::again;
  return person && table_.is_undo(i) && !how_->human_queue.empty() ? denial::otherwise
                                                                   : denial::fails;
}

void plan_run::denied(const event& e, actions& todo) {
  const auto i = e.step;
  if (if_denied(i) != denial::again)
    return not_happened(e, todo);
  auto& s = steps_[i];
  disarm(i);
  set_asking(i, false);
  s.retries += s.excused ? 0 : 1;
  clear_doubt(i);
  // A person has taken longer than what is waited between two attempts.
  attempt(i, todo);
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
