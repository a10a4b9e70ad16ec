// Limits of language models: what a node may send of one, and when.
#include "policies/quota_slice.hpp"
#include "tests/policies/llm/quota_words.hpp"

#include <gtest/gtest.h>

#include <deque>

using namespace troupe;
using namespace troupe::quota_words;
using namespace std::chrono_literals;

namespace quota_slice_cases {

TEST(quota_slice, what_is_not_lent_cannot_be_used) {
  quota_slice s{requests(10)};
  EXPECT_FALSE(s.look(0, true, 1, t0).goes);
  s.lend(requests(2), requests(2), t0 + 10s);
  EXPECT_TRUE(s.look(0, true, 1, t0).goes);
  s.take(0, t0);
  s.take(0, t0);
  const auto full = s.look(0, true, 1, t0);
  EXPECT_FALSE(full.goes);
  EXPECT_EQ(full.when, t0 + quota_minute + quota_on_its_way);
  EXPECT_FALSE(s.look(0, true, 1, t0 + 10s).goes);
}

TEST(quota_slice, a_request_counts_for_a_minute_from_when_the_provider_must_have_had_it) {
  auto s = whole(requests(1));
  const auto number = s.take(0, t0);
  s.ended(number, 0, t0 + 300ms);
  const auto free = t0 + 300ms + quota_minute + quota_clocks;
  EXPECT_FALSE(s.look(0, true, 1, free - 1ms).goes);
  EXPECT_TRUE(s.look(0, true, 1, free).goes);
  s.take(0, free); // Its answer never comes.
  EXPECT_FALSE(s.look(0, true, 1, free + quota_minute).goes);
  EXPECT_TRUE(s.look(0, true, 1, free + quota_minute + quota_on_its_way).goes);
}

TEST(quota_slice, tokens_count_as_expected_and_then_as_they_were) {
  auto s = whole({{0, 1000, 0}});
  const auto number = s.take(900, t0);
  EXPECT_FALSE(s.look(200, true, 1, t0).goes);
  s.ended(number, 300, t0 + 1s);
  EXPECT_TRUE(s.look(700, true, 1, t0 + 1s).goes);
  EXPECT_FALSE(s.look(701, true, 1, t0 + 1s).goes);
  EXPECT_EQ(s.used(t0 + 1s), (quota_amount{{1, 300, 0}}));
}

TEST(quota_slice, so_many_are_under_way_and_no_more) {
  auto s = whole({{0, 0, 2}});
  const auto a = s.take(0, t0);
  s.take(0, t0);
  EXPECT_FALSE(s.look(0, true, 1, t0 + 1h).goes) << "however long they take";
  s.ended(a, 0, t0 + 1h);
  EXPECT_TRUE(s.look(0, true, 1, t0 + 1h).goes);
}

TEST(quota_slice, what_is_frozen_waits) {
  auto s = whole(requests(100));
  s.freeze(t0 + 7s, t0);
  EXPECT_EQ(s.look(0, true, 1, t0).when, t0 + 7s);
  EXPECT_TRUE(s.look(0, true, 1, t0 + 7s).goes);
}

TEST(quota_slice, after_it_was_frozen_nothing_goes_all_at_once) {
  auto s = whole(requests(120));
  s.freeze(t0 + 7s, t0);
  auto now = t0 + 7s;
  int sent = 0;
  for (; now < t0 + 17s; now += 50ms)
    for (; s.look(0, false, 5, now).goes; ++sent)
      s.take(0, now);
  EXPECT_GE(sent, 13) << "seven tenths of two in each second";
  EXPECT_LE(sent, 18);
  EXPECT_TRUE(s.look(0, true, 5, now).goes) << "someone urgent does not wait for that";
  now = t0 + 100s;
  for (sent = 0; s.look(0, false, 5, now).goes; ++sent)
    s.take(0, now);
  EXPECT_GE(sent, 30) << "it has not refused for a while";
}

TEST(quota_slice, of_what_is_sent_to_a_provider_that_takes_a_third_little_is_refused) {
  for (const auto takes : {6u, 20u, 40u, 90u}) {
    auto s = whole(requests(120));
    std::deque<timestamp> taken; // By a provider that counts a sliding minute.
    std::uint32_t asked = 0;
    std::uint32_t refused = 0;
    for (auto now = t0; now < t0 + 20min; now += 50ms) {
      while (!taken.empty() && taken.front() <= now - 1min)
        taken.pop_front();
      for (; s.look(0, false, 1000, now).goes; ++asked) {
        s.ended(s.take(0, now), 0, now);
        if (taken.size() < takes) {
          taken.push_back(now);
          continue;
        }
        ++refused;
        s.freeze(taken.front() + 1min, now);
      }
    }
    EXPECT_LT(refused * 6, asked) << takes << " a minute";
    EXPECT_GE(asked - refused, takes * 20 * 3 / 4) << takes << " a minute";
  }
}

TEST(quota_slice, what_is_owed_is_given_back_as_it_gets_free_and_not_used_again) {
  auto s = whole(requests(10));
  for (int i = 0; i < 6; ++i)
    s.take(0, t0 + i * 1s);
  s.lend(requests(10), requests(3), no_deadline);
  EXPECT_EQ(s.give_back(t0 + 10s), requests(6));
  EXPECT_FALSE(s.look(0, true, 1, t0 + 10s).goes);
  EXPECT_EQ(s.give_back(t0 + 63s), requests(3));
  EXPECT_TRUE(s.look(0, true, 1, t0 + 64s).goes);
}

TEST(quota_slice, after_its_lease_nothing_is_sent_and_all_is_owed_that_is_not_in_use) {
  quota_slice s{requests(10)};
  s.lend(requests(10), requests(10), t0 + 10s);
  const auto number = s.take(0, t0);
  EXPECT_FALSE(s.lapse(t0 + 9s));
  EXPECT_TRUE(s.lapse(t0 + 10s));
  EXPECT_FALSE(s.lapse(t0 + 10s)) << "that was said";
  EXPECT_FALSE(s.look(0, true, 1, t0 + 10s).goes);
  EXPECT_EQ(s.give_back(t0 + 10s), requests(1));
  s.ended(number, 0, t0 + 500ms);
  EXPECT_EQ(s.give_back(t0 + 59s), requests(1)) << "the provider counts it";
  EXPECT_FALSE(s.forget(t0 + 59s));
  auto late = s;
  EXPECT_TRUE(late.forget(t0 + 60s)) << "its owner may lend it to others a second later";
  EXPECT_FALSE(late.forget(t0 + 60s));
  EXPECT_TRUE(late.give_back(t0 + 60s).none());
  EXPECT_TRUE(s.give_back(t0 + 62s).none());
  EXPECT_TRUE(s.used(t0 + 62s).none());
}

TEST(quota_slice, a_few_go_at_once_and_too_many_are_spread) {
  auto s = whole(requests(600));
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(s.look(0, false, 100 - i, t0).goes) << i;
    s.take(0, t0);
  }
  // More than there is room for: someone urgent must find something a moment later.
  auto now = t0;
  int sent = 100;
  for (; now < t0 + 5min; now += 50ms) {
    while (s.look(0, false, 5000, now).goes) {
      s.take(0, now);
      ++sent;
    }
    if (now > t0 + 2min)
      continue;
    const auto urgent = s.look(0, true, 5000, now);
    ASSERT_TRUE(urgent.goes || urgent.when < now + 500ms) << (now - t0).count();
  }
  EXPECT_GE(sent, 5 * 600 * 0.95);
}

} // namespace quota_slice_cases
