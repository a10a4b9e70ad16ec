#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <string>
#include <vector>

namespace troupe::bench {

/// Most figures are the median of so many rounds.
inline constexpr int usual_rounds = 5;

/// One line of the benchmark's output: what was measured beside its raw floor of the same run.
/// `ratio` is value / floor for throughputs (higher is better) and for times and sizes (lower is
/// better) alike; `note` states program, in flight, durability and samples.
inline void report(const std::string& name, double value, const std::string& unit, double floor,
                   const std::string& note) {
  const double ratio = floor > 0 ? value / floor : 0;
  std::printf("{\"name\":\"%s\",\"value\":%.6g,\"unit\":\"%s\",\"floor\":%.6g,\"ratio\":%.4g,"
              "\"note\":\"%s\"}\n",
              name.c_str(), value, unit.c_str(), floor, ratio, note.c_str());
  std::fflush(stdout);
}

template <class T>
T quantile(std::vector<T> xs, double q) {
  if (xs.empty())
    return T{};
  const auto at =
      std::min(xs.size() - 1, static_cast<std::size_t>(q * static_cast<double>(xs.size())));
  std::nth_element(xs.begin(), xs.begin() + static_cast<std::ptrdiff_t>(at), xs.end());
  return xs[at];
}

template <class T>
T median(std::vector<T> xs) {
  return quantile(std::move(xs), 0.5);
}

/// What one run of a driver found.
struct run_result {
  double per_second = 0;
  double p50_us = 0;
  double p99_us = 0;
};

} // namespace troupe::bench
