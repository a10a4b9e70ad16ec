#include "actors/shared_breaker.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <limits>
#include <thread>
#include <vector>

using namespace troupe;
using namespace std::chrono_literals;

namespace shared_breaker_cases {

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
  EXPECT_FALSE(b.reset("nothing to do", at(0s)));
  EXPECT_FALSE(b.ended(call_sign::nothing, false, at(0s)));
}

breaker_spec of_failures(std::uint32_t failures) {
  breaker_spec out;
  out.failures = failures;
  out.rate = 0;
  out.cool_down = 10s;
  return out;
}

TEST(shared_breaker, believes_the_later_tale_also_of_a_node_that_has_been_restarted) {
  const auto limits = of_failures(3);
  shared_breaker old{&limits}, other{&limits};
  for (int i = 1; i <= 5; ++i) {
    old.trip("again", at(i * 1s));
    old.reset("well", at(i * 1s + 500ms));
  }
  EXPECT_FALSE(other.learn(old.standing(at(6s)), at(6s)));
  shared_breaker restarted{&limits};
  restarted.trip("it fails here", at(20s));
  ASSERT_TRUE(old.learn(restarted.standing(at(20s)), at(20s)));
  EXPECT_EQ(old.seen(at(20s)).why, "it fails here");
  // What was true before changes nothing any more.
  EXPECT_FALSE(old.learn(other.standing(at(21s)), at(21s)));
  EXPECT_FALSE(old.closed());
}

TEST(shared_breaker, passes_over_news_from_far_in_the_future) {
  const auto limits = of_failures(3);
  shared_breaker b{&limits};
  breaker_news x;
  x.version = std::numeric_limits<std::uint64_t>::max();
  x.open = true;
  x.reopens = at(100s);
  EXPECT_FALSE(b.learn(x, at(1s)));
  EXPECT_TRUE(b.closed());
}

TEST(shared_breaker, counts_what_others_count_and_tells_each_end_once) {
  const auto limits = of_failures(3);
  shared_breaker here{&limits}, there{&limits};
  EXPECT_FALSE(here.has_news());
  here.ended(call_sign::good, false, at(1s));
  here.ended(call_sign::good, false, at(1s));
  here.ended(call_sign::bad, false, at(1s));
  EXPECT_TRUE(here.has_news());
  const auto news = here.take_news(at(1s));
  EXPECT_EQ(news.good, 2u);
  EXPECT_EQ(news.bad, 1u);
  EXPECT_FALSE(here.has_news());
  EXPECT_EQ(here.take_news(at(1s)).bad, 0u);
  there.ended(call_sign::bad, false, at(1s));
  EXPECT_FALSE(there.learn(news, at(1s)));
  there.ended(call_sign::bad, false, at(1s));
  EXPECT_FALSE(there.closed());
}

} // namespace shared_breaker_cases
