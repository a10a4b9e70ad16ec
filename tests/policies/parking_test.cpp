// Requests that wait for a shard.
#include "policies/parking.hpp"

#include <gtest/gtest.h>

#include <string>

namespace troupe {
namespace parking_cases {

using lot_of_names = parking_lot<std::string>;
using numbers = std::vector<std::uint64_t>;

timestamp at_ms(std::int64_t ms) {
  return timestamp{std::chrono::hours{1}} + milliseconds{ms};
}

numbers take_all(lot_of_names& lot, const std::string& shard) {
  numbers out;
  while (const auto next = lot.first(shard)) {
    out.push_back(*next);
    lot.leave(*next);
  }
  return out;
}

TEST(parking, what_waits_leaves_once_in_order_or_at_its_time) {
  lot_of_names lot;
  EXPECT_TRUE(lot.park("support", 1, 10, at_ms(100)));
  EXPECT_TRUE(lot.park("billing", 2, 10, at_ms(200)));
  EXPECT_TRUE(lot.park("support", 3, 10, at_ms(50)));
  EXPECT_TRUE(lot.park("support", 4, 10, no_deadline));
  EXPECT_EQ(lot.shards(), (std::vector<std::string>{"support", "billing"}));
  EXPECT_TRUE(lot.waits_for("support"));
  EXPECT_FALSE(lot.waits_for("sales"));
  EXPECT_EQ(lot.expire(at_ms(49)), numbers{});
  EXPECT_EQ(lot.expire(at_ms(60)), numbers{3});
  EXPECT_EQ(take_all(lot, "support"), (numbers{1, 4}));
  EXPECT_FALSE(lot.waits_for("support"));
  EXPECT_EQ(lot.first("support"), std::nullopt);
  EXPECT_EQ(lot.bytes(), 10u);
  EXPECT_EQ(lot.expire(at_ms(1000)), numbers{2});
  EXPECT_TRUE(lot.empty());
  EXPECT_EQ(lot.size(), 0u);
  EXPECT_EQ(lot.bytes(), 0u);
}

TEST(parking, is_bounded) {
  lot_of_names lot{{3, 2, 100}};
  EXPECT_TRUE(lot.park("support", 1, 10, no_deadline));
  EXPECT_FALSE(lot.park("support", 2, 91, no_deadline)) << "too many bytes";
  EXPECT_TRUE(lot.park("support", 3, 10, no_deadline));
  EXPECT_FALSE(lot.park("support", 4, 10, no_deadline)) << "too many for one shard";
  EXPECT_TRUE(lot.park("billing", 5, 10, at_ms(1000)));
  EXPECT_FALSE(lot.park("billing", 6, 10, no_deadline)) << "too many in all";
  EXPECT_EQ(lot.size(), 3u);
  EXPECT_EQ(lot.expire(at_ms(1000)), numbers{5});
  EXPECT_TRUE(lot.park("billing", 7, 80, no_deadline));
  EXPECT_EQ(lot.bytes(), 100u);
  // Whoever waits no longer makes room, once.
  lot.leave(1);
  lot.leave(1);
  EXPECT_EQ(lot.bytes(), 90u);
  EXPECT_TRUE(lot.park("support", 8, 10, no_deadline));
  EXPECT_EQ(take_all(lot, "support"), (numbers{3, 8}));
}

TEST(parking, what_cannot_be_refused_stands_in_the_same_line_and_takes_no_room) {
  lot_of_names lot{{1, 1, 100}};
  for (std::uint64_t i = 1; i <= 5; ++i)
    lot.hold("support", i, no_deadline);
  EXPECT_TRUE(lot.park("support", 6, 100, no_deadline));
  EXPECT_FALSE(lot.park("support", 7, 0, no_deadline));
  lot.hold("support", 8, at_ms(10));
  EXPECT_EQ(lot.size(), 1u);
  EXPECT_EQ(lot.expire(at_ms(10)), numbers{8});
  EXPECT_EQ(take_all(lot, "support"), (numbers{1, 2, 3, 4, 5, 6}));
  EXPECT_TRUE(lot.empty());
}

} // namespace parking_cases
} // namespace troupe
