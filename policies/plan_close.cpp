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
  leave(i);
}

void plan_run::cancel_below(std::uint32_t i, actions& todo) {
  outcome_ptr unneeded;
  for (auto child : at(i).children) {
    auto& s = steps_[child];
    if (is_over(s.status))
      continue;
    if (is_leaf(at(child).node.op)) {
      stop_leaf(child, todo);
    } else {
      cancel_below(child, todo);
      disarm(child);
    }
    if (!unneeded)
      unneeded =
          std::make_shared<const outcome>(outcome::of({reason::cancelled, "no longer needed", {}}));
    s.status = step_status::cancelled;
    s.result = unneeded;
  }
}

void plan_run::close_out(std::uint32_t i, const failure& f, actions& todo) {
  auto& s = steps_[i];
  if (is_over(s.status))
    return;
  if (is_leaf(at(i).node.op)) {
    stop_leaf(i, todo);
    s.status = step_status::failed;
    s.result = std::make_shared<const outcome>(outcome::of(f));
    return;
  }
  if (s.status == step_status::idle) {
    s.status = step_status::failed;
    s.result = std::make_shared<const outcome>(outcome::of(f));
    return;
  }
  for (auto child : at(i).children) {
    if (is_over(steps_[child].status))
      continue;
    // What a sequence has not reached stays as it is: it did not fail, it never was.
    if (steps_[child].status == step_status::idle)
      break;
    close_out(child, f, todo);
    ++(steps_[child].status == step_status::done ? s.children_done : s.children_failed);
  }
  disarm(i);
  auto x = closing(i, f);
  s.status = x.ok() ? step_status::done : step_status::failed;
  s.result = std::make_shared<const outcome>(std::move(x));
}

outcome plan_run::closing(std::uint32_t i, const failure& f) const {
  const auto& children = at(i).children;
  const auto& s = steps_[i];
  // Late is better than never: what a group has is handed over when it is of use by the group's own
  // rule. A child can be done here although its own time was up, namely when it hands over a part.
  bool enough = false;
  switch (at(i).node.op) {
  case plan_op::sequence:
    enough = steps_[children.back()].status == step_status::done;
    break;
  case plan_op::quorum:
    enough = s.children_done >= at(i).node.needed;
    break;
  default:
    enough = s.children_done > 0;
  }
  // A task that somebody cancelled has not succeeded, whatever it has.
  enough = enough && f.why != reason::cancelled;
  if (enough && at(i).node.op == plan_op::race) {
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
