#include "actors/shared_breaker.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

timestamp at(milliseconds x) {
  return timestamp{std::chrono::seconds{1'800'000'000}} + x;
}

void on_threads(int count, const std::function<void()>& f) {
  std::vector<std::thread> all;
  for (int i = 0; i < count; ++i)
    all.emplace_back(f);
  for (auto& t : all)
    t.join();
}

} // namespace

TEST(shared_breaker, many_threads_get_one_probe_and_tell_of_one_change) {
  breaker_spec limits;
  limits.failures = 100;
  limits.rate = 0;
  shared_breaker b{&limits};
  std::atomic<int> changes{0}, probes{0};
  on_threads(4, [&] {
    for (int i = 0; i < 1000; ++i)
      changes += b.ended(call_sign::bad, false, at(1s)) ? 1 : 0;
  });
  EXPECT_EQ(changes, 1);
  EXPECT_FALSE(b.closed());
  on_threads(4, [&] {
    for (int i = 0; i < 1000; ++i)
      probes += b.enter(at(40s)) == admission::probe ? 1 : 0;
  });
  EXPECT_EQ(probes, 1);
  changes = 0;
  on_threads(4, [&] { changes += b.ended(call_sign::good, true, at(41s)) ? 1 : 0; });
  EXPECT_EQ(changes, 1);
  EXPECT_TRUE(b.closed());
}

TEST(shared_breaker, good_ends_that_were_gathered_count_in_the_rate) {
  breaker_spec limits;
  limits.failures = 0;
  limits.rate = 0.3;
  shared_breaker b{&limits};
  on_threads(4, [&] {
    for (int i = 0; i < 250; ++i)
      b.ended(call_sign::good, false, at(1s));
  });
  // 1000 good ones: 428 bad ones are less than three of ten, 429 are not.
  for (int i = 0; i < 428; ++i)
    ASSERT_FALSE(b.ended(call_sign::bad, false, at(2s))) << i;
  const auto turned = b.ended(call_sign::bad, false, at(2s));
  ASSERT_TRUE(turned);
  EXPECT_EQ(turned->why, "429 of 1429 calls failed in 300 s");
}

TEST(shared_breaker, what_nobody_has_used_is_closed) {
  const breaker_spec limits;
  shared_breaker b{&limits};
  EXPECT_TRUE(b.closed());
  EXPECT_EQ(b.enter(at(0s)), admission::free);
  EXPECT_EQ(b.seen(at(0s)).state, breaker_state::closed);
  EXPECT_FALSE(b.reset("nothing to do"));
  EXPECT_FALSE(b.ended(call_sign::nothing, false, at(0s)));
}
