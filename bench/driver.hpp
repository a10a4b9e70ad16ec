#pragma once

#include "bench/report.hpp"

#include <troupe/caf.hpp>

#include <chrono>
#include <cstdint>
#include <future>
#include <memory>
#include <vector>

namespace troupe::bench {

/// Keeps `window` requests in flight until `count` have been answered, and notes how long each
/// took. `State` is shared by the driver actors below; the promise is fulfilled by the last answer.
struct load {
  using clock = std::chrono::steady_clock;
  std::uint64_t count = 0;
  std::uint64_t window = 1;
  std::uint64_t sent = 0;
  std::uint64_t done = 0;
  clock::time_point began{};
  std::vector<clock::time_point> at;
  std::vector<float> took_us;
  std::promise<run_result> finished;

  load(std::uint64_t n, std::uint64_t w)
      : count(n)
      , window(w)
      , at(n) {
    took_us.reserve(n);
  }

  [[nodiscard]] bool more() const noexcept { return sent < count; }
  std::uint64_t begin_one() {
    if (sent == 0)
      began = clock::now();
    at[sent] = clock::now();
    return sent++;
  }
  /// True when that was the last.
  bool end_one(std::uint64_t i) {
    const auto now = clock::now();
    took_us.push_back(std::chrono::duration<float, std::micro>(now - at[i]).count());
    if (++done < count)
      return false;
    const double seconds = std::chrono::duration<double>(now - began).count();
    finished.set_value(
        {static_cast<double>(count) / seconds, quantile(took_us, 0.5), quantile(took_us, 0.99)});
    return true;
  }
};

using load_ptr = std::shared_ptr<load>;

/// Runs `start(load)` — which spawns a driver — and waits for its result.
template <class Start>
run_result drive(std::uint64_t count, std::uint64_t window, Start start) {
  auto work = std::make_shared<load>(count, window);
  auto result = work->finished.get_future();
  start(work);
  return result.get();
}

} // namespace troupe::bench
