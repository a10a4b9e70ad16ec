#pragma once

#include "src/links/mesh.hpp"
#include "src/links/recurring.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <string>
#include <utility>

namespace troupe::links {

/// Lets notices through until they come faster than a log should grow: strangers cause them too. A
/// token bucket of 20, refilled with 2 a second; and what says the same of the same peer is said
/// once a minute. One thread; `left_out` any.
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
  /// For what may come again and again for the same reason: `cause` tells whether it is the same.
  void tell_recurring(notice_kind kind, const std::string& cause, std::string text) {
    const auto untold = recurring_.happens(cause, steady::now());
    if (!untold) {
      left_out_.fetch_add(1, std::memory_order_relaxed);
      return;
    }
    if (*untold > 0)
      text += " (and " + std::to_string(*untold) + " more like it since that was said last)";
    tell(kind, std::move(text));
  }
  [[nodiscard]] std::uint64_t left_out() const noexcept {
    return left_out_.load(std::memory_order_relaxed);
  }

 private:
  static constexpr double most = 20;
  static constexpr double per_second = 2;

  const mesh::tell to_;
  recurring recurring_;
  double tokens_ = most;
  steady::time_point at_ = steady::now();
  std::atomic<std::uint64_t> left_out_{0};
};

} // namespace troupe::links
