#pragma once

#include <troupe/clock.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>

namespace troupe {

/// How much of a limit is asked for evenly after its provider has refused: it takes less than was
/// agreed, and nobody says how much. Each time it refuses, three tenths less, which take a minute
/// and a half to come back: the real limit is found from below again and again, somewhat as TCP
/// finds what a line carries, and wherever it is, little of what is sent is refused. A provider
/// that was only busy for a moment costs that minute and a half of haste. Pure: time is an argument
/// and never goes back.
class quota_ease {
 public:
  /// The provider has refused, and nothing is sent before `until`. What it refuses meanwhile was
  /// on its way and says nothing new.
  void refused(timestamp until, timestamp now) noexcept {
    if (now >= until_) {
      share_ = std::max(least, share(now) * less);
      since_ = now;
    }
    until_ = std::max(until_, until);
    since_ = std::max(since_, until_);
  }
  /// Nothing is sent before then.
  [[nodiscard]] timestamp until() const noexcept { return until_; }
  /// Of the limit: above 0, at most 1, and 1 when it has not refused for a while.
  [[nodiscard]] double share(timestamp now) const noexcept {
    if (share_ >= 1 || now <= since_)
      return share_;
    const std::chrono::duration<double> grown = now - since_;
    return std::min(1.0, share_ * std::pow(less, -grown / comes_back));
  }

 private:
  static constexpr double less = 0.7;
  static constexpr double least = 0.02;
  static constexpr std::chrono::duration<double> comes_back{90};

  double share_ = 1;
  timestamp until_{};
  timestamp since_{}; ///< it grows from then on
};

} // namespace troupe
