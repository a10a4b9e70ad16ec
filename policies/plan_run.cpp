#include "policies/plan_run.hpp"

#include "policies/aggregate.hpp"
#include "policies/deadline.hpp"
#include "policies/gate.hpp"
#include "policies/plan_ops.hpp"

#include <algorithm>

namespace troupe {

plan_run::plan_run(plan_ptr how, timestamp deadline)
    : how_(std::move(how))
    , deadline_(deadline)
    , steps_(how_->steps.size()) {}

void plan_run::start(timestamp now, actions& todo) {
  if (started_ || ended_)
    return;
  started_ = true;
  now_ = now;
  begin(0, todo);
}

// -- going down ---------------------------------------------------------------

void plan_run::begin(std::uint32_t i, actions& todo) {
  const auto& node = at(i).node;
  if (is_leaf(node.op)) {
    begin_leaf(i, todo);
    return;
  }
  auto& s = steps_[i];
  s.status = step_status::running;
  s.attempt = 1;
  if (node.timeout.count() > 0)
    arm(i, inherit(whole_deadline(now_), now_, node.timeout));
  if (node.op == plan_op::sequence) {
    begin(at(i).children.front(), todo);
    return;
  }
  // Nothing ends while it begins: the first step of a sequence is never a gate, and all others wait
  // for an event.
  for (auto child : at(i).children)
    begin(child, todo);
}

void plan_run::begin_leaf(std::uint32_t i, actions& todo) {
  if (active_ >= std::max(how_->max_parallel, 1u)) {
    steps_[i].status = step_status::queued;
    queued_.push_back(i);
    return;
  }
  ++active_;
  attempt(i, todo);
}

void plan_run::attempt(std::uint32_t i, actions& todo) {
  auto& s = steps_[i];
  s.status = step_status::wanted;
  s.repeatable = true;
  s.does = effects::none;
  s.agent.clear();
  ++s.attempt;
  switch (target_of(i).op) {
  case plan_op::domain:
    todo.push_back({kind::delegate, i, s.attempt, false});
    break;
  case plan_op::human:
    todo.push_back({kind::ask, i, s.attempt, false});
    break;
  default:
    todo.push_back({kind::call, i, s.attempt, false});
  }
}

void plan_run::start_queued(actions& todo) {
  while (!ended_ && queued_from_ < queued_.size() && active_ < std::max(how_->max_parallel, 1u)) {
    const auto i = queued_[queued_from_++];
    // Leaves whose group has ended meanwhile are still listed here, and no longer queued.
    if (steps_[i].status == step_status::queued) {
      ++active_;
      attempt(i, todo);
    }
  }
}

// -- going up -----------------------------------------------------------------

void plan_run::leave(std::uint32_t i) {
  disarm(i);
  set_asking(i, false);
  if (is_leaf(at(i).node.op) && is_active(steps_[i].status))
    --active_;
}

void plan_run::finish_step(std::uint32_t i, outcome_ptr x, actions& todo) {
  auto& s = steps_[i];
  leave(i);
  s.status = x->ok() ? step_status::done : step_status::failed;
  s.result = std::move(x);
  if (i == 0) {
    ended_ = true;
    todo.push_back({kind::finish, 0, 0, false});
    return;
  }
  child_ended(at(i).parent, i, todo);
  start_queued(todo);
}

void plan_run::end_group(std::uint32_t i, outcome x, actions& todo) {
  cancel_below(i, todo);
  finish_step(i, std::make_shared<const outcome>(std::move(x)), todo);
}

outcome plan_run::join_children(std::uint32_t i) const {
  std::vector<contribution> parts;
  for (auto child : at(i).children)
    if (steps_[child].result && at(child).node.op != plan_op::gate &&
        steps_[child].status != step_status::cancelled)
      parts.push_back({at(child).node.name, at(child).node.urgency, steps_[child].result.get()});
  return aggregate(at(i).node.how, parts);
}

void plan_run::child_ended(std::uint32_t i, std::uint32_t child, actions& todo) {
  auto& s = steps_[i];
  if (is_over(s.status))
    return;
  const auto& ended = steps_[child];
  const bool ok = ended.status == step_status::done;
  ++(ok ? s.children_done : s.children_failed);
  const auto all = at(i).children.size();
  switch (at(i).node.op) {
  case plan_op::sequence:
    if (ok)
      go_on(i, child, todo);
    else
      fail_sequence(i, ended.result->failed, todo);
    return;
  case plan_op::parallel:
    if (s.children_done + s.children_failed == all)
      end_group(i, join_children(i), todo);
    return;
  case plan_op::race:
    if (ok)
      end_group(i, *ended.result, todo);
    else if (s.children_failed == all)
      end_group(i, join_children(i), todo);
    return;
  case plan_op::quorum: {
    const auto needed = at(i).node.needed;
    if (s.children_done >= needed) {
      auto x = join_children(i);
      x.partial = false;
      end_group(i, std::move(x), todo);
    } else if (all - s.children_failed < needed) {
      auto x = join_children(i);
      x.partial = false;
      x.failed = {ended.result->failed.why,
                  "no quorum: " + std::to_string(needed) + " of " + std::to_string(all) +
                      " had to succeed, " + std::to_string(s.children_failed) +
                      " failed; last: " + ended.result->failed.detail,
                  {}};
      end_group(i, std::move(x), todo);
    }
    return;
  }
  default:
    return;
  }
}

void plan_run::go_on(std::uint32_t i, std::uint32_t after, actions& todo) {
  const auto& children = at(i).children;
  const auto before = steps_[after].result;
  // Steps are numbered from the root down and from left to right, so siblings are sorted. Gates are
  // passed in a loop, not by recursion: a plan may hold thousands of them in a row.
  auto next = std::upper_bound(children.begin(), children.end(), after);
  for (; next != children.end() && at(*next).node.op == plan_op::gate; ++next) {
    const bool open = pass_gate(*next, before);
    ++(open ? steps_[i].children_done : steps_[i].children_failed);
    if (!open) {
      fail_sequence(i, steps_[*next].result->failed, todo);
      return;
    }
  }
  if (next == children.end())
    end_group(i, join_children(i), todo);
  else
    begin(*next, todo);
}

bool plan_run::pass_gate(std::uint32_t i, const outcome_ptr& before) {
  const auto& node = at(i).node;
  auto& s = steps_[i];
  const auto document = as_document(*before);
  const bool open = holds(node.when, document);
  s.attempt = 1;
  s.status = open ? step_status::done : step_status::failed;
  if (open) {
    // A gate that opens passes on what came to it.
    s.result = before;
    return true;
  }
  const auto why =
      node.when.pointer == "/confidence" ? reason::low_confidence : reason::policy_denied;
  s.result = std::make_shared<const outcome>(
      outcome::of({why, "gate " + node.name + " " + explain(node.when, document), {}}));
  return false;
}

void plan_run::fail_sequence(std::uint32_t i, const failure& f, actions& todo) {
  // What was done before stays visible, but the line has stopped.
  auto x = join_children(i);
  x.failed = f;
  x.partial = false;
  end_group(i, std::move(x), todo);
}

} // namespace troupe
