#include <troupe/plan.hpp>

#include "policies/plan_ops.hpp"

#include <stdexcept>
#include <unordered_set>

namespace troupe {

namespace {

[[noreturn]] void refuse(const plan_node& node, std::string_view why) {
  std::string text{to_string(node.op)};
  text += " '" + node.name + "': ";
  text += why;
  throw std::invalid_argument{text};
}

bool is_rung(std::string_view text) {
  const auto colon = text.find(':');
  const auto word = text.substr(0, colon);
  return colon != std::string_view::npos && colon + 1 < text.size() &&
         (word == "agent" || word == "skill" || word == "human");
}

void check_gate(const plan_node& node, bool has_previous) {
  if (!has_previous)
    refuse(node, "needs a step before it in a sequence");
  try {
    (void)json::json_pointer{node.when.pointer};
  } catch (const json::exception&) {
    refuse(node, "needs a JSON pointer such as /data/amount, not '" + node.when.pointer + "'");
  }
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
  if (node.op == plan_op::gate)
    check_gate(node, has_previous);
  if (node.timeout.count() < 0)
    refuse(node, "cannot have a timeout below zero");
  if (!node.input.is_null() && !node.input.is_object())
    refuse(node, "needs an object as its input, or none");
  for (const auto& rung : node.fallback)
    if (!is_rung(rung))
      refuse(node,
             "cannot fall back to '" + rung + "': say agent:<name>, skill:<name> or human:<queue>");
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
      unnamed_.push_back(at);
    else if (!names_.insert(node.name).second)
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

  /// Names what has no name by its operator and number, clear of the names that were given.
  void name_the_rest() {
    for (auto i : unnamed_) {
      auto& node = out_.steps[i].node;
      const auto plain = std::string{to_string(node.op)} + std::to_string(i);
      node.name = plain;
      for (std::size_t n = 2; !names_.insert(node.name).second; ++n)
        node.name = plain + "_" + std::to_string(n);
    }
  }

 private:
  plan& out_;
  std::vector<std::uint32_t> unnamed_;
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
  layout l{*out};
  l.add(std::move(root), 0, 1, false);
  l.name_the_rest();
  return out;
}

plan_node plan::tree() const {
  return tree_at(*this, 0);
}

} // namespace troupe
