#pragma once

#include <troupe/clock.hpp>

#include <array>
#include <atomic>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <utility>

namespace troupe {

// The series that actors bump for every call. prometheus-cpp's own counter is a compare-and-swap
// loop on a double and its histogram takes a mutex; these are single relaxed additions, and are
// only turned into prometheus-cpp's values when somebody asks.

/// Something that only grows. Lock-free; any thread.
class counter {
 public:
  void add(std::uint64_t n = 1) noexcept { n_.fetch_add(n, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t value() const noexcept { return n_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> n_{0};
};

/// A distribution over fixed buckets. What is observed is an integer of millionths (microseconds,
/// or millionths of 1 for shares), so that the sum is one relaxed addition too. `bounds` must
/// outlive it and be ascending. Lock-free; any thread.
class histogram {
 public:
  static constexpr std::size_t max_bounds = 18;
  struct bounds {
    std::array<std::uint64_t, max_bounds> upper{}; ///< inclusive, in millionths
    std::size_t size = 0;
  };
  /// 100 µs to 120 s: agents' calls, and tasks from end to end.
  static const bounds durations;
  /// 10 ms to 120 s in few steps, for owners of whom there are many.
  static const bounds coarse;
  /// 10 µs to 10 s: what a disk does.
  static const bounds disk;
  /// 0.1 to 1 in steps of a tenth, finer at the top.
  static const bounds shares;

  explicit histogram(const bounds& b) noexcept
      : bounds_(&b) {}

  /// A negative duration counts as zero.
  void observe(microseconds took) noexcept {
    observe_millionths(took.count() < 0 ? 0 : static_cast<std::uint64_t>(took.count()));
  }
  /// `share` is clamped to 0..1; not a number counts as zero.
  void observe_share(double share) noexcept {
    const double clamped = share > 0 ? (share < 1 ? share : 1) : 0;
    observe_millionths(static_cast<std::uint64_t>(std::llround(clamped * 1e6)));
  }

  /// What has been observed so far. Counts and sum are read one after the other: an observation in
  /// between may be in one of them only, as Prometheus allows.
  struct snapshot {
    std::array<std::uint64_t, max_bounds + 1>
        cumulative{}; ///< the last used entry is the count of all
    std::uint64_t count = 0;
    double sum = 0; ///< in seconds, or as a share
  };
  [[nodiscard]] snapshot read() const noexcept;
  /// Adds what `other`, which has the same bounds, has seen so far.
  void absorb(const histogram& other) noexcept;
  [[nodiscard]] const bounds& limits() const noexcept { return *bounds_; }

 private:
  void observe_millionths(std::uint64_t x) noexcept {
    std::size_t i = 0;
    while (i < bounds_->size && x > bounds_->upper[i])
      ++i;
    buckets_[i].fetch_add(1, std::memory_order_relaxed);
    sum_.fetch_add(x, std::memory_order_relaxed);
  }

  const bounds* bounds_;
  std::array<std::atomic<std::uint64_t>, max_bounds + 1> buckets_{};
  std::atomic<std::uint64_t> sum_{0};
};

/// Something that goes up and down: what was added to it, and the sum of the functions that watch
/// for it. Any thread.
class gauge {
 public:
  void add(std::int64_t n) noexcept { n_.fetch_add(n, std::memory_order_relaxed); }
  void set(std::int64_t n) noexcept { n_.store(n, std::memory_order_relaxed); }
  /// What has been added, without what the watching functions say.
  [[nodiscard]] std::int64_t added() const noexcept { return n_.load(std::memory_order_relaxed); }

  /// Adds `read` to the value whenever somebody asks, until the returned token is destroyed;
  /// afterwards `read` is neither running nor called again. `read` must be quick, must not throw
  /// and must not touch this gauge. The token may outlive the gauge. Several replicas of an agent
  /// each add theirs.
  [[nodiscard]] std::shared_ptr<void> watch(std::function<double()> read);

  [[nodiscard]] double value() const;

 private:
  struct watchers {
    std::mutex mutex;
    std::list<std::function<double()>> all;
  };
  std::atomic<std::int64_t> n_{0};
  std::shared_ptr<watchers> watchers_ = std::make_shared<watchers>();
};

/// What one actor contributes to a gauge; taken back when the actor goes, however it goes, so that
/// a crash leaves no ghost in the gauge. One thread at a time; the gauge must outlive it.
class gauge_share {
 public:
  gauge_share() = default;
  explicit gauge_share(gauge& of) noexcept
      : of_(&of) {}
  gauge_share(gauge_share&& x) noexcept
      : of_(std::exchange(x.of_, nullptr))
      , mine_(std::exchange(x.mine_, 0)) {}
  gauge_share& operator=(gauge_share&& x) noexcept {
    std::swap(of_, x.of_);
    std::swap(mine_, x.mine_);
    return *this;
  }
  ~gauge_share() { set(0); }

  void set(std::int64_t n) noexcept {
    if (of_)
      of_->add(n - mine_);
    mine_ = n;
  }
  void add(std::int64_t n) noexcept { set(mine_ + n); }

 private:
  gauge* of_ = nullptr;
  std::int64_t mine_ = 0;
};

} // namespace troupe
