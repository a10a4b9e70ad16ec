#include "policies/step_order.hpp"

#include <algorithm>

namespace troupe {

step_order::relation step_order::closed(relation r, std::size_t count) {
  for (std::size_t via = 0; via < count; ++via)
    for (std::size_t i = 0; i < count; ++i)
      if (r[i].test(via))
        r[i] |= r[via];
  return r;
}

step_order::relation step_order::without_cycles() const {
  const auto reach = closed(needs_, count_);
  const auto knotted = [&](std::size_t i, std::size_t j) {
    return reach[i].test(j) && reach[j].test(i);
  };
  auto out = needs_;
  for (std::size_t i = 0; i < count_; ++i) {
    std::size_t before = i;
    for (std::size_t j = 0; j < count_; ++j) {
      if (i == j || !knotted(i, j))
        continue;
      out[i].reset(j);
      if (j < i)
        before = j;
    }
    if (before != i)
      out[i].set(before);
  }
  return out;
}

std::vector<step_order::group> step_order::groups() const {
  const auto needs = without_cycles();
  relation related = needs;
  for (std::size_t i = 0; i < count_; ++i)
    for (std::size_t j = 0; j < count_; ++j)
      if (needs[i].test(j))
        related[j].set(i);
  related = closed(related, count_);
  std::array<std::size_t, max_steps> level_of{};
  // The longest chain of waiting has as many links as there are steps, so as many rounds settle
  // every level.
  for (std::size_t round = 0; round < count_; ++round)
    for (std::size_t i = 0; i < count_; ++i)
      for (std::size_t j = 0; j < count_; ++j)
        if (needs[i].test(j))
          level_of[i] = std::max(level_of[i], level_of[j] + 1);
  std::vector<group> out;
  step_set placed;
  for (std::size_t first = 0; first < count_; ++first) {
    if (placed.test(first))
      continue;
    auto& g = out.emplace_back();
    for (std::size_t i = first; i < count_; ++i) {
      if (i != first && !related[first].test(i))
        continue;
      placed.set(i);
      if (g.size() <= level_of[i])
        g.resize(level_of[i] + 1);
      g[level_of[i]].push_back(static_cast<std::uint32_t>(i));
    }
  }
  return out;
}

} // namespace troupe
