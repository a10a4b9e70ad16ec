#include "src/wire/messages.hpp"

namespace troupe::wire {

namespace {

[[noreturn]] void refuse(std::size_t step, const char* why) {
  throw malformed{"plan: step " + std::to_string(step) + " " + why};
}

/// Whoever runs a plan trusts its indices. So they are looked at here: every step but the root is
/// exactly once the child of a step before it, and says so itself.
void check_tree(const plan& p) {
  const auto size = p.steps.size();
  std::vector<std::uint32_t> depth(size, 0);
  std::vector<bool> claimed(size, false);
  if (p.steps[0].parent != 0)
    refuse(0, "is the root and must be its own parent");
  claimed[0] = true;
  for (std::size_t i = 0; i < size; ++i) {
    const auto& s = p.steps[i];
    // Parents come first: a step that nobody has claimed by now is nobody's child.
    if (!claimed[i])
      refuse(i, "is not a child of any step before it");
    depth[i] = i == 0 ? 1 : depth[s.parent] + 1;
    if (depth[i] > plan::max_depth)
      refuse(i, "is nested too deeply");
    for (auto child : s.children) {
      if (child <= i || child >= size)
        refuse(i, "has a child out of range");
      if (claimed[child])
        refuse(child, "is a child twice");
      if (p.steps[child].parent != i)
        refuse(child, "names another parent");
      claimed[child] = true;
    }
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
    if (s.node().children_size() != 0)
      refuse(out.steps.size(), "holds a tree; steps are flat");
    out.steps.push_back({take(*s.mutable_node(), 1), s.parent(),
                         std::vector<std::uint32_t>(s.children().begin(), s.children().end())});
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
