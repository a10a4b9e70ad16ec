#pragma once

#include <troupe/clock.hpp>

#include <algorithm>
#include <array>
#include <cstdint>

namespace troupe {

/// Counts good and bad calls of the last `length`, in buckets of a tenth of it: what it tells
/// covers at least the whole window and at most a tenth more. Its memory does not depend on how
/// many calls there are. Time that runs backwards counts as no time passing. A value; not thread
/// safe.
class failure_window {
 public:
  /// Buckets: ten whole ones and the one that is being filled.
  static constexpr std::size_t buckets = 11;

  explicit failure_window(milliseconds length) noexcept
      : width_(std::max<microseconds>(microseconds{1}, microseconds{length} / (buckets - 1))) {}

  /// Counts calls that ended at `at`.
  void add(std::uint32_t good, std::uint32_t bad, timestamp at) noexcept {
    move_to(at);
    auto& b = all_[static_cast<std::size_t>(newest_) % buckets];
    b.good += good;
    b.bad += bad;
    good_ += good;
    bad_ += bad;
  }
  /// Forgets what has become too old.
  void move_to(timestamp now) noexcept {
    const auto n = now.time_since_epoch() / width_;
    if (n <= newest_)
      return;
    const auto steps = n - newest_;
    for (std::int64_t i = 1; i <= steps && i <= static_cast<std::int64_t>(buckets); ++i) {
      auto& b = all_[static_cast<std::size_t>(newest_ + i) % buckets];
      good_ -= b.good;
      bad_ -= b.bad;
      b = {};
    }
    newest_ = n;
  }
  void clear() noexcept {
    all_ = {};
    good_ = bad_ = 0;
  }

  [[nodiscard]] std::uint64_t bad() const noexcept { return bad_; }
  [[nodiscard]] std::uint64_t calls() const noexcept { return good_ + bad_; }

 private:
  struct bucket {
    std::uint32_t good = 0;
    std::uint32_t bad = 0;
  };
  std::array<bucket, buckets> all_{};
  microseconds width_;
  std::int64_t newest_ = 0; ///< number of the bucket that is being filled
  std::uint64_t good_ = 0;
  std::uint64_t bad_ = 0;
};

} // namespace troupe
