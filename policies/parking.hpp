#pragma once

#include "policies/ownership.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <vector>

namespace troupe {

struct parking_limits {
  std::size_t requests_max = 10000;
  std::size_t requests_per_shard_max = 1000;
  std::size_t bytes_max = 64u << 20;
  milliseconds wait_max{10000}; ///< the longest that anything is kept
};

/// What a parked request was told.
enum class parked : std::uint8_t { kept, full, too_late };

/// Requests that wait for a shard on its way, by a number that the caller has chosen for each. Each
/// leaves once: in its order when the shard is there, or at its deadline. Bounded in number, bytes
/// and time. A value; not thread safe.
class parking_lot {
 public:
  explicit parking_lot(const parking_limits& limits)
      : limits_(limits) {}

  /// `full` is to be answered with Retry-After: the client comes again.
  [[nodiscard]] parked park(const shard_key& shard, std::uint64_t request, std::size_t bytes,
                            timestamp deadline, timestamp now);
  /// The shard has arrived here, or its owner is known: all that wait for it, in order.
  [[nodiscard]] std::vector<std::uint64_t> release(const shard_key& shard);
  /// Those that have waited too long.
  [[nodiscard]] std::vector<std::uint64_t> expire(timestamp now);

  [[nodiscard]] std::vector<shard_key> shards() const;
  [[nodiscard]] std::size_t size() const noexcept { return count_; }
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }
  /// When `expire` has something to do; `no_deadline`: nothing is parked.
  [[nodiscard]] timestamp next_timer() const noexcept;

 private:
  struct car {
    std::uint64_t request;
    std::size_t bytes;
    timestamp until;
  };
  parking_limits limits_;
  std::map<shard_key, std::deque<car>> cars_;
  std::multimap<timestamp, shard_key> deadlines_;
  std::size_t count_ = 0;
  std::size_t bytes_ = 0;
};

} // namespace troupe
