#include "policies/parking.hpp"

#include "policies/deadline.hpp"

#include <algorithm>

namespace troupe {

parked parking_lot::park(const shard_key& shard, std::uint64_t request, std::size_t bytes,
                         timestamp deadline, timestamp now) {
  const auto until = std::min(deadline, later(now, limits_.wait_max));
  if (until <= now)
    return parked::too_late;
  auto lane = cars_.find(shard);
  const auto waiting = lane == cars_.end() ? 0 : lane->second.size();
  if (count_ >= limits_.requests_max || waiting >= limits_.requests_per_shard_max ||
      bytes > limits_.bytes_max - bytes_)
    return parked::full;
  if (lane == cars_.end())
    lane = cars_.emplace(shard, std::deque<car>{}).first;
  lane->second.push_back({request, bytes, until});
  deadlines_.emplace(until, shard);
  ++count_;
  bytes_ += bytes;
  return parked::kept;
}

std::vector<std::uint64_t> parking_lot::release(const shard_key& shard) {
  std::vector<std::uint64_t> out;
  auto lane = cars_.find(shard);
  if (lane == cars_.end())
    return out;
  for (const auto& c : lane->second) {
    out.push_back(c.request);
    bytes_ -= c.bytes;
  }
  count_ -= out.size();
  cars_.erase(lane);
  std::erase_if(deadlines_, [&](const auto& d) { return d.second == shard; });
  return out;
}

std::vector<std::uint64_t> parking_lot::expire(timestamp now) {
  std::vector<std::uint64_t> out;
  while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
    const auto shard = deadlines_.begin()->second;
    deadlines_.erase(deadlines_.begin());
    auto& lane = cars_[shard];
    const auto late =
        std::find_if(lane.begin(), lane.end(), [&](const car& c) { return c.until <= now; });
    out.push_back(late->request);
    bytes_ -= late->bytes;
    --count_;
    lane.erase(late);
    if (lane.empty())
      cars_.erase(shard);
  }
  return out;
}

std::vector<shard_key> parking_lot::shards() const {
  std::vector<shard_key> out;
  for (const auto& [shard, lane] : cars_)
    out.push_back(shard);
  return out;
}

timestamp parking_lot::next_timer() const noexcept {
  return deadlines_.empty() ? no_deadline : deadlines_.begin()->first;
}

} // namespace troupe
