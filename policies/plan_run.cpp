#include "policies/plan_run.hpp"

#include "policies/deadline.hpp"
#include "policies/gate.hpp"
#include "policies/plan_ops.hpp"

#include <algorithm>

namespace troupe {

plan_run::plan_run(plan_ptr how, const task& whose)
    : plan_run(std::move(how), whose.deadline, whose.firm) {}

plan_run::plan_run(plan_ptr how, timestamp deadline, bool firm)
    : how_(std::move(how))
    , deadline_(deadline)
    , firm_(firm)
    , table_(how_)
    , steps_(how_->steps.size()) {}

void plan_run::start(timestamp now, std::vector<plan_action>& todo) {
  if (started_ || ended_)
    return;
  started_ = true;
  now_ = now;
  begin(0, todo);
}

void plan_run::set_status(std::uint32_t i, step_status to) noexcept {
  auto& status = steps_[i].status;
  wanted_ -= status == step_status::wanted ? 1 : 0;
  wanted_ += to == step_status::wanted ? 1 : 0;
  status = to;
}

// -- going down ---------------------------------------------------------------

void plan_run::begin(std::uint32_t i, actions& todo) {
  const auto& node = at(i);
  if (is_leaf(node.op)) {
    begin_leaf(i, todo);
    return;
  }
  steps_[i].attempt = 1;
  if (node.timeout.count() > 0)
    arm(i, inherit(whole_deadline(now_), now_, node.timeout));
  if (node.op == plan_op::map) {
    set_status(i, step_status::wanted);
    todo.push_back({kind::expand, i, 1, false});
    return;
  }
  set_status(i, step_status::running);
  // Nothing ends while it begins: the first step of a sequence is never a gate, and all others wait
  // for an event.
  if (is_expanding(node.op)) {
    next_round(i, todo);
  } else if (is_ordered(node.op)) {
    begin(table_.children(i).front(), todo);
  } else {
    const auto count = table_.children(i).size() - (synthesiser(i) != 0 ? 1 : 0);
    // A child may add steps when it begins, so the list is asked for anew each time.
    for (std::size_t n = 0; n < count; ++n)
      begin(table_.children(i)[n], todo);
  }
}

void plan_run::begin_leaf(std::uint32_t i, actions& todo) {
  if (active_ >= std::max(how_->max_parallel, 1u)) {
    set_status(i, step_status::queued);
    queued_.push_back(i);
    return;
  }
  ++active_;
  attempt(i, todo);
}

void plan_run::attempt(std::uint32_t i, actions& todo) {
  auto& s = steps_[i];
  set_status(i, step_status::wanted);
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
  if (is_leaf(at(i).op) && is_active(steps_[i].status))
    --active_;
}

void plan_run::finish_step(std::uint32_t i, outcome_ptr x, actions& todo) {
  auto& s = steps_[i];
  leave(i);
  const bool ok = x->ok();
  set_status(i, ok ? step_status::done : step_status::failed);
  remember_deed(i, ok, x->failed.why == reason::crash || x->failed.why == reason::timeout);
  s.result = std::move(x);
  if (i == 0) {
    end_run(todo);
    return;
  }
  if (table_.is_undo(i))
    undo_ended(i, todo);
  else
    child_ended(table_.parent(i), i, todo);
  start_queued(todo);
}

void plan_run::end_run(actions& todo) {
  if (!undoing_.empty())
    return;
  if (!undone_.is_null()) {
    auto x = *steps_[0].result;
    if (!x.data.is_object())
      x.data = json::object();
    x.data.update(undone_);
    steps_[0].result = std::make_shared<const outcome>(std::move(x));
  }
  ended_ = true;
  todo.push_back({kind::finish, 0, 0, false});
}

void plan_run::end_group(std::uint32_t i, outcome x, actions& todo) {
  cancel_below(i, todo);
  finish_step(i, std::make_shared<const outcome>(std::move(x)), todo);
}

outcome plan_run::join_children(std::uint32_t i) const {
  if (at(i).op == plan_op::map)
    return join_items(i);
  if (is_expanding(at(i).op))
    return last_round(i);
  return aggregate(at(i).how, contributions(i));
}

void plan_run::child_ended(std::uint32_t i, std::uint32_t child, actions& todo) {
  auto& s = steps_[i];
  if (is_over(s.status))
    return;
  const auto& ended = steps_[child];
  const bool ok = ended.status == step_status::done;
  ++(ok ? s.children_done : s.children_failed);
  const auto all = table_.children(i).size();
  const auto last = synthesiser(i);
  if (last != 0 && child == last)
    return synthesis_ended(i, todo);
  switch (at(i).op) {
  case plan_op::sequence:
  case plan_op::compensate:
    if (ok)
      go_on(i, child, todo);
    else
      fail_group(i, failure{ended.result->failed}, todo);
    return;
  case plan_op::parallel:
    if (last != 0 && s.children_done + s.children_failed == all - 1)
      synthesise(i, todo);
    else if (s.children_done + s.children_failed == all)
      end_group(i, join_children(i), todo);
    return;
  case plan_op::race:
    if (ok)
      end_group(i, *ended.result, todo);
    else if (s.children_failed == all)
      end_group(i, join_children(i), todo);
    return;
  case plan_op::quorum:
    quorum_child_ended(i, child, todo);
    return;
  case plan_op::map:
    map_child_ended(i, todo);
    return;
  case plan_op::loop:
    loop_child_ended(i, child, todo);
    return;
  case plan_op::judge:
    judge_child_ended(i, child, todo);
    return;
  default:
    return;
  }
}

void plan_run::quorum_child_ended(std::uint32_t i, std::uint32_t child, actions& todo) {
  const auto& s = steps_[i];
  const auto all = table_.children(i).size();
  const auto needed = at(i).needed;
  if (s.children_done < needed && all - s.children_failed >= needed)
    return;
  auto x = join_children(i);
  x.partial = false;
  if (s.children_done < needed) {
    const auto& last = steps_[child].result->failed;
    x.failed = {last.why,
                "no quorum: " + std::to_string(needed) + " of " + std::to_string(all) +
                    " had to succeed, " + std::to_string(s.children_failed) +
                    " failed; last: " + last.detail,
                {}};
  }
  end_group(i, std::move(x), todo);
}

void plan_run::go_on(std::uint32_t i, std::uint32_t after, actions& todo) {
  const auto children = table_.children(i);
  const auto before = steps_[after].result;
  // Steps are numbered from the root down and from left to right, so siblings are sorted. Gates are
  // passed in a loop, not by recursion: a plan may hold thousands of them in a row.
  auto next = std::upper_bound(children.begin(), children.end(), after);
  for (; next != children.end() && at(*next).op == plan_op::gate; ++next) {
    const bool open = pass_gate(*next, before);
    ++(open ? steps_[i].children_done : steps_[i].children_failed);
    if (!open) {
      fail_group(i, failure{steps_[*next].result->failed}, todo);
      return;
    }
  }
  if (next == children.end())
    end_group(i, join_children(i), todo);
  else if (const auto last = synthesiser(i); last != 0 && *next == last)
    synthesise(i, todo);
  else
    begin(*next, todo);
}

bool plan_run::pass_gate(std::uint32_t i, const outcome_ptr& before) {
  const auto& node = at(i);
  auto& s = steps_[i];
  const auto document = as_document(*before);
  const bool open = holds(node.when, document);
  s.attempt = 1;
  set_status(i, open ? step_status::done : step_status::failed);
  if (open) {
    // A gate that opens passes on what came to it.
    s.result = before;
    return true;
  }
  s.result = std::make_shared<const outcome>(outcome::of(
      {why_closed(node.when), "gate " + node.name + " " + explain(node.when, document), {}}));
  return false;
}

void plan_run::fail_group(std::uint32_t i, const failure& f, actions& todo) {
  // What was done before stays visible, but the line has stopped.
  auto x = join_children(i);
  x.failed = f;
  x.partial = false;
  if (at(i).op == plan_op::compensate) {
    cancel_below(i, todo);
    take_back(i, std::move(x), true, todo);
    return;
  }
  end_group(i, std::move(x), todo);
}

} // namespace troupe
