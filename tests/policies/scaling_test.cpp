#include "policies/scaling.hpp"

#include <gtest/gtest.h>

namespace troupe {
namespace scaling_cases {

timestamp at_s(std::int64_t s) {
  return timestamp{std::chrono::hours{1}} + std::chrono::seconds{s};
}

scaling_spec spec() {
  scaling_spec s;
  s.min_replicas = 1;
  s.max_replicas = 20;
  return s;
}

TEST(scaling, stays_within_its_bounds) {
  scaling s{spec()};
  EXPECT_EQ(s.update(0, 0, 1, at_s(0)).replicas, 1u);
  EXPECT_EQ(s.update(0, 30, 1, at_s(1)).replicas, 20u);
  EXPECT_EQ(s.update(1000000, 20, 1, at_s(2)).replicas, 20u);
  EXPECT_EQ(s.update(0, 1, 1, at_s(1000)).replicas, 1u);
}

TEST(scaling, follows_the_queue_upwards_at_most_twofold_a_cool_down) {
  scaling s{spec()};
  EXPECT_EQ(s.update(20, 1, 1, at_s(0)).replicas, 5u);
  EXPECT_EQ(s.update(20, 5, 1, at_s(1)).replicas, 5u);
  EXPECT_EQ(s.update(20, 5, 1, at_s(4)).why, "");
  EXPECT_EQ(s.update(20, 5, 1, at_s(5)).replicas, 10u);
  const auto last = s.update(20, 10, 1, at_s(10));
  EXPECT_EQ(last.replicas, 20u);
  EXPECT_EQ(last.why, "20 calls, 10 replicas of 1 slots: 20 are needed");
}

TEST(scaling, counts_slots_and_the_target) {
  auto of = spec();
  of.target = 2.0;
  scaling s{of};
  EXPECT_EQ(s.update(24, 2, 4, at_s(0)).replicas, 3u);
}

TEST(scaling, small_changes_change_nothing) {
  scaling s{spec()};
  EXPECT_EQ(s.update(11, 10, 1, at_s(0)).replicas, 10u);
  EXPECT_EQ(s.update(12, 10, 1, at_s(1)).replicas, 12u);
}

TEST(scaling, goes_down_late_by_the_most_that_was_needed) {
  scaling s{spec()};
  std::uint32_t replicas = 10;
  for (int t = 0; t < 60; ++t) {
    // A peak of six in the thirtieth second.
    const auto d = s.update(t == 30 ? 6 : 1, replicas, 1, at_s(t));
    EXPECT_EQ(d.replicas, 10u) << t;
  }
  const auto down = s.update(1, replicas, 1, at_s(60));
  EXPECT_EQ(down.replicas, 6u);
  EXPECT_EQ(down.why, "1 calls, 10 replicas of 1 slots: no more than 6 were needed for 60000 ms");
  replicas = 6;
  for (int t = 61; t < 90; ++t)
    EXPECT_EQ(s.update(1, replicas, 1, at_s(t)).replicas, 6u) << t;
  EXPECT_EQ(s.update(1, replicas, 1, at_s(90)).replicas, 1u);
}

TEST(scaling, does_not_swing_with_a_load_that_does) {
  scaling s{spec()};
  std::uint32_t replicas = 1;
  int changes = 0;
  for (int t = 0; t < 600; ++t) {
    const auto d = s.update(t % 20 < 10 ? 16 : 2, replicas, 1, at_s(t));
    changes += d.replicas != replicas;
    replicas = d.replicas;
  }
  EXPECT_EQ(replicas, 16u);
  EXPECT_LE(changes, 3);
}

} // namespace scaling_cases
} // namespace troupe
