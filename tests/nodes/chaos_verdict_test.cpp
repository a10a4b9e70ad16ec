// What `troupe chaos` makes of what it has seen.
#include "nodes/cli/chaos_verdict.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace chaos_verdict_cases {

using namespace troupe::cli;
using testing::HasSubstr;
using testing::Not;

/// 1,000 messages, all of them answered and nothing wrong.
chaos_report a_good_run() {
  chaos_report x;
  x.load.asked = x.load.answered = 1000;
  x.books = chaos_books{1000, 1000, 0, 0};
  return x;
}

TEST(chaos_verdict, nothing_lost_and_nothing_failed_is_good) {
  const auto x = a_good_run();
  EXPECT_TRUE(x.good());
  EXPECT_EQ(document_of(x)["good"], true);
  EXPECT_THAT(text_of(x), HasSubstr("the cluster stood it"));
}

TEST(chaos_verdict, a_run_in_which_every_task_failed_is_not_good) {
  auto x = a_good_run();
  x.load.failed = x.load.answered;
  EXPECT_EQ(x.lost(), 0u);
  EXPECT_FALSE(x.good());
  EXPECT_EQ(document_of(x)["good"], false);
  EXPECT_THAT(text_of(x), HasSubstr("failed    1000 of 1000, more than a share of 0.01"));
  EXPECT_THAT(text_of(x), HasSubstr("the cluster did not stand it"));
}

TEST(chaos_verdict, as_many_may_fail_as_was_said) {
  auto x = a_good_run();
  x.load.failed = 10;
  EXPECT_TRUE(x.good());
  EXPECT_THAT(text_of(x), Not(HasSubstr("more than a share")));
  x.load.failed = 11;
  EXPECT_FALSE(x.good());
  x.most_failed = 0.5;
  EXPECT_TRUE(x.good());
  x.most_failed = 0;
  x.load.failed = 1;
  EXPECT_FALSE(x.good());
}

TEST(chaos_verdict, whatever_is_lost_doubled_or_unanswered_is_not_good) {
  auto x = a_good_run();
  x.books->ended = 999;
  EXPECT_EQ(x.lost(), 1u);
  EXPECT_FALSE(x.good());
  x = a_good_run();
  x.books->doubled = 1;
  EXPECT_FALSE(x.good());
  x = a_good_run();
  x.load.skipped = 1;
  EXPECT_FALSE(x.good());
  x = a_good_run();
  x.load = {};
  x.books = chaos_books{};
  EXPECT_FALSE(x.good()) << "nobody has asked anything";
}

} // namespace chaos_verdict_cases
