#pragma once

#include "policies/deadline.hpp"
#include "policies/quota_amount.hpp"

#include <cstddef>
#include <vector>

namespace troupe {

/// When what a node has in use of a limit gets free by itself, if the node sends nothing more: what
/// others go by when it is silent. Nothing that may still get free earlier than it says here is in
/// it, and of `concurrent` nothing at all.
struct quota_leaves {
  static constexpr milliseconds step{5000};
  static constexpr std::size_t most = 16;

  /// The n-th gets free between n and n + 1 steps after `since`.
  std::vector<quota_amount> steps;
  timestamp since{};
  /// It may have been said so much earlier than at `since`: then all gets free earlier by as much.
  milliseconds sooner{0};

  [[nodiscard]] timestamp begin(std::size_t n) const {
    return later(since, step * static_cast<std::int64_t>(n)) - sooner - quota_clocks;
  }
  [[nodiscard]] timestamp end(std::size_t n) const {
    return later(since, step * static_cast<std::int64_t>(n + 1) + quota_clocks);
  }
};

} // namespace troupe
