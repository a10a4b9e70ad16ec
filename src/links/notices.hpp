#pragma once

#include "src/links/mesh.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>

namespace troupe::links {

/// Lets notices through until they come faster than a log should grow: strangers cause them too. A
/// token bucket of 20, refilled with 2 a second. One thread; `left_out` any.
class notice_gate {
 public:
  using steady = std::chrono::steady_clock;

  explicit notice_gate(mesh::tell to)
      : to_(std::move(to)) {}

  void tell(notice_kind kind, std::string text) {
    if (!to_)
      return;
    const auto now = steady::now();
    tokens_ =
        std::min(most, tokens_ + per_second * std::chrono::duration<double>(now - at_).count());
    at_ = now;
    if (tokens_ < 1) {
      left_out_.fetch_add(1, std::memory_order_relaxed);
      return;
    }
    tokens_ -= 1;
    to_({kind, std::move(text)});
  }
  [[nodiscard]] std::uint64_t left_out() const noexcept {
    return left_out_.load(std::memory_order_relaxed);
  }

 private:
  static constexpr double most = 20;
  static constexpr double per_second = 2;

  const mesh::tell to_;
  double tokens_ = most;
  steady::time_point at_ = steady::now();
  std::atomic<std::uint64_t> left_out_{0};
};

} // namespace troupe::links
