#include <troupe/plan.hpp>

#include "policies/plan_ops.hpp"

#include <algorithm>
#include <stdexcept>
#include <string_view>
#include <vector>

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

void check_pointer(const plan_node& node, const std::string& pointer, const char* example) {
  try {
    (void)json::json_pointer{pointer};
  } catch (const json::exception&) {
    refuse(node,
           "needs a JSON pointer such as " + std::string{example} + ", not '" + pointer + "'");
  }
}

void check_expanding(const plan_node& node) {
  const std::size_t wanted = node.op == plan_op::judge ? 2 : 1;
  if (node.children.size() != wanted)
    refuse(node, wanted == 2 ? "needs two steps: the one that does it and the one that judges"
                             : "needs exactly one step");
  if (node.children.back().op == plan_op::gate || node.children.front().op == plan_op::gate)
    refuse(node, "cannot have a gate as its step");
  if (node.op == plan_op::map) {
    check_pointer(node, node.items, "/input/orders");
    if (node.at_once == 0)
      refuse(node, "needs at least one item at once");
    return;
  }
  check_pointer(node, node.when.pointer, "/data/amount");
  if (node.max_rounds == 0)
    refuse(node, "needs at least one round");
}

void check_synthesis(const plan_node& node) {
  if (node.op != plan_op::parallel && node.op != plan_op::sequence)
    refuse(node, "cannot be joined by synthesis: only a parallel or a sequence can");
  if (node.children.size() < 2 || node.children.back().op != plan_op::call)
    refuse(node, "needs as its last step a call that makes one answer of the others'");
}

/// `covered`: the step stands below a `compensate`.
void check_undo(const plan_node& node, bool covered) {
  if (node.undo.empty())
    return;
  if (!covered)
    refuse(node, "says how it is undone, but stands below no compensate");
  if (node.undo.size() > 1)
    refuse(node, "can be undone by one step only");
  if (node.op == plan_op::gate)
    refuse(node, "does nothing that could be undone");
  const auto& undo = node.undo.front();
  if (is_composite(undo.op) || undo.op == plan_op::gate)
    refuse(undo, "cannot undo a step: that takes a call, a domain or a person");
  if (!undo.undo.empty())
    refuse(undo, "undoes a step and cannot be undone itself");
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
  if (node.op == plan_op::gate) {
    if (!has_previous)
      refuse(node, "needs a step before it in a sequence");
    check_pointer(node, node.when.pointer, "/data/amount");
  }
  if (is_expanding(node.op))
    check_expanding(node);
  if (node.how == join::synthesis)
    check_synthesis(node);
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

  struct place {
    std::uint32_t parent = 0;
    std::size_t depth = 1;
    bool has_previous = false; ///< a step stands before it in a sequence
    bool covered = false;      ///< it stands below a `compensate`
  };

  std::uint32_t add(plan_node&& node, const place& where) {
    if (where.depth > plan::max_depth)
      refuse(node, "is nested too deeply");
    if (out_.steps.size() >= plan::max_steps)
      refuse(node, "makes the plan too large");
    check(node, where.has_previous);
    check_undo(node, where.covered);
    const auto at = static_cast<std::uint32_t>(out_.steps.size());
    if (node.name.empty())
      unnamed_.push_back(at);
    auto children = std::move(node.children);
    auto undo = std::move(node.undo);
    node.children.clear();
    node.undo.clear();
    const bool ordered = is_ordered(node.op);
    const bool covered = where.covered || node.op == plan_op::compensate;
    auto& step = out_.steps.emplace_back();
    step.node = std::move(node);
    step.parent = where.parent;
    step.children.reserve(children.size());
    bool first = true;
    for (auto& child : children) {
      auto index = add(std::move(child), {at, where.depth + 1, ordered && !first, covered});
      out_.steps[at].children.push_back(index);
      first = false;
    }
    if (!undo.empty()) {
      const auto index = add(std::move(undo.front()), {at, where.depth + 1, false, covered});
      out_.steps[at].undo = index;
    }
    return at;
  }

  /// Names what has no name by its operator and number, clear of the names that were given.
  void name_the_rest() {
    std::vector<std::string_view> given;
    given.reserve(out_.steps.size());
    for (const auto& step : out_.steps)
      if (!step.node.name.empty())
        given.push_back(step.node.name);
    std::sort(given.begin(), given.end());
    if (const auto twice = std::adjacent_find(given.begin(), given.end()); twice != given.end())
      for (const auto& step : out_.steps)
        if (step.node.name == *twice)
          refuse(step.node, "has the name of another step");
    // The number is a step's own, so that two of those that get a name never get the same one.
    for (auto i : unnamed_) {
      auto& node = out_.steps[i].node;
      const auto plain = std::string{to_string(node.op)} + std::to_string(i);
      node.name = plain;
      for (std::size_t n = 2; std::binary_search(given.begin(), given.end(), node.name); ++n)
        node.name = plain + "_" + std::to_string(n);
    }
  }

 private:
  plan& out_;
  std::vector<std::uint32_t> unnamed_;
};

/// Steps below and at `node`; no deeper than a plan may be, since the tree has not been checked.
std::size_t size_of(const plan_node& node, std::size_t depth = 1) {
  std::size_t out = 1;
  if (depth < plan::max_depth)
    for (const auto* list : {&node.children, &node.undo})
      for (const auto& child : *list)
        out += size_of(child, depth + 1);
  return out;
}

plan_node tree_at(const plan& p, std::uint32_t at) {
  plan_node node = p.steps[at].node;
  for (auto child : p.steps[at].children)
    node.children.push_back(tree_at(p, child));
  if (p.steps[at].undo != 0)
    node.undo.push_back(tree_at(p, p.steps[at].undo));
  return node;
}

} // namespace

std::shared_ptr<plan> laid_out(plan_node&& root) {
  auto out = std::make_shared<plan>();
  out->steps.reserve(std::min(size_of(root), plan::max_steps));
  layout l{*out};
  l.add(std::move(root), {});
  l.name_the_rest();
  return out;
}

plan_ptr plan::of(plan_node root) {
  return laid_out(std::move(root));
}

plan_node plan::tree() const {
  return tree_at(*this, 0);
}

} // namespace troupe
