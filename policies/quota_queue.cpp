#include "policies/quota_queue.hpp"

#include <algorithm>

namespace troupe {

std::optional<std::uint64_t> quota_queue::victim(const quota_wish& x) {
  const auto own = static_cast<std::size_t>(x.urgency);
  for (auto i = levels_.size(); i-- > own;) {
    const level& l = levels_[i];
    const flow* worst = nullptr;
    double worst_load = 0;
    for (const auto& [tenant, f] : l.flows) {
      const auto load = static_cast<double>(f.waiting) / f.weight;
      if (!worst || load > worst_load) {
        worst = &f;
        worst_load = load;
      }
    }
    if (!worst)
      continue;
    if (i == own) {
      // Of one's own rank, only who has more than the newcomer's tenant would have with it.
      const auto mine = l.flows.find(x.tenant);
      const auto waiting = mine == l.flows.end() ? 0 : mine->second.waiting;
      if (worst_load <= static_cast<double>(waiting + 1) / x.weight)
        return std::nullopt;
    }
    std::uint64_t youngest = 0, place = 0;
    for (const auto& [lane, ids] : worst->lanes)
      if (const auto at = all_.at(ids.back()).place; at > place) {
        place = at;
        youngest = ids.back();
      }
    return youngest;
  }
  return std::nullopt;
}

std::optional<std::uint64_t> quota_queue::push(quota_wish x) {
  std::optional<std::uint64_t> out;
  if (all_.size() >= most_) {
    out = victim(x);
    if (!out)
      return x.id;
    remove(*out, false);
  }
  auto& l = level_of(x.urgency);
  auto& f = l.flows[x.tenant];
  if (f.waiting == 0) {
    f.start = std::max(f.start, l.now);
    l.order.emplace(f.start, x.tenant);
  }
  f.weight = x.weight;
  ++f.waiting;
  f.lanes[x.lane].push_back(x.id);
  l.cost += x.cost;
  deadlines_.emplace(x.deadline, x.id);
  by_age_.emplace(++last_place_, x.id);
  const auto id = x.id;
  all_.emplace(id, held{std::move(x), last_place_});
  return out;
}

quota_wish quota_queue::remove(std::uint64_t id, bool served) {
  auto node = all_.extract(id);
  auto& x = node.mapped().what;
  by_age_.erase(node.mapped().place);
  deadlines_.erase({x.deadline, id});
  auto& l = level_of(x.urgency);
  auto& f = l.flows.at(x.tenant);
  auto lane = f.lanes.find(x.lane);
  lane->second.erase(std::find(lane->second.begin(), lane->second.end(), id));
  if (lane->second.empty())
    f.lanes.erase(lane);
  l.cost = std::max(0.0, l.cost - x.cost);
  --f.waiting;
  const auto before = f.start;
  if (served) {
    l.now = std::max(l.now, f.start);
    f.start += x.cost / f.weight;
  }
  l.order.erase({before, x.tenant});
  if (f.waiting > 0)
    l.order.emplace(f.start, x.tenant);
  // Who has had less than its share since has nothing to be remembered for. The others are few:
  // those that were served within the last round.
  else if (f.start <= l.now || l.order.empty())
    l.flows.erase(x.tenant);
  if (l.order.empty()) {
    l = {};
  } else if (l.flows.size() > 2 * most_ + 16) {
    std::erase_if(l.flows, [](const auto& y) { return y.second.waiting == 0; });
  }
  return std::move(x);
}

std::optional<quota_wish> quota_queue::pop(const room& fits) {
  std::set<std::uint32_t> held_up;
  const auto tried = [&](std::uint64_t id, bool hurried) {
    const auto& x = all_.at(id).what;
    const auto said = fits(x, hurried || x.urgency == priority::urgent);
    if (said == fit::not_this_lane)
      held_up.insert(x.lane);
    return said;
  };
  if ((turns_ + 1) % eldest_every == 0 && !by_age_.empty()) {
    const auto id = by_age_.begin()->second;
    const auto said = tried(id, !level_of(priority::urgent).order.empty());
    if (said == fit::none)
      return std::nullopt;
    if (said == fit::yes) {
      ++turns_;
      return remove(id, true);
    }
  }
  for (auto& l : levels_) {
    for (auto at = l.order.begin(); at != l.order.end();) {
      const auto& f = l.flows.at(at->second);
      const std::deque<std::uint64_t>* first = nullptr;
      for (const auto& [lane, ids] : f.lanes)
        if (!held_up.contains(lane) &&
            (!first || all_.at(ids.front()).place < all_.at(first->front()).place))
          first = &ids;
      if (!first) {
        ++at;
        continue;
      }
      const auto id = first->front();
      const auto said = tried(id, false);
      if (said == fit::none)
        return std::nullopt;
      if (said == fit::yes) {
        ++turns_;
        return remove(id, true);
      }
      // The lane is held up; the tenant may have something in another one.
    }
  }
  return std::nullopt;
}

std::optional<quota_wish> quota_queue::erase(std::uint64_t id) {
  if (!all_.contains(id))
    return std::nullopt;
  return remove(id, false);
}

std::vector<quota_wish> quota_queue::expire(timestamp now) {
  std::vector<quota_wish> out;
  while (!deadlines_.empty() && deadlines_.begin()->first <= now)
    out.push_back(remove(deadlines_.begin()->second, false));
  return out;
}

double quota_queue::ahead_of(priority urgency) const noexcept {
  double out = 0;
  for (std::size_t i = 0; i <= static_cast<std::size_t>(urgency); ++i)
    out += levels_[i].cost;
  return out;
}

void quota_queue::for_each(const std::function<void(const quota_wish&)>& f) const {
  for (const auto& [id, x] : all_)
    f(x.what);
}

} // namespace troupe
