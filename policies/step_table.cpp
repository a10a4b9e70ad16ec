#include "policies/step_table.hpp"

#include <algorithm>

namespace troupe {

bool takes_back(const plan& how) {
  return std::any_of(how.steps.begin(), how.steps.end(), [](const auto& x) { return x.undo != 0; });
}

std::string step_table::name(std::uint32_t i) const {
  std::string suffix;
  for (auto at = i; at != 0; at = parent(at)) {
    const auto above = parent(at);
    const auto op = node(above).op;
    if (is_undo(at))
      continue;
    if (op == plan_op::map)
      suffix.insert(0, "[" + std::to_string(number(at)) + "]");
    else if ((op == plan_op::loop || op == plan_op::judge) && number(at) > 0)
      suffix.insert(0, "#" + std::to_string(number(at) + 1));
  }
  return node(i).name + suffix;
}

std::uint32_t step_table::last_below(std::uint32_t pattern) const noexcept {
  while (true) {
    const auto& s = how_->steps[pattern];
    const auto last = std::max(s.children.empty() ? 0 : s.children.back(), s.undo);
    if (last == 0)
      return pattern;
    pattern = last;
  }
}

std::uint32_t step_table::copy(std::uint32_t group, std::size_t which, std::uint32_t number) {
  const auto& pattern = how_->steps[this->pattern(group)];
  const auto first = pattern.children[which];
  const auto in_place = first + (group - this->pattern(group));
  auto& begun = expanded_[group];
  if (std::find(begun.begin(), begun.begin() + std::min<std::ptrdiff_t>(2, std::ssize(begun)),
                in_place) == begun.begin() + std::min<std::ptrdiff_t>(2, std::ssize(begun))) {
    begun.push_back(in_place);
    return in_place;
  }
  const auto count = last_below(first) - first + 1;
  if (size() + count > max_steps)
    return 0;
  const auto base = size();
  for (std::uint32_t k = first; k < first + count; ++k)
    copies_.push_back(
        {k, k == first ? group : how_->steps[k].parent - first + base, k == first ? number : 0});
  begun.push_back(base);
  return base;
}

} // namespace troupe
