#include "policies/fault_schedule.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace fault_schedule_cases {

using namespace troupe;

fault_schedule_settings all_kinds(std::uint64_t seed) {
  fault_schedule_settings out;
  out.seed = seed;
  out.duration = milliseconds{120000};
  out.nodes = 5;
  out.kinds = {fault::kill, fault::freeze, fault::cut, fault::slow, fault::garbage, fault::store};
  return out;
}

TEST(fault_schedule, the_same_seed_gives_the_same_faults_and_another_one_others) {
  const auto once = schedule_faults(all_kinds(7));
  const auto again = schedule_faults(all_kinds(7));
  const auto other = schedule_faults(all_kinds(8));
  ASSERT_EQ(once.size(), again.size());
  bool differ = once.size() != other.size();
  for (std::size_t i = 0; i < once.size(); ++i) {
    EXPECT_EQ(once[i].at, again[i].at);
    EXPECT_EQ(once[i].what, again[i].what);
    EXPECT_EQ(once[i].node, again[i].node);
    EXPECT_EQ(once[i].from, again[i].from);
    differ = differ || once[i].at != other[i].at || once[i].what != other[i].what;
  }
  EXPECT_TRUE(differ);
}

TEST(fault_schedule, one_fault_is_over_and_rested_from_before_the_next) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    const auto x = all_kinds(seed);
    const auto all = schedule_faults(x);
    ASSERT_GE(all.size(), x.kinds.size());
    for (std::size_t i = 0; i < all.size(); ++i) {
      EXPECT_LT(all[i].node, x.nodes);
      EXPECT_GE(all[i].lasts, x.shortest);
      EXPECT_LE(all[i].lasts, x.longest);
      EXPECT_LE(all[i].at + all[i].lasts, x.duration);
      EXPECT_EQ(std::count(all[i].from.begin(), all[i].from.end(), all[i].node), 0);
      EXPECT_EQ(all[i].from.empty(), all[i].what != fault::cut && all[i].what != fault::slow);
      if (i > 0) {
        EXPECT_EQ(all[i].at, all[i - 1].at + all[i - 1].lasts + x.rest);
      }
    }
  }
}

TEST(fault_schedule, every_kind_comes_before_one_comes_again) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    const auto all = schedule_faults(all_kinds(seed));
    std::set<fault> first;
    for (std::size_t i = 0; i < 6; ++i)
      first.insert(all[i].what);
    EXPECT_EQ(first.size(), 6u);
  }
}

TEST(fault_schedule, is_empty_without_time_nodes_or_kinds) {
  auto x = all_kinds(1);
  x.duration = milliseconds{1200};
  EXPECT_TRUE(schedule_faults(x).empty());
  x = all_kinds(1);
  x.nodes = 0;
  EXPECT_TRUE(schedule_faults(x).empty());
  x = all_kinds(1);
  x.kinds.clear();
  EXPECT_TRUE(schedule_faults(x).empty());
}

} // namespace fault_schedule_cases
