#include "policies/standstill.hpp"

#include <gtest/gtest.h>

using namespace troupe;
using namespace std::chrono_literals;

namespace standstill_cases {

constexpr timestamp at(milliseconds since) {
  return timestamp{std::chrono::hours{1}} + since;
}

TEST(standstill, is_known_by_a_timer_that_comes_late) {
  const struct {
    milliseconds due, now;
    bool noticed;
  } table[] = {
      {0ms, 0ms, false},   {0ms, 1ms, false},   {0ms, 2000ms, false},
      {0ms, 2001ms, true}, {500ms, 0ms, false}, {0ms, std::chrono::hours{24}, true},
  };
  for (const auto& row : table) {
    standstill s;
    EXPECT_EQ(s.noticed(at(row.due), at(row.now)), row.noticed) << row.now.count();
    EXPECT_EQ(s.excuses(reason::timeout, no_deadline, at(row.now)), row.noticed);
    // Before the timer is heard of, what comes of it may be.
    EXPECT_EQ(standstill{}.excuses(reason::timeout, at(row.due), at(row.now)), row.noticed);
  }
}

TEST(standstill, puts_off_what_is_overdue_by_a_moment_and_excuses_nothing_but_time) {
  standstill s;
  EXPECT_EQ(s.heeded(at(0ms)), at(0ms));
  ASSERT_TRUE(s.noticed(at(0ms), at(10s)));
  EXPECT_EQ(s.heeded(at(0ms)), at(11s));
  EXPECT_EQ(s.heeded(at(20s)), at(20s));
  EXPECT_FALSE(s.noticed(at(11s), at(11s) + 1ms));
  EXPECT_TRUE(s.excuses(reason::timeout, no_deadline, at(11s) + 1ms));
  EXPECT_FALSE(s.excuses(reason::crash, no_deadline, at(11s) + 1ms));
  EXPECT_FALSE(s.excuses(reason::timeout, no_deadline, at(12s) + 1ms));
}

TEST(standstill, puts_off_only_the_first_of_timers_that_are_all_late) {
  standstill s;
  EXPECT_TRUE(s.noticed(at(0ms), at(10s)));
  EXPECT_FALSE(s.noticed(at(11s), at(20s)));
  EXPECT_TRUE(s.excuses(reason::timeout, no_deadline, at(20s)));
  EXPECT_FALSE(s.noticed(at(21s), at(30s)));
  EXPECT_FALSE(s.noticed(at(31s), at(31s)));
  EXPECT_TRUE(s.noticed(at(32s), at(40s)));
}

} // namespace standstill_cases
