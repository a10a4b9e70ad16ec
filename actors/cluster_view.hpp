#pragma once

#include <troupe/member.hpp>

#include <mutex>
#include <utility>

namespace troupe {

/// The member table as this node saw it last, for whoever asks what nodes there are. Thread safe.
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

 private:
  mutable std::mutex mutex_;
  member_table seen_;
};

} // namespace troupe
