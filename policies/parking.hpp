#pragma once

#include <troupe/clock.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

namespace troupe {

struct parking_limits {
  std::size_t requests_max = 10000;
  /// One shard that nobody works on must not take all the room from the others.
  std::size_t requests_per_shard_max = 1000;
  std::size_t bytes_max = 64u << 20;
};

/// Requests that wait for somebody to work on their shard, by a number that the caller has chosen
/// for each. Each leaves once: in its order when the shard is there, at its time, or when nobody
/// waits for it any more. Bounded in number and bytes. What a `Shard` is, is the caller's matter:
/// it is only compared. A value; not thread safe.
template <class Shard>
class parking_lot {
 public:
  explicit parking_lot(const parking_limits& limits = {})
      : limits_(limits) {}

  /// Behind those that wait for the same shard, until `until`. False when there is no room: to be
  /// answered with Retry-After, the client comes again.
  [[nodiscard]] bool park(const Shard& shard, std::uint64_t request, std::size_t bytes,
                          timestamp until) {
    const auto mine = lines_.find(shard);
    if (count_ >= limits_.requests_max || bytes > limits_.bytes_max - bytes_ ||
        (mine != lines_.end() && mine->second.counted >= limits_.requests_per_shard_max))
      return false;
    put(request, {shard, ++places_, until, bytes, true});
    return true;
  }
  /// As `park`, for what cannot be refused any more. It takes no room from others: whoever has
  /// accepted it has bounded it.
  void hold(const Shard& shard, std::uint64_t request, timestamp until) {
    put(request, {shard, ++places_, until, 0, false});
  }

  /// It waits no longer; nothing happens if it has not.
  void leave(std::uint64_t request) {
    const auto at = cars_.find(request);
    if (at == cars_.end())
      return;
    const auto& c = at->second;
    const auto mine = lines_.find(c.shard);
    mine->second.requests.erase(c.place);
    if (c.counted) {
      --mine->second.counted;
      --count_;
      bytes_ -= c.bytes;
    }
    if (mine->second.requests.empty())
      lines_.erase(mine);
    deadlines_.erase({c.until, request});
    cars_.erase(at);
  }
  /// Takes out those that have waited for too long.
  [[nodiscard]] std::vector<std::uint64_t> expire(timestamp now) {
    std::vector<std::uint64_t> out;
    while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
      out.push_back(deadlines_.begin()->second);
      leave(out.back());
    }
    return out;
  }

  [[nodiscard]] bool waits_for(const Shard& shard) const { return lines_.contains(shard); }
  /// Whoever is the first in the line of this shard; nothing: there is none.
  [[nodiscard]] std::optional<std::uint64_t> first(const Shard& shard) const {
    const auto mine = lines_.find(shard);
    if (mine == lines_.end())
      return std::nullopt;
    return mine->second.requests.begin()->second;
  }
  /// Those that are waited for, the one first that has been so for longest.
  [[nodiscard]] std::vector<Shard> shards() const {
    std::vector<std::pair<std::uint64_t, const Shard*>> by_place;
    for (const auto& [shard, waiting] : lines_)
      by_place.emplace_back(waiting.requests.begin()->first, &shard);
    std::sort(by_place.begin(), by_place.end());
    std::vector<Shard> out;
    for (const auto& [place, shard] : by_place)
      out.push_back(*shard);
    return out;
  }
  [[nodiscard]] bool empty() const noexcept { return cars_.empty(); }
  /// Of those that were parked, not held.
  [[nodiscard]] std::size_t size() const noexcept { return count_; }
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

 private:
  struct car {
    Shard shard;
    std::uint64_t place; ///< in the order of all that came
    timestamp until;
    std::size_t bytes;
    bool counted;
  };
  struct line {
    std::map<std::uint64_t, std::uint64_t> requests; ///< by their places
    std::size_t counted = 0;
  };

  void put(std::uint64_t request, car c) {
    auto& mine = lines_[c.shard];
    mine.requests.emplace(c.place, request);
    if (c.counted) {
      ++mine.counted;
      ++count_;
      bytes_ += c.bytes;
    }
    deadlines_.emplace(c.until, request);
    cars_.emplace(request, std::move(c));
  }

  parking_limits limits_;
  std::unordered_map<Shard, line> lines_;
  std::unordered_map<std::uint64_t, car> cars_;
  std::set<std::pair<timestamp, std::uint64_t>> deadlines_;
  std::uint64_t places_ = 0;
  std::size_t count_ = 0;
  std::size_t bytes_ = 0;
};

} // namespace troupe
