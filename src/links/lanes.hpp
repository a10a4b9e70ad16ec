#pragma once

#include "src/links/connection.hpp"

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <string_view>

namespace troupe::links {

/// The outboxes of the links that are up, for all threads: what is offered does not wait for the
/// I/O thread.
class lane_table {
 public:
  void put(const std::string& node, std::shared_ptr<link_lane> lane) {
    const std::unique_lock lock{guard_};
    lanes_.insert_or_assign(node, std::move(lane));
  }
  void remove(const std::string& node) {
    const std::unique_lock lock{guard_};
    lanes_.erase(node);
  }
  [[nodiscard]] std::shared_ptr<link_lane> find(std::string_view node) const {
    const std::shared_lock lock{guard_};
    const auto at = lanes_.find(node);
    return at == lanes_.end() ? nullptr : at->second;
  }
  [[nodiscard]] std::size_t size() const {
    const std::shared_lock lock{guard_};
    return lanes_.size();
  }

 private:
  mutable std::shared_mutex guard_;
  std::map<std::string, std::shared_ptr<link_lane>, std::less<>> lanes_;
};

} // namespace troupe::links
