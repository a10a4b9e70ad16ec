#include "policies/fault_schedule.hpp"

#include "policies/dice.hpp"

#include <algorithm>
#include <utility>

namespace troupe {

namespace {

constexpr milliseconds first_fault{1000};   ///< the load has to run before anything is broken
constexpr std::int64_t delay_most_ms = 400; ///< beyond a second of silence a link counts as cut

std::size_t pick(dice_box& dice, std::size_t of) {
  return static_cast<std::size_t>(dice.draw() % of);
}

milliseconds between(dice_box& dice, milliseconds least, milliseconds most) {
  const auto span = static_cast<std::uint64_t>(std::max(most - least, milliseconds{0}).count()) + 1;
  return least + milliseconds{static_cast<std::int64_t>(dice.draw() % span)};
}

/// Every other node, or all but one: both halves of a cluster are tried.
std::vector<std::size_t> others(dice_box& dice, std::size_t node, std::size_t nodes) {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < nodes; ++i)
    if (i != node)
      out.push_back(i);
  if (out.size() > 1 && dice.draw() % 2 == 0)
    out.erase(out.begin() + static_cast<std::ptrdiff_t>(pick(dice, out.size())));
  return out;
}

} // namespace

std::vector<planned_fault> schedule_faults(const fault_schedule_settings& x) {
  std::vector<planned_fault> out;
  if (x.nodes == 0 || x.kinds.empty())
    return out;
  dice_box dice{x.seed};
  std::vector<fault> bag;
  auto at = first_fault;
  while (true) {
    if (bag.empty())
      bag = x.kinds;
    const auto n = pick(dice, bag.size());
    planned_fault one;
    one.at = at;
    one.what = bag[n];
    bag.erase(bag.begin() + static_cast<std::ptrdiff_t>(n));
    one.node = pick(dice, x.nodes);
    one.lasts = between(dice, x.shortest, x.longest);
    if (one.what == fault::cut || one.what == fault::slow)
      one.from = others(dice, one.node, x.nodes);
    if (one.what == fault::slow)
      one.delay = between(dice, milliseconds{20}, milliseconds{delay_most_ms});
    if (one.at + one.lasts > x.duration)
      return out;
    at = one.at + one.lasts + x.rest;
    out.push_back(std::move(one));
  }
}

} // namespace troupe
