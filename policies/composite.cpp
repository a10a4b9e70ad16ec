#include "policies/composite.hpp"

#include "policies/priority.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

namespace troupe {

namespace {

class expansion {
 public:
  expansion(const domain_spec& domain, const name_maker& unique)
      : domain_(domain)
      , unique_(unique) {}

  plan_node run(plan_node node) {
    // Past the size that any plan may have there is no use in going on: the layout will refuse it.
    if (size_ > plan::max_steps || node.op != plan_op::call || node.skill.empty() ||
        !node.target.empty())
      return node;
    const auto hit = domain_.plans.find(node.skill);
    if (hit == domain_.plans.end() ||
        std::find(open_.begin(), open_.end(), node.skill) != open_.end())
      return node;
    open_.push_back(hit->first);
    auto tree = fill(hit->second, node, true);
    open_.pop_back();
    return tree;
  }

 private:
  plan_node fill(plan_node part, const plan_node& from, bool root) {
    if (root) {
      // It takes the place of the call, which has been counted.
      part.name = from.name;
      part.note = from.note;
      if (part.undo.empty())
        part.undo = from.undo;
    } else {
      ++size_;
      if (!part.name.empty())
        part.name = unique_(part.name);
    }
    if ((part.children.empty() && part.op != plan_op::gate) || part.op == plan_op::map) {
      if (part.text.empty())
        part.text = from.text;
      if (part.input.is_null())
        part.input = from.input;
      else if (part.input.is_object() && from.input.is_object())
        for (const auto& [key, value] : from.input.items())
          part.input.emplace(key, value);
    }
    part.urgency = urgency_of_step(from.urgency, part.urgency);
    if (part.op == plan_op::call)
      part.scores = from.scores;
    for (auto& child : part.children)
      child = fill(std::move(child), from, false);
    // What the call itself says of that has its names already.
    if (!root)
      for (auto& undo : part.undo)
        undo = fill(std::move(undo), from, false);
    return run(std::move(part));
  }

  const domain_spec& domain_;
  const name_maker& unique_;
  std::vector<std::string_view>
      open_; ///< the composite skills that are being expanded, outermost first
  std::size_t size_ = 1;
};

} // namespace

plan_node expand_composite(const domain_spec& domain, plan_node node, const name_maker& unique) {
  return expansion{domain, unique}.run(std::move(node));
}

} // namespace troupe
