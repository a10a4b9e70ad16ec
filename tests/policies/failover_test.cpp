#include "policies/failover.hpp"

#include <gtest/gtest.h>

namespace troupe {
namespace failover_cases {

timestamp at_s(std::int64_t s) {
  return timestamp{std::chrono::hours{1}} + std::chrono::seconds{s};
}

/// One node in each of these regions.
member_table world(std::initializer_list<const char*> there, std::vector<region_duty> duties = {}) {
  member_table t;
  for (const auto* region : there) {
    member m;
    m.node = std::string{"n-"} + region;
    m.region = region;
    m.state = member_state::up;
    t.rows.push_back(m);
  }
  t.duties = std::move(duties);
  return t;
}

failover_settings plan(region_return back = region_return::automatic) {
  return {{{"eu", {"us", "ap"}}, {"us", {"eu"}}, {"ap", {}}}, back, milliseconds{60000}};
}

TEST(failover, a_healthy_world_stays_as_it_is) {
  failover f{plan()};
  EXPECT_FALSE(f.decide(world({"eu", "us", "ap"}), at_s(0)));
  EXPECT_EQ(f.next_timer(), no_deadline);
}

TEST(failover, the_first_backup_that_is_there_takes_over_at_once) {
  failover f{plan()};
  const auto d = f.decide(world({"us", "ap"}), at_s(0));
  ASSERT_TRUE(d);
  EXPECT_EQ(d->duty, (region_duty{"eu", "us"}));
  EXPECT_EQ(d->why, "eu is gone");
  failover g{plan()};
  EXPECT_EQ(g.decide(world({"ap"}), at_s(0))->duty, (region_duty{"eu", "ap"}));
}

TEST(failover, a_region_without_backups_waits_for_itself) {
  failover f{plan()};
  EXPECT_FALSE(f.decide(world({"eu", "us"}), at_s(0)));
}

TEST(failover, a_backup_that_is_lost_too_is_replaced) {
  failover f{plan()};
  const auto d = f.decide(world({"ap"}, {{"eu", "us"}}), at_s(0));
  ASSERT_TRUE(d);
  EXPECT_EQ(d->duty, (region_duty{"eu", "ap"}));
  EXPECT_EQ(d->why, "us is gone");
}

TEST(failover, members_that_may_own_nothing_are_no_region) {
  auto t = world({"eu", "us"});
  t.rows[0].cut_off = true;
  EXPECT_EQ(failover{plan()}.decide(t, at_s(0))->duty, (region_duty{"eu", "us"}));
  t.rows[0].cut_off = false;
  t.rows[0].state = member_state::leaving;
  EXPECT_EQ(failover{plan()}.decide(t, at_s(0))->duty, (region_duty{"eu", "us"}));
}

TEST(failover, a_region_returns_by_itself_only_after_it_has_been_stable) {
  failover f{plan()};
  const std::vector<region_duty> moved{{"eu", "us"}};
  EXPECT_FALSE(f.decide(world({"us"}, moved), at_s(0)));
  EXPECT_FALSE(f.decide(world({"eu", "us"}, moved), at_s(10)));
  EXPECT_EQ(f.next_timer(), at_s(70));
  EXPECT_FALSE(f.decide(world({"us"}, moved), at_s(60))); // gone once more: counted anew
  EXPECT_FALSE(f.decide(world({"eu", "us"}, moved), at_s(65)));
  EXPECT_FALSE(f.decide(world({"eu", "us"}, moved), at_s(124)));
  const auto d = f.decide(world({"eu", "us"}, moved), at_s(125));
  ASSERT_TRUE(d);
  EXPECT_EQ(d->duty, (region_duty{"eu", "eu"}));
  EXPECT_FALSE(f.decide(world({"eu", "us"}, {d->duty}), at_s(126)));
}

TEST(failover, a_region_returns_by_command_when_it_is_there) {
  failover f{plan(region_return::command)};
  const std::vector<region_duty> moved{{"eu", "us"}};
  EXPECT_FALSE(f.command_return("eu", world({"us"}, moved)));
  EXPECT_FALSE(f.command_return("mars", world({"us"}, moved)));
  EXPECT_FALSE(f.command_return("us", world({"eu", "us"}, moved)));
  const auto both = world({"eu", "us"}, moved);
  EXPECT_FALSE(f.decide(both, at_s(0)));
  EXPECT_FALSE(f.decide(both, at_s(100000)));
  EXPECT_TRUE(f.command_return("eu", both));
  const auto d = f.decide(both, at_s(100001));
  ASSERT_TRUE(d);
  EXPECT_EQ(d->why, "eu was told to return");
  // Somebody else has written something in between: it is not forgotten.
  EXPECT_TRUE(f.decide(both, at_s(100002)));
  EXPECT_FALSE(f.decide(world({"eu", "us"}, {{"eu", "eu"}}), at_s(100003)));
  EXPECT_FALSE(f.decide(both, at_s(100004)));
}

TEST(failover, a_command_is_forgotten_when_the_region_is_gone_again) {
  failover f{plan(region_return::command)};
  const std::vector<region_duty> moved{{"eu", "us"}};
  ASSERT_TRUE(f.command_return("eu", world({"eu", "us"}, moved)));
  EXPECT_FALSE(f.decide(world({"us"}, moved), at_s(1)));
  EXPECT_FALSE(f.decide(world({"eu", "us"}, moved), at_s(2)));
}

TEST(failover, a_region_that_is_back_replaces_a_lost_backup_at_once) {
  failover f{plan(region_return::command)};
  const auto d = f.decide(world({"eu", "ap"}, {{"eu", "us"}}), at_s(0));
  ASSERT_TRUE(d);
  EXPECT_EQ(d->duty, (region_duty{"eu", "eu"}));
}

TEST(failover, a_session_has_the_home_that_was_recorded_first) {
  const std::vector<std::string> regions{"eu", "us"};
  EXPECT_EQ(choose_home(regions, "us", "eu", "eu").region, "us");
  EXPECT_EQ(choose_home(regions, "", "us", "eu").region, "us");
  EXPECT_EQ(choose_home(regions, "", "mars", "us").region, "us");
  EXPECT_EQ(choose_home(regions, "", "", "mars").region, "eu");
  EXPECT_EQ(choose_home({}, "", "", "mars").region, "");
}

TEST(failover, a_region_that_is_still_starting_is_waited_for) {
  failover_settings settings;
  settings.regions = {{"eu", {"us"}}, {"us", {"eu"}}};
  settings.back = region_return::command;
  settings.start_wait = milliseconds{10000};
  member up;
  up.node = "u1";
  up.region = "us";
  up.state = member_state::up;
  member_table table;
  table.rows = {up};
  const timestamp start{std::chrono::seconds{1000}};
  failover f{settings};
  EXPECT_FALSE(f.decide(table, start));
  EXPECT_EQ(f.next_timer(), start + milliseconds{10000});
  const auto late = f.decide(table, start + milliseconds{10000});
  ASSERT_TRUE(late);
  EXPECT_EQ(late->duty, (region_duty{"eu", "us"}));
  // One that has been there is stood in for at once.
  failover g{settings};
  up.node = "e1";
  up.region = "eu";
  table.rows.insert(table.rows.begin(), up);
  EXPECT_FALSE(g.decide(table, start));
  table.rows[0].state = member_state::down;
  EXPECT_TRUE(g.decide(table, start + milliseconds{1}));
}

} // namespace failover_cases
} // namespace troupe
