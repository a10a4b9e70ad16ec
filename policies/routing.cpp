#include "policies/routing.hpp"

#include "policies/dice.hpp"

namespace troupe {

namespace {

float share_in_use(const candidate& c) noexcept {
  return c.capacity == 0 ? 1.0f : static_cast<float>(c.load) / static_cast<float>(c.capacity);
}

/// Negative: `a` is to be preferred; positive: `b`; zero: no difference.
int compare(float a, float b) noexcept {
  return a < b ? -1 : a > b ? 1 : 0;
}

int compare_load(const candidate& a, const candidate& b) noexcept {
  if (int c = compare(share_in_use(a), share_in_use(b)))
    return c;
  return compare(b.success_rate, a.success_rate);
}

/// Compares under `strategy` and says why the loser loses.
int compare(route_strategy strategy, const candidate& a, const candidate& b,
            verdict& why) noexcept {
  switch (strategy) {
  case route_strategy::static_order:
    why = verdict::not_first;
    return -1; // The candidate that came first stays.
  case route_strategy::cheapest:
    why = verdict::costlier;
    if (int c = compare(a.cost, b.cost))
      return c;
    break;
  case route_strategy::best_quality:
    why = verdict::lower_quality;
    if (int c = compare(b.quality, a.quality))
      return c;
    break;
  case route_strategy::learned:
    why = verdict::drew_lower;
    if (int c = compare(b.drawn, a.drawn))
      return c;
    break;
  case route_strategy::classifier:
    why = verdict::fits_less;
    if (int c = compare(b.fit, a.fit))
      return c;
    break;
  case route_strategy::least_loaded:
    break;
  }
  if (a.bound != b.bound && (a.spoken_for || b.spoken_for)) {
    why = verdict::not_its_own;
    return a.bound ? -1 : 1;
  }
  const bool near_a = a.distance == 0 && a.load < a.slots;
  const bool near_b = b.distance == 0 && b.load < b.slots;
  why = verdict::farther;
  if (a.distance != b.distance && near_a != near_b)
    return near_a ? -1 : 1;
  why = verdict::more_loaded;
  return compare_load(a, b);
}

verdict barrier(const route_wish& wish, const candidate& c) noexcept {
  if (!c.pinned)
    return verdict::other_pinned;
  if (!c.healthy)
    return verdict::unhealthy;
  if (c.open)
    return verdict::breaker_open;
  if (c.shed)
    return verdict::shed;
  if (c.load >= c.capacity)
    return verdict::full;
  if (c.quality < wish.min_quality)
    return verdict::below_quality;
  return verdict::chosen;
}

} // namespace

void choose_route(const route_wish& wish, std::span<const candidate> all, route_choice& out) {
  out.chosen = route_choice::nobody;
  out.said.assign(all.size(), verdict::chosen);
  std::uint32_t equals = 0;
  for (std::uint32_t i = 0; i < all.size(); ++i) {
    const auto& c = all[i];
    if (auto no = barrier(wish, c); no != verdict::chosen) {
      out.said[i] = no;
      continue;
    }
    if (out.chosen == route_choice::nobody) {
      out.chosen = i;
      equals = 1;
      continue;
    }
    const auto& best = all[out.chosen];
    verdict why = verdict::more_loaded;
    int order;
    if (best.tried != c.tried) {
      why = verdict::already_tried;
      order = best.tried ? 1 : -1;
    } else if ((best.distance > 1) != (c.distance > 1)) {
      why = verdict::farther;
      order = best.distance > 1 ? 1 : -1;
    } else if (best.probe != c.probe) {
      why = verdict::probe_due;
      order = c.probe ? 1 : -1;
    } else {
      order = compare(wish.strategy, best, c, why);
    }
    if (order == 0) {
      // The n-th of equal candidates replaces the choice with probability 1/n: every one is equally
      // likely.
      ++equals;
      order = scramble(wish.dice + i) % equals == 0 ? 1 : -1;
    } else if (order > 0) {
      equals = 1;
    }
    out.said[order > 0 ? out.chosen : i] = why;
    if (order > 0)
      out.chosen = i;
  }
}

} // namespace troupe
