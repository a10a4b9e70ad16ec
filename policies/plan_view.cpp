#include "policies/deadline.hpp"
#include "policies/plan_ops.hpp"
#include "policies/plan_run.hpp"

#include <algorithm>

namespace troupe {

// What others may ask a run; nothing here changes it.

timestamp plan_run::whole_deadline(timestamp now) const noexcept {
  // The task's own clock stands still while a person is asked.
  if (firm_ || asking_ == 0 || now <= asking_since_)
    return deadline_;
  return later(deadline_, std::chrono::ceil<milliseconds>(now - asking_since_));
}

timestamp plan_run::limit_of(std::uint32_t i, timestamp now) const noexcept {
  // Taking back goes on after the end of the whole: it has only its own limits.
  return table_.is_undo(i) ? no_deadline : whole_deadline(now);
}

bool plan_run::root_is_over() const noexcept {
  return is_over(steps_[0].status);
}

timestamp plan_run::whole_due() const noexcept {
  // While a person is asked, what that may take is the asking step's own `due`.
  return (asking_ > 0 && !firm_) || root_is_over() ? no_deadline : deadline_;
}

timestamp plan_run::next_timer() const noexcept {
  if (ended_)
    return no_deadline;
  auto next = whole_due();
  for (auto i : timed_)
    next = std::min(next, steps_[i].due);
  return next;
}

event plan_run::timer_event(timestamp now) const {
  event e;
  e.at = now;
  e.kind = event_kind::time_up;
  auto next = whole_due();
  for (auto i : timed_) {
    if (steps_[i].due < next) {
      next = steps_[i].due;
      e.step = i;
      e.attempt = steps_[i].attempt;
      e.kind =
          steps_[i].status == step_status::waiting ? event_kind::retry_due : event_kind::time_up;
    }
  }
  return e;
}

timestamp plan_run::deadline_for(std::uint32_t i, timestamp now) const noexcept {
  const auto& node = at(i);
  const auto whole = limit_of(i, now);
  switch (target_of(i).op) {
  case plan_op::human:
    // The limit in the plan is for what the step was planned as: a person who stands in for an
    // agent gets a person's time.
    return later(now, node.op == plan_op::human && node.timeout.count() > 0 ? node.timeout
                                                                            : human_timeout);
  case plan_op::domain:
    // Somebody is asked in there: the sub-task says when that is over, and only if it is lost do we
    // have to notice.
    if (steps_[i].asking)
      return later(now, human_timeout + how_->step_timeout);
    // A sub-domain has its own limits for its steps; here only the whole counts, unless the plan
    // says otherwise.
    return inherit(whole, now,
                   node.timeout.count() > 0 || !table_.is_undo(i) ? node.timeout
                                                                  : how_->step_timeout);
  default:
    // The agent stands for people and has handed over to them.
    if (steps_[i].asking)
      return later(now, human_timeout);
    return inherit(whole, now, node.timeout.count() > 0 ? node.timeout : how_->step_timeout);
  }
}

plan_run::target plan_run::target_of(std::uint32_t i) const noexcept {
  const auto& node = at(i);
  const auto rung = steps_[i].rung;
  if (steps_[i].by_hand) {
    if (!how_->human_queue.empty())
      return {plan_op::human, node.skill, {}, {}, how_->human_queue};
    // The person at the end of the ladder stands in.
    for (std::size_t next = rung; next < node.fallback.size(); ++next)
      if (const std::string_view to = node.fallback[next]; to.starts_with("human:"))
        return {plan_op::human, node.skill, {}, {}, to.substr(6)};
  }
  if (rung == 0) {
    switch (node.op) {
    case plan_op::domain:
      return {plan_op::domain, node.skill, {}, node.target, {}};
    case plan_op::human:
      return {plan_op::human, node.skill, {}, {}, node.target};
    default:
      return {
          plan_op::call, node.skill, steps_[i].stay.empty() ? node.target : steps_[i].stay, {}, {}};
    }
  }
  const std::string_view rest = node.fallback[rung - 1];
  const auto colon = rest.find(':');
  const auto word = rest.substr(0, colon);
  const auto name = colon == std::string_view::npos ? std::string_view{} : rest.substr(colon + 1);
  if (word == "human")
    return {plan_op::human, node.skill, {}, {}, name};
  if (word == "agent")
    return {plan_op::call, {}, steps_[i].stay.empty() ? name : steps_[i].stay, {}, {}};
  return {plan_op::call, name, steps_[i].stay, {}, {}};
}

task_phase plan_run::phase() const noexcept {
  if (ended_)
    return task_phase::synthesising;
  return wanted_ > 0 ? task_phase::delegating : task_phase::monitoring;
}

void plan_run::open_actions(actions& todo) const {
  for (std::uint32_t i = 0; i < steps_.size(); ++i) {
    const auto s = steps_[i].status;
    if (s == step_status::wanted && at(i).op == plan_op::map)
      todo.push_back({kind::expand, i, steps_[i].attempt, false});
    if (!is_leaf(at(i).op) || (s != step_status::wanted && s != step_status::running))
      continue;
    const auto op = target_of(i).op;
    todo.push_back({op == plan_op::domain  ? kind::delegate
                    : op == plan_op::human ? kind::ask
                                           : kind::call,
                    i, steps_[i].attempt, false});
  }
}

} // namespace troupe
