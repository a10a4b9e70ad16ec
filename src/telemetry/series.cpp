#include "src/telemetry/series.hpp"

namespace troupe {

const histogram::bounds histogram::durations{{100, 250, 500, 1000, 2500, 5000, 10000, 25000, 50000,
                                              100000, 250000, 500000, 1000000, 2500000, 5000000,
                                              10000000, 30000000, 120000000},
                                             18};

const histogram::bounds histogram::coarse{
    {10000, 100000, 500000, 1000000, 5000000, 30000000, 120000000}, 7};

const histogram::bounds histogram::disk{{10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000, 25000,
                                         50000, 100000, 250000, 500000, 1000000, 2500000, 10000000},
                                        18};

const histogram::bounds histogram::shares{{100000, 200000, 300000, 400000, 500000, 600000, 700000,
                                           800000, 900000, 950000, 990000, 1000000},
                                          12};

histogram::snapshot histogram::read() const noexcept {
  snapshot out;
  for (std::size_t i = 0; i <= bounds_->size; ++i) {
    out.count += buckets_[i].load(std::memory_order_relaxed);
    out.cumulative[i] = out.count;
  }
  out.sum = static_cast<double>(sum_.load(std::memory_order_relaxed)) / 1e6;
  return out;
}

void histogram::absorb(const histogram& other) noexcept {
  for (std::size_t i = 0; i <= bounds_->size; ++i)
    buckets_[i].fetch_add(other.buckets_[i].load(std::memory_order_relaxed),
                          std::memory_order_relaxed);
  sum_.fetch_add(other.sum_.load(std::memory_order_relaxed), std::memory_order_relaxed);
}

std::shared_ptr<void> gauge::watch(std::function<double()> read) {
  std::lock_guard hold{watchers_->mutex};
  const auto place = watchers_->all.insert(watchers_->all.end(), std::move(read));
  // The token keeps the list alive, not the gauge: it may be destroyed after the gauge.
  return {static_cast<void*>(watchers_.get()), [list = watchers_, place](void*) {
            std::lock_guard lock{list->mutex};
            list->all.erase(place);
          }};
}

double gauge::value() const {
  double out = static_cast<double>(n_.load(std::memory_order_relaxed));
  std::lock_guard hold{watchers_->mutex};
  for (const auto& read : watchers_->all)
    out += read();
  return out;
}

} // namespace troupe
