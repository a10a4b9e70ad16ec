#include <troupe/plan.hpp>

#include <stdexcept>
#include <unordered_set>

namespace troupe {

namespace {

bool is_composite(plan_op op) {
  return op == plan_op::sequence || op == plan_op::parallel || op == plan_op::race ||
         op == plan_op::quorum;
}

[[noreturn]] void refuse(const plan_node& node, std::string_view why) {
  std::string text{to_string(node.op)};
  text += " '" + node.name + "': ";
  text += why;
  throw std::invalid_argument{text};
}

void check(const plan_node& node, bool has_previous) {
  if (is_composite(node.op) && node.children.empty())
    refuse(node, "needs at least one step");
  if (!is_composite(node.op) && !node.children.empty())
    refuse(node, "cannot have steps of its own");
  if (node.op == plan_op::call && node.skill.empty() && node.target.empty())
    refuse(node, "needs a skill or an agent");
  if (node.op == plan_op::domain && node.target.empty())
    refuse(node, "needs the path of a domain");
  if (node.op == plan_op::human && node.target.empty())
    refuse(node, "needs a queue");
  if (node.op == plan_op::quorum && (node.needed == 0 || node.needed > node.children.size()))
    refuse(node, "needs between 1 and as many successes as it has steps");
  if (node.op == plan_op::gate && !has_previous)
    refuse(node, "needs a step before it in a sequence");
}

class layout {
 public:
  explicit layout(plan& out)
      : out_(out) {}

  std::uint32_t add(plan_node node, std::uint32_t parent, std::size_t depth, bool has_previous) {
    if (depth > plan::max_depth)
      refuse(node, "is nested too deeply");
    if (out_.steps.size() >= plan::max_steps)
      refuse(node, "makes the plan too large");
    check(node, has_previous);
    const auto at = static_cast<std::uint32_t>(out_.steps.size());
    if (node.name.empty())
      node.name = std::string{to_string(node.op)} + std::to_string(at);
    if (!names_.insert(node.name).second)
      refuse(node, "has the name of another step");
    auto children = std::move(node.children);
    node.children.clear();
    const bool ordered = node.op == plan_op::sequence;
    out_.steps.push_back({std::move(node), parent, {}});
    out_.steps[at].children.reserve(children.size());
    bool first = true;
    for (auto& child : children) {
      auto index = add(std::move(child), at, depth + 1, ordered && !first);
      out_.steps[at].children.push_back(index);
      first = false;
    }
    return at;
  }

 private:
  plan& out_;
  std::unordered_set<std::string> names_;
};

plan_node tree_at(const plan& p, std::uint32_t at) {
  plan_node node = p.steps[at].node;
  for (auto child : p.steps[at].children)
    node.children.push_back(tree_at(p, child));
  return node;
}

} // namespace

plan_ptr plan::of(plan_node root) {
  auto out = std::make_shared<plan>();
  layout{*out}.add(std::move(root), 0, 1, false);
  return out;
}

plan_node plan::tree() const {
  return tree_at(*this, 0);
}

} // namespace troupe
