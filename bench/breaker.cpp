#include "actors/shared_breaker.hpp"
#include "bench/benches.hpp"
#include "bench/report.hpp"

#include <atomic>
#include <chrono>

namespace troupe::bench {

namespace {

constexpr int rounds = 21;
constexpr int calls = 200000;

/// Nanoseconds per call, the median of the rounds.
template <class F>
double measure(F once) {
  std::vector<double> all;
  for (int r = 0; r < rounds; ++r) {
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < calls; ++i)
      once(i);
    const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - begin;
    all.push_back(took.count() / calls);
  }
  return median(std::move(all));
}

} // namespace

/// What a closed breaker adds to a step: the question before the call, and the report of its end.
/// The floor is a load and an addition of an atomic.
void breaker_overhead() {
  const breaker_spec limits;
  shared_breaker breaker{&limits};
  timestamp now{std::chrono::seconds{1'800'000'000}};
  std::uint64_t passed = 0;
  const auto value = measure([&](int) {
    // A call every 50 microseconds: the buckets of the windows change as they do in a busy node.
    now += microseconds{50};
    passed += breaker.closed() ? 1 : 0;
    if (breaker.ended(call_sign::good, false, now))
      ++passed;
  });
  std::atomic<std::uint64_t> counter{0};
  std::atomic<bool> flag{true};
  const auto floor = measure([&](int) {
    passed += flag.load(std::memory_order_relaxed) ? 1 : 0;
    counter.fetch_add(1, std::memory_order_relaxed);
  });
  report("breaker_overhead", value, "ns/step", floor,
         "one thread, closed breaker, default limits, median of 21 rounds of 200000 calls, " +
             std::to_string(passed) + " passed");
}

} // namespace troupe::bench
