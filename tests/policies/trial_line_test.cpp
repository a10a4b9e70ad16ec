#include "policies/trial_line.hpp"

#include <gtest/gtest.h>

#include <optional>

using namespace troupe;

namespace trial_line_cases {

constexpr timestamp start{std::chrono::seconds{100}};
constexpr timestamp after_a_turn = start + trial_line::turn;

trial_line::suspect suspect(std::uint32_t slot) {
  return {slot, 1, 0, 1, false};
}

TEST(trial_line, one_goes_and_the_others_wait_in_the_order_in_which_they_came) {
  trial_line line;
  EXPECT_TRUE(line.enter(suspect(1), start));
  EXPECT_FALSE(line.enter(suspect(2), start));
  EXPECT_FALSE(line.enter(suspect(3), start));
  EXPECT_EQ(line.next(start), std::nullopt) << "the turn is taken";
  line.ended();
  EXPECT_EQ(line.next(start), suspect(2));
  EXPECT_TRUE(line.enter(suspect(2), start));
  EXPECT_EQ(line.next(start), std::nullopt);
  line.ended();
  EXPECT_EQ(line.next(start), suspect(3));
  EXPECT_EQ(line.next(start), std::nullopt);
  EXPECT_TRUE(line.empty());
}

TEST(trial_line, whoever_asks_again_stands_once_and_keeps_his_turn) {
  trial_line line;
  EXPECT_TRUE(line.enter(suspect(1), start));
  EXPECT_TRUE(line.enter(suspect(1), start));
  EXPECT_FALSE(line.enter(suspect(2), start));
  EXPECT_FALSE(line.enter(suspect(2), start));
  line.ended();
  EXPECT_EQ(line.next(start), suspect(2));
  EXPECT_TRUE(line.empty());
}

TEST(trial_line, a_turn_does_not_last_for_ever) {
  trial_line line;
  EXPECT_TRUE(line.enter(suspect(1), start));
  EXPECT_FALSE(line.enter(suspect(2), start));
  EXPECT_EQ(line.due(), after_a_turn);
  EXPECT_NE(line.out(after_a_turn - milliseconds{1}), nullptr);
  EXPECT_EQ(line.out(after_a_turn), nullptr);
  EXPECT_EQ(line.next(after_a_turn), suspect(2));
  EXPECT_TRUE(line.enter(suspect(2), after_a_turn));
}

} // namespace trial_line_cases
