#include "policies/plan_ops.hpp"
#include "policies/plan_run.hpp"

#include <algorithm>

namespace troupe {

// How steps end that did not end by themselves: because nobody needs them any more, or because
// their time is up.

void plan_run::stop_leaf(std::uint32_t i, actions& todo) {
  const auto& s = steps_[i];
  // What has been asked for and not answered yet is stopped too: it may be on its way to somebody.
  if (s.status == step_status::running || s.status == step_status::wanted)
    todo.push_back({kind::stop, i, s.attempt, false});
  remember_deed(i, false, s.status == step_status::running);
  leave(i);
}

void plan_run::cancel_below(std::uint32_t i, actions& todo) {
  outcome_ptr unneeded;
  for (auto child : table_.children(i)) {
    if (is_over(steps_[child].status))
      continue;
    const bool takes_back = at(child).op == plan_op::compensate && !inside_taken_back_;
    const auto job = undoing_of(child);
    if (is_leaf(at(child).op)) {
      stop_leaf(child, todo);
    } else {
      cancel_group(child, todo);
      disarm(child);
    }
    if (!unneeded)
      unneeded =
          std::make_shared<const outcome>(outcome::of({reason::cancelled, "no longer needed", {}}));
    set_status(child, step_status::cancelled);
    steps_[child].result = unneeded;
    if (job < undoing_.size())
      undoing_[job].waited = false;
    else if (takes_back)
      take_back(child, {}, false, todo);
  }
}

void plan_run::cancel_group(std::uint32_t i, actions& todo) {
  // What an outer group takes back, the groups inside it do not.
  const bool before = inside_taken_back_;
  inside_taken_back_ = before || at(i).op == plan_op::compensate;
  cancel_below(i, todo);
  inside_taken_back_ = before;
}

void plan_run::close_out(std::uint32_t i, const failure& f, actions& todo) {
  auto& s = steps_[i];
  if (is_over(s.status))
    return;
  const auto fail = [&](outcome x) {
    set_status(i, x.ok() ? step_status::done : step_status::failed);
    s.result = std::make_shared<const outcome>(std::move(x));
  };
  if (is_leaf(at(i).op)) {
    stop_leaf(i, todo);
    fail(outcome::of(f));
    return;
  }
  if (s.status == step_status::idle) {
    fail(outcome::of(f));
    return;
  }
  const bool takes_back = at(i).op == plan_op::compensate;
  if (const auto job = undoing_of(i); job < undoing_.size()) {
    // It has failed already and goes on undoing, but nobody waits for it any more.
    undoing_[job].waited = false;
    fail(undoing_[job].x);
    return;
  }
  const bool before = inside_taken_back_;
  inside_taken_back_ = before || takes_back;
  for (auto child : table_.children(i)) {
    if (is_over(steps_[child].status))
      continue;
    // What a sequence has not reached stays as it is: it did not fail, it never was.
    if (steps_[child].status == step_status::idle)
      break;
    close_out(child, f, todo);
    ++(steps_[child].status == step_status::done ? s.children_done : s.children_failed);
  }
  inside_taken_back_ = before;
  disarm(i);
  fail(closing(i, f));
  if (takes_back && !before)
    take_back(i, *s.result, false, todo);
}

outcome plan_run::closing(std::uint32_t i, const failure& f) const {
  const auto children = table_.children(i);
  const auto& s = steps_[i];
  // Late is better than never: what a group has is handed over when it is of use by the group's own
  // rule. A child can be done here although its own time was up, namely when it hands over a part.
  bool enough = false;
  switch (at(i).op) {
  case plan_op::sequence:
    enough = steps_[synthesiser(i) != 0 ? children[children.size() - 2] : children.back()].status ==
             step_status::done;
    break;
  case plan_op::compensate:
  case plan_op::loop:
  case plan_op::judge:
    break; // A part of these is of no use.
  case plan_op::quorum:
    enough = s.children_done >= at(i).needed;
    break;
  default:
    enough = s.children_done > 0;
  }
  // A task that somebody cancelled has not succeeded, whatever it has.
  enough = enough && f.why != reason::cancelled;
  if (enough && at(i).op == plan_op::race) {
    const auto winner = std::find_if(children.begin(), children.end(),
                                     [&](auto c) { return steps_[c].status == step_status::done; });
    return *steps_[*winner].result;
  }
  auto x = join_children(i);
  if (!enough) {
    x.failed = f;
    x.partial = false;
  }
  return x;
}

} // namespace troupe
