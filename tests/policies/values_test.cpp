#include "policies/deadline.hpp"
#include "policies/dice.hpp"
#include "policies/placement.hpp"
#include "policies/priority.hpp"
#include "policies/retry.hpp"

#include <troupe/task.hpp>

#include <gtest/gtest.h>

#include <limits>
#include <set>

namespace troupe {
namespace values_cases {

timestamp at_ms(std::int64_t ms) {
  return timestamp{milliseconds{ms}};
}

TEST(task_id, names_its_shard_and_grows_with_time) {
  std::string before;
  for (std::uint32_t shard : {0u, 1u, 7u, 16u, 255u}) {
    const auto id = make_task_id(at_ms(1700000000000 + shard), 0xFFFFFFFFFFFFFFFF, shard);
    EXPECT_EQ(id.size(), 28u);
    EXPECT_EQ(shard_of_task_id(id), shard);
    EXPECT_GT(id, before);
    before = id;
    EXPECT_EQ(shard_of_task_id(child_task_id(id, 12)), shard);
    EXPECT_EQ(child_task_id(id, 12), id + ".12");
  }
  EXPECT_EQ(make_task_id(at_ms(0x123), 0xABC, 2), "00000000012300000000000abc02");
}

TEST(task_id, foreign_ids_have_no_shard) {
  for (const char* id : {"", ".", "5", "00000000012300000000000abc0",
                         "00000000012300000000000abc022", "00000000012300000000000ABC02",
                         "0000000001230000000000 abc02", ".00000000012300000000000abc02"})
    EXPECT_EQ(shard_of_task_id(id), std::nullopt) << id;
}

TEST(retry, waits_double_up_to_a_bound_and_are_spread) {
  const retry_spec spec;
  const struct {
    std::uint32_t retry;
    std::int64_t least;
  } table[] = {{0, 1000},  {1, 1000},  {2, 2000},   {3, 4000},    {4, 8000},
               {5, 16000}, {6, 30000}, {60, 30000}, {4000, 30000}};
  for (const auto& row : table) {
    EXPECT_EQ(backoff(spec, row.retry, 0).count(), row.least) << row.retry;
    EXPECT_EQ(backoff(spec, row.retry, 0.5).count(), row.least * 11 / 10) << row.retry;
    EXPECT_LT(backoff(spec, row.retry, 0.999999).count(), row.least * 12 / 10) << row.retry;
  }
  retry_spec none = spec;
  none.min_backoff = milliseconds{0};
  EXPECT_EQ(backoff(none, 5000, 0.5).count(), 0);
  retry_spec narrow = spec;
  narrow.max_backoff = milliseconds{500};
  EXPECT_EQ(backoff(narrow, 1, 0).count(), 500);
}

TEST(deadline, adds_without_overflow) {
  constexpr auto most = milliseconds::max();
  constexpr auto least = milliseconds::min();
  EXPECT_EQ(later(at_ms(5), milliseconds{7}), at_ms(12));
  EXPECT_EQ(later(at_ms(5), milliseconds{0}), at_ms(5));
  EXPECT_EQ(later(at_ms(5), milliseconds{-1}), at_ms(5));
  EXPECT_EQ(later(at_ms(5), least), at_ms(5));
  EXPECT_EQ(later(at_ms(5), most), no_deadline);
  EXPECT_EQ(later(no_deadline, milliseconds{1}), no_deadline);
  EXPECT_EQ(later(no_deadline, milliseconds{0}), no_deadline);
  EXPECT_EQ(later(no_deadline - milliseconds{10}, milliseconds{10}), no_deadline);
  EXPECT_LT(later(no_deadline - milliseconds{10}, milliseconds{9}), no_deadline);
  EXPECT_EQ(later(timestamp::min(), most), no_deadline);
  EXPECT_EQ(later(at_ms(-10), milliseconds{20}), at_ms(10));
}

TEST(deadline, a_part_never_outlives_the_whole) {
  EXPECT_EQ(inherit(at_ms(100), at_ms(10), milliseconds{0}), at_ms(100));
  EXPECT_EQ(inherit(at_ms(100), at_ms(10), milliseconds{50}), at_ms(60));
  EXPECT_EQ(inherit(at_ms(100), at_ms(10), milliseconds{500}), at_ms(100));
  EXPECT_EQ(inherit(no_deadline, at_ms(10), milliseconds::max()), no_deadline);
}

TEST(deadline, what_is_left_is_never_negative) {
  EXPECT_EQ(left(at_ms(100), at_ms(30)).count(), 70);
  EXPECT_EQ(left(at_ms(100), at_ms(100)).count(), 0);
  EXPECT_EQ(left(at_ms(100), at_ms(101)).count(), 0);
  EXPECT_EQ(left(timestamp::min(), timestamp::max()).count(), 0);
  EXPECT_GT(left(timestamp::max(), timestamp::min()).count(), 0);
}

TEST(urgency, moves_within_the_scale) {
  using enum priority;
  EXPECT_EQ(raised(medium, 0), medium);
  EXPECT_EQ(raised(medium, 1), high);
  EXPECT_EQ(raised(medium, 2), urgent);
  EXPECT_EQ(raised(medium, 200), urgent);
  EXPECT_EQ(raised(medium, -1), low);
  EXPECT_EQ(raised(medium, -200), low);
  EXPECT_EQ(raised(urgent, -1), high);
  EXPECT_EQ(more_urgent(low, high), high);
  EXPECT_EQ(more_urgent(urgent, high), urgent);
}

TEST(dice, are_the_same_for_the_same_seed_and_spread_evenly) {
  dice_box a{1}, b{1}, c{2};
  std::set<std::uint64_t> seen;
  double sum = 0;
  for (int i = 0; i < 10000; ++i) {
    const auto x = a.draw();
    EXPECT_EQ(x, b.draw());
    EXPECT_NE(x, c.draw());
    seen.insert(x);
    const auto u = unit_interval(x);
    ASSERT_GE(u, 0);
    ASSERT_LT(u, 1);
    sum += u;
  }
  EXPECT_EQ(seen.size(), 10000u);
  EXPECT_NEAR(sum / 10000, 0.5, 0.02);
  EXPECT_LT(unit_interval(std::numeric_limits<std::uint64_t>::max()), 1.0);
}

TEST(placement, is_stable_and_even) {
  // Written down: another value here would move the sessions of a running fleet.
  EXPECT_EQ(stable_hash(std::string_view{""}), scramble(0xCBF29CE484222325ull));
  EXPECT_EQ(shard_for("anything", 1), 0u);
  EXPECT_EQ(shard_for("anything", 0), 0u);
  std::uint32_t counts[8] = {};
  for (int i = 0; i < 8000; ++i) {
    const auto key = "session-" + std::to_string(i);
    const auto shard = shard_for(key, 8);
    ASSERT_LT(shard, 8u);
    EXPECT_EQ(shard, shard_for(key, 8));
    ++counts[shard];
  }
  for (auto n : counts)
    EXPECT_NEAR(n, 1000, 150);
}

} // namespace values_cases
} // namespace troupe
