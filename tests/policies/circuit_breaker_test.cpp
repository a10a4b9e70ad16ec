#include "policies/circuit_breaker.hpp"

#include <gtest/gtest.h>

namespace troupe {
namespace circuit_breaker_cases {

using namespace std::chrono_literals;
using enum breaker_state;
using enum call_sign;

timestamp at(milliseconds x) {
  return timestamp{std::chrono::seconds{1'800'000'000}} + x;
}

/// Neither limit but the one that a test sets.
breaker_spec nothing_but(std::uint32_t failures, double rate = 0) {
  breaker_spec s;
  s.failures = failures;
  s.rate = rate;
  return s;
}

TEST(circuit_breaker, opens_at_five_failures_in_two_minutes) {
  circuit_breaker b{nothing_but(5)};
  for (int i = 0; i < 4; ++i) {
    EXPECT_FALSE(b.ended(bad, false, at(i * 29s)));
    EXPECT_EQ(b.enter(at(i * 29s)), admission::free);
  }
  const auto turned = b.ended(bad, false, at(119s));
  ASSERT_TRUE(turned);
  EXPECT_EQ(turned->from, closed);
  EXPECT_EQ(turned->to, open);
  EXPECT_EQ(turned->why, "5 failures in 120 s");
  EXPECT_EQ(b.state(at(119s)), open);
  EXPECT_EQ(b.enter(at(119s)), admission::barred);
}

TEST(circuit_breaker, whenever_the_two_minutes_begin) {
  // The buckets must not lose a failure that is younger than the window, wherever their edges lie.
  for (auto start = 0s; start < 24s; start += 1s) {
    circuit_breaker b{nothing_but(2)};
    EXPECT_FALSE(b.ended(bad, false, at(start)));
    EXPECT_TRUE(b.ended(bad, false, at(start + 119s))) << start.count();
    circuit_breaker c{nothing_but(2)};
    EXPECT_FALSE(c.ended(bad, false, at(start)));
    EXPECT_FALSE(c.ended(bad, false, at(start + 132s))) << start.count();
  }
}

TEST(circuit_breaker, opens_at_a_third_of_enough_calls) {
  circuit_breaker b{nothing_but(0, 0.3)};
  // 5 of 19 would be enough by their share, if 19 calls were enough.
  for (int i = 0; i < 13; ++i)
    EXPECT_FALSE(b.ended(good, false, at(i * 1s)));
  for (int i = 0; i < 6; ++i)
    EXPECT_FALSE(b.ended(bad, false, at(20s)));
  const auto turned = b.ended(bad, false, at(21s));
  ASSERT_TRUE(turned);
  EXPECT_EQ(turned->why, "7 of 20 calls failed in 300 s");
}

TEST(circuit_breaker, a_share_below_the_limit_is_borne) {
  circuit_breaker b{nothing_but(0, 0.3)};
  // 29 of 100, and every failure preceded by enough successes.
  for (int i = 0; i < 71; ++i)
    b.ended(good, false, at(0s));
  for (int i = 0; i < 29; ++i)
    EXPECT_FALSE(b.ended(bad, false, at(1s)));
  EXPECT_FALSE(b.ended(good, false, at(1s)));
  EXPECT_FALSE(b.ended(bad, false, at(1s)));
  EXPECT_TRUE(b.ended(bad, false, at(1s)));
}

TEST(circuit_breaker, counts_successes_that_are_told_in_one) {
  circuit_breaker b{nothing_but(0, 0.5)};
  b.passed(1000, at(0s));
  for (int i = 0; i < 100; ++i)
    EXPECT_FALSE(b.ended(bad, false, at(1s)));
  // Six minutes later they are forgotten, and a few failures among few calls say nothing.
  for (int i = 0; i < 19; ++i)
    EXPECT_FALSE(b.ended(bad, false, at(361s)));
  EXPECT_TRUE(b.ended(bad, false, at(361s)));
}

TEST(circuit_breaker, never_opens_without_limits) {
  circuit_breaker b{nothing_but(0)};
  for (int i = 0; i < 10000; ++i)
    EXPECT_FALSE(b.ended(bad, false, at(0s)));
  EXPECT_EQ(b.reopens(), no_deadline);
}

TEST(circuit_breaker, lets_exactly_one_probe_through) {
  circuit_breaker b{nothing_but(1)};
  b.ended(bad, false, at(0s));
  EXPECT_EQ(b.enter(at(30s - 1ms)), admission::barred);
  EXPECT_EQ(b.look(at(30s)), admission::probe);
  EXPECT_EQ(b.state(at(30s)), half_open);
  EXPECT_EQ(b.enter(at(30s)), admission::probe);
  for (auto t = 30s; t < 60s; t += 1s)
    EXPECT_EQ(b.enter(at(t)), admission::barred);
  // Nobody knows what became of it: the next one.
  EXPECT_EQ(b.enter(at(60s)), admission::probe);
}

TEST(circuit_breaker, a_good_probe_closes_it_with_a_clean_slate) {
  circuit_breaker b{nothing_but(2)};
  b.ended(bad, false, at(0s));
  b.ended(bad, false, at(0s));
  ASSERT_EQ(b.enter(at(30s)), admission::probe);
  const auto turned = b.ended(good, true, at(31s));
  ASSERT_TRUE(turned);
  EXPECT_EQ(turned->from, half_open);
  EXPECT_EQ(turned->to, closed);
  EXPECT_EQ(b.why(), "");
  EXPECT_FALSE(b.ended(bad, false, at(32s)));
  EXPECT_TRUE(b.ended(bad, false, at(33s)));
}

TEST(circuit_breaker, a_bad_probe_opens_it_for_another_cool_down) {
  circuit_breaker b{nothing_but(1)};
  b.ended(bad, false, at(0s));
  ASSERT_EQ(b.enter(at(30s)), admission::probe);
  const auto turned = b.ended(bad, true, at(35s));
  ASSERT_TRUE(turned);
  EXPECT_EQ(turned->from, half_open);
  EXPECT_EQ(turned->to, open);
  EXPECT_EQ(b.reopens(), at(65s));
  EXPECT_EQ(b.enter(at(64s)), admission::barred);
  EXPECT_EQ(b.enter(at(65s)), admission::probe);
}

TEST(circuit_breaker, a_probe_that_shows_nothing_gives_way_to_another) {
  circuit_breaker b{nothing_but(1)};
  b.ended(bad, false, at(0s));
  ASSERT_EQ(b.enter(at(30s)), admission::probe);
  EXPECT_FALSE(b.ended(nothing, true, at(31s)));
  EXPECT_EQ(b.enter(at(31s)), admission::probe);
}

TEST(circuit_breaker, late_ends_of_earlier_calls_change_nothing) {
  circuit_breaker b{nothing_but(1)};
  b.ended(bad, false, at(0s));
  EXPECT_FALSE(b.ended(bad, false, at(20s)));
  EXPECT_EQ(b.reopens(), at(30s));
  EXPECT_FALSE(b.ended(good, false, at(31s)));
  EXPECT_FALSE(b.ended(good, true, at(31s))); // Of a probe that was never let in.
  EXPECT_EQ(b.state(at(31s)), half_open);
}

TEST(circuit_breaker, can_be_tripped_and_reset_by_hand) {
  circuit_breaker b{nothing_but(5)};
  ASSERT_TRUE(b.trip("a rule says so", at(0s)));
  EXPECT_EQ(b.why(), "a rule says so");
  EXPECT_EQ(b.enter(at(1s)), admission::barred);
  ASSERT_TRUE(b.reset("a person returned it"));
  EXPECT_EQ(b.enter(at(1s)), admission::free);
  EXPECT_FALSE(b.reset("again"));
}

TEST(circuit_breaker, is_not_confused_by_a_clock_that_steps_back_or_leaps) {
  circuit_breaker b{nothing_but(3)};
  b.ended(bad, false, at(100s));
  b.ended(bad, false, at(0s));
  EXPECT_TRUE(b.ended(bad, false, at(50s)));
  circuit_breaker c{nothing_but(2)};
  c.ended(bad, false, at(0s));
  EXPECT_FALSE(c.ended(bad, false, at(std::chrono::hours{24 * 365})));
}

TEST(circuit_breaker, what_an_end_says) {
  const struct {
    reason ended;
    call_sign agent, provider;
  } table[] = {
      {reason::none, good, good},
      {reason::crash, bad, nothing},
      {reason::timeout, bad, bad},
      {reason::rate_limited, nothing, bad},
      {reason::unavailable, bad, bad},
      {reason::invalid_input, good, good},
      {reason::invalid_output, bad, nothing},
      {reason::low_confidence, good, good},
      {reason::contradiction, good, good},
      {reason::budget_exhausted, good, good},
      {reason::loop, good, good},
      {reason::policy_denied, good, good},
      {reason::cancelled, nothing, nothing},
  };
  static_assert(std::size(table) == enum_names<reason>::value.size());
  for (const auto& row : table) {
    EXPECT_EQ(sign_for_agent(row.ended), row.agent) << to_string(row.ended);
    EXPECT_EQ(sign_for_provider(row.ended), row.provider) << to_string(row.ended);
  }
}

} // namespace circuit_breaker_cases
} // namespace troupe
