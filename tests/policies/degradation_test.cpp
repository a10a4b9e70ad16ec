#include "policies/degradation.hpp"

#include <gtest/gtest.h>

namespace troupe {
namespace degradation_cases {

TEST(degradation, follows_the_declared_stages) {
  degradation d{{{0.5, 0.8, 1.0}, priority::medium}, 100};
  const struct {
    std::size_t open;
    std::uint32_t stage;
  } walk[] = {
      {0, 0},
      {49, 0},
      {50, 1},
      {79, 1},
      {80, 2},
      {100, 3},
      {1000, 3},
      // Down again, each stage a twentieth later.
      {96, 3},
      {95, 3},
      {94, 2},
      {77, 2},
      {76, 2},
      {75, 1},
      {48, 1},
      {47, 0},
      {0, 0},
      // Several at once.
      {99, 2},
      {0, 0},
  };
  std::uint32_t before = 0;
  for (const auto& step : walk) {
    EXPECT_EQ(d.update(step.open), step.stage != before) << step.open;
    EXPECT_EQ(d.stage(), step.stage) << step.open;
    before = step.stage;
  }
}

TEST(degradation, refuses_the_less_urgent_in_the_last_stage_only) {
  degradation d{{{0.5, 0.9}, priority::high}, 10};
  d.update(5);
  EXPECT_FALSE(d.refuses(priority::low));
  d.update(9);
  EXPECT_TRUE(d.refuses(priority::low));
  EXPECT_TRUE(d.refuses(priority::medium));
  EXPECT_FALSE(d.refuses(priority::high));
  EXPECT_FALSE(d.refuses(priority::urgent));
}

TEST(degradation, without_stages_there_are_none) {
  degradation d{{{}, priority::medium}, 10};
  EXPECT_FALSE(d.update(1000000));
  EXPECT_EQ(d.stage(), 0u);
  EXPECT_FALSE(d.refuses(priority::low));
}

TEST(degradation, a_shard_for_one_task_is_not_overloaded_when_it_is_idle) {
  degradation d{{{0.01}, priority::medium}, 1};
  EXPECT_FALSE(d.update(0));
  EXPECT_TRUE(d.update(1));
  EXPECT_TRUE(d.update(0));
}

} // namespace degradation_cases
} // namespace troupe
