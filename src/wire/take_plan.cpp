#include "src/wire/messages.hpp"

namespace troupe::wire {

namespace {

[[noreturn]] void refuse(std::size_t step, const char* why) {
  throw malformed{"plan: step " + std::to_string(step) + " " + why};
}

std::size_t children_wanted(plan_op op) noexcept {
  return op == plan_op::judge ? 2 : op == plan_op::map || op == plan_op::loop ? 1 : 0;
}

/// Whoever runs a plan trusts its indices. So they are looked at here: every step but the root is
/// exactly once the child, or the undo, of a step before it, and says so itself; steps are numbered
/// from the root down and from left to right; and what is repeated has the steps that it needs.
void check_tree(const plan& p) {
  const auto size = p.steps.size();
  std::vector<bool> claimed(size, false);
  std::vector<std::uint32_t> line; // The steps from the root down to the one before.
  if (p.steps[0].parent != 0)
    refuse(0, "is the root and must be its own parent");
  claimed[0] = true;
  for (std::size_t i = 0; i < size; ++i) {
    const auto& s = p.steps[i];
    // Parents come first: a step that nobody has claimed by now is nobody's child.
    if (!claimed[i])
      refuse(i, "is not a child of any step before it");
    while (i > 0 && line.size() > 1 && line.back() != s.parent)
      line.pop_back();
    if (i > 0 && line.back() != s.parent)
      refuse(i, "is out of order");
    line.push_back(static_cast<std::uint32_t>(i));
    if (line.size() > plan::max_depth)
      refuse(i, "is nested too deeply");
    const auto wanted = children_wanted(s.node.op);
    if (wanted != 0 && s.children.size() != wanted)
      refuse(i, "does not have the steps that it needs");
    auto last = static_cast<std::uint32_t>(i);
    const auto claim = [&](std::uint32_t below) {
      if (below <= i || below >= size)
        refuse(i, "has a child out of range");
      if (claimed[below])
        refuse(below, "is a child twice");
      if (p.steps[below].parent != i)
        refuse(below, "names another parent");
      if (below <= last)
        refuse(below, "is out of order");
      last = below;
      claimed[below] = true;
    };
    for (auto child : s.children)
      claim(child);
    if (s.undo != 0)
      claim(s.undo);
  }
}

} // namespace

plan take(v1::Plan& in) {
  const auto size = static_cast<std::size_t>(in.steps_size());
  if (size == 0 || size > plan::max_steps)
    throw malformed{"plan: must have between 1 and " + std::to_string(plan::max_steps) + " steps"};
  plan out;
  out.steps.reserve(size);
  for (auto& s : *in.mutable_steps()) {
    if (s.node().children_size() != 0 || s.node().undo_size() != 0)
      refuse(out.steps.size(), "holds a tree; steps are flat");
    out.steps.push_back({take(*s.mutable_node(), 1), s.parent(),
                         std::vector<std::uint32_t>(s.children().begin(), s.children().end()),
                         s.undo()});
  }
  check_tree(out);
  if (in.has_retry()) {
    const auto& r = in.retry();
    out.retry = {r.max_retries(), milliseconds{r.min_backoff()}, milliseconds{r.max_backoff()},
                 r.factor(), r.random_factor()};
  }
  out.step_timeout = milliseconds{in.step_timeout()};
  out.max_parallel = in.max_parallel();
  for (const auto& line : in.on_failure()) {
    auto& rule = out.on_failure[enum_of<reason>(line.reason(), "plan.on_failure.reason")];
    rule.then = enum_of<remedy>(line.remedy(), "plan.on_failure.remedy");
    if (line.has_max_retries())
      rule.max_retries = line.max_retries();
    rule.agent = enum_of<sanction>(line.sanction(), "plan.on_failure.sanction");
  }
  out.human_queue = std::move(*in.mutable_human_queue());
  out.max_failed_agents = in.max_failed_agents();
  return out;
}

} // namespace troupe::wire
