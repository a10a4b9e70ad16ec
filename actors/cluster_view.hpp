#pragma once

#include "policies/ownership.hpp"

#include <troupe/clock.hpp>
#include <troupe/member.hpp>

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace troupe {

/// What a node has sent from its region to another one since it started.
struct region_traffic {
  std::string from;
  std::string to;
  std::uint64_t messages = 0;
  std::uint64_t bytes = 0;
};

/// The member table as this node saw it last, for whoever asks what nodes there are, what it may do
/// without the store, and what it has sent to which region. Thread safe.
class cluster_view {
 public:
  void show(member_table x) {
    std::lock_guard hold{mutex_};
    seen_ = std::move(x);
  }
  [[nodiscard]] member_table seen() const {
    std::lock_guard hold{mutex_};
    return seen_;
  }
  /// Until then this node is a member for certain: its last renewal came back with the table that
  /// is shown here, and nobody is voted out before.
  [[nodiscard]] timestamp leased_until() const {
    std::lock_guard hold{mutex_};
    return leased_until_;
  }
  void lease(timestamp until) {
    std::lock_guard hold{mutex_};
    leased_until_ = until;
  }
  /// Whether this node may do for the shard what needs no store: nobody else does then.
  [[nodiscard]] bool may_lease(const shard_key& shard, timestamp now) const {
    std::lock_guard hold{mutex_};
    return leases_.allow(shard, now, leased_until_);
  }
  void lease(shard_leases x) {
    std::lock_guard hold{mutex_};
    leases_ = std::move(x);
  }
  /// So much more has been sent from one region to another.
  void carried(const std::string& from, const std::string& to, std::uint64_t messages,
               std::uint64_t bytes) {
    std::lock_guard hold{mutex_};
    auto& x = traffic_[{from, to}];
    x.first += messages;
    x.second += bytes;
  }
  [[nodiscard]] std::vector<region_traffic> traffic() const {
    std::lock_guard hold{mutex_};
    std::vector<region_traffic> out;
    for (const auto& [way, x] : traffic_)
      out.push_back({way.first, way.second, x.first, x.second});
    return out;
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::pair<std::string, std::string>, std::pair<std::uint64_t, std::uint64_t>> traffic_;
  member_table seen_;
  timestamp leased_until_{};
  shard_leases leases_;
};

} // namespace troupe
