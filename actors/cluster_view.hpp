#pragma once

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

/// The member table as this node saw it last, for whoever asks what nodes there are, and what it
/// has sent to which region. Thread safe.
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
};

} // namespace troupe
