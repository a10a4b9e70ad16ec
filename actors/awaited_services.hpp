#pragma once

#include <troupe/clock.hpp>
#include <troupe/fleet.hpp>

#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace troupe {

/// Services of the fleet that have not yet said that they are ready. Until then the node takes up
/// no task that was interrupted, and is no member of its cluster: agents that need a service would
/// fail, and their breakers open, before it had begun. A service that does not come up is waited
/// for until its time is over. Thread safe.
class awaited_services {
 public:
  awaited_services() = default;
  awaited_services(const std::vector<service_spec>& all, timestamp now) {
    for (const auto& x : all)
      if (!x.ready.empty())
        until_.emplace(x.name, now + x.ready_within);
  }
  [[nodiscard]] bool any(timestamp now) const {
    const std::lock_guard hold{mutex_};
    for (const auto& [name, until] : until_)
      if (now < until)
        return true;
    return false;
  }
  /// Whether this one is still looked for, be it too late or not.
  [[nodiscard]] bool has(const std::string& name) const {
    const std::lock_guard hold{mutex_};
    return until_.contains(name);
  }
  void over(const std::string& name) {
    const std::lock_guard hold{mutex_};
    until_.erase(name);
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, timestamp> until_;
};

} // namespace troupe
