#include "tests/policies/cluster_world.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

namespace troupe {
namespace ownership_simulation_cases {

using testing::cluster_world;

/// TROUPE_SEED repeats one run, TROUPE_SEEDS makes more of them.
std::vector<std::uint32_t> seeds(std::uint32_t count) {
  if (const char* one = std::getenv("TROUPE_SEED"))
    return {static_cast<std::uint32_t>(std::strtoul(one, nullptr, 10))};
  if (const char* many = std::getenv("TROUPE_SEEDS"))
    count = static_cast<std::uint32_t>(std::strtoul(many, nullptr, 10));
  std::vector<std::uint32_t> out;
  for (std::uint32_t s = 1; s <= count; ++s)
    out.push_back(s);
  return out;
}

std::vector<std::pair<std::string, std::string>> nodes(std::uint32_t n) {
  std::vector<std::pair<std::string, std::string>> out;
  for (std::uint32_t i = 0; i < n; ++i)
    out.emplace_back("n" + std::to_string(i), "");
  return out;
}

const shard_layout one_region{{}, 12};
const shard_layout three_regions{{"eu", "us", "ap"}, 4};
const failover_settings three_plans{
    {{"eu", {"us", "ap"}}, {"us", {"eu", "ap"}}, {"ap", {"us", "eu"}}},
    region_return::automatic,
    milliseconds{5000}};

std::vector<std::pair<std::string, std::string>> two_each() {
  return {{"e1", "eu"}, {"e2", "eu"}, {"u1", "us"}, {"u2", "us"}, {"a1", "ap"}, {"a2", "ap"}};
}

/// Everybody is up, everything has one owner.
void settle(cluster_world& w, milliseconds most = milliseconds{40000}) {
  ASSERT_TRUE(w.run_until([&] { return w.disagreement().empty(); }, most)) << w.disagreement();
  EXPECT_EQ(w.broken(), "");
}

void start_all(cluster_world& w) {
  for (auto& [id, n] : w.nodes())
    w.start(id);
  settle(w);
}

TEST(ownership_simulation, a_killed_node_is_replaced_within_a_second) {
  milliseconds worst{0};
  for (const auto seed : seeds(30)) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    cluster_world w{seed, nodes(3 + seed % 3), one_region};
    start_all(w);
    if (HasFatalFailure())
      return;
    w.run(milliseconds{w.below(1000)});
    w.kill("n0");
    const auto noticed = w.run_until([&] { return w.down("n0"); }, milliseconds{5000});
    ASSERT_TRUE(noticed);
    worst = std::max(worst, *noticed);
    const auto taken = w.run_until(
        [&] {
          for (const auto& s : w.shards())
            if (w.serving(s).size() != 1)
              return false;
          return true;
        },
        milliseconds{5000});
    ASSERT_TRUE(taken);
    EXPECT_LE(*noticed + *taken, milliseconds{1000});
    EXPECT_EQ(w.broken(), "");
  }
  RecordProperty("worst_ms", static_cast<int>(worst.count()));
  EXPECT_LE(worst, milliseconds{1000});
}

TEST(ownership_simulation, a_frozen_or_cut_off_node_is_replaced_within_two_seconds) {
  milliseconds worst{0};
  for (const auto seed : seeds(30)) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    cluster_world w{seed, nodes(3 + seed % 3), one_region};
    start_all(w);
    if (HasFatalFailure())
      return;
    w.run(milliseconds{w.below(1000)});
    const bool freeze = seed % 2 == 0;
    if (freeze)
      w.freeze("n0");
    else
      for (auto& [id, n] : w.nodes())
        if (id != "n0")
          w.cut("n0", id);
    const auto noticed = w.run_until([&] { return w.down("n0"); }, milliseconds{5000});
    ASSERT_TRUE(noticed);
    worst = std::max(worst, *noticed);
    w.run(milliseconds{w.below(4000)});
    for (auto& [id, n] : w.nodes())
      if (id != "n0") {
        EXPECT_FALSE(w.down(id)) << id;
        EXPECT_TRUE(n.stops.empty()) << id;
      }
    w.heal();
    settle(w);
  }
  RecordProperty("worst_ms", static_cast<int>(worst.count()));
  EXPECT_LE(worst, milliseconds{2000});
}

TEST(ownership_simulation, a_lost_region_is_replaced_within_three_seconds_and_returns) {
  milliseconds worst{0};
  for (const auto seed : seeds(20)) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    cluster_world w{seed, two_each(), three_regions, three_plans};
    start_all(w);
    if (HasFatalFailure())
      return;
    w.run(milliseconds{10000});
    settle(w);
    for (const auto* id : {"e1", "e2"}) {
      if (seed % 3 == 0)
        w.kill(id);
      else if (seed % 3 == 1)
        w.freeze(id);
      else
        for (const auto* other : {"u1", "u2", "a1", "a2"})
          w.cut(id, other);
    }
    const auto moved = w.run_until(
        [&] { return serving_region(w.table(), "eu") == "us" && w.down("e1") && w.down("e2"); },
        milliseconds{8000});
    ASSERT_TRUE(moved);
    worst = std::max(worst, *moved);
    const auto served = w.run_until(
        [&] {
          for (std::uint32_t s = 0; s < 4; ++s) {
            const auto by = w.serving({"support", s});
            if (std::count_if(by.begin(), by.end(),
                              [&](const auto& id) { return w.of(id).region == "us"; }) != 1)
              return false;
          }
          return true;
        },
        milliseconds{3000});
    ASSERT_TRUE(served);
    w.heal();
    ASSERT_TRUE(
        w.run_until([&] { return serving_region(w.table(), "eu") == "eu"; }, milliseconds{30000}));
    settle(w);
  }
  RecordProperty("worst_ms", static_cast<int>(worst.count()));
  EXPECT_LE(worst, milliseconds{3000});
}

TEST(ownership_simulation, the_last_of_three_goes_on_alone_within_three_seconds) {
  milliseconds worst{0};
  for (const auto seed : seeds(20)) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    cluster_world w{seed, nodes(3), one_region};
    start_all(w);
    if (HasFatalFailure())
      return;
    w.run(milliseconds{w.below(3000)});
    for (const auto* id : {"n1", "n2"})
      if (seed % 2 == 0)
        w.kill(id);
      else
        w.freeze(id);
    const auto noticed =
        w.run_until([&] { return w.down("n1") && w.down("n2"); }, milliseconds{8000});
    ASSERT_TRUE(noticed);
    worst = std::max(worst, *noticed);
    EXPECT_TRUE(w.of("n0").stops.empty());
    w.heal();
    settle(w);
  }
  RecordProperty("worst_ms", static_cast<int>(worst.count()));
  EXPECT_LE(worst, milliseconds{3000});
}

TEST(ownership_simulation, nobody_dies_of_a_store_that_is_away) {
  for (const auto seed : seeds(20)) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    cluster_world w{seed, nodes(2 + seed % 4), one_region};
    start_all(w);
    if (HasFatalFailure())
      return;
    const auto version = w.table().version;
    // All of them, some, or one; it ends for each at another time.
    for (auto& [id, n] : w.nodes())
      if (seed % 3 == 0 || w.below(seed % 3 + 1) == 0 || id == "n0")
        w.store(id, false);
    w.run(milliseconds{1000 + w.below(30000)});
    for (auto& [id, n] : w.nodes()) {
      w.store(id, true);
      w.run(milliseconds{w.below(3000)});
    }
    settle(w);
    for (auto& [id, n] : w.nodes())
      EXPECT_TRUE(n.stops.empty()) << id << ": " << n.stops.front();
    EXPECT_GE(w.table().version, version);
  }
}

TEST(ownership_simulation, whatever_happens_the_promises_hold_and_in_the_end_all_agree) {
  for (const auto seed : seeds(24)) {
    SCOPED_TRACE("seed " + std::to_string(seed) + " (TROUPE_SEED repeats it)");
    const bool world_wide = seed % 2 == 0;
    cluster_world w{seed, world_wide ? two_each() : nodes(2 + seed % 5),
                    world_wide ? three_regions : one_region,
                    world_wide ? three_plans : failover_settings{}};
    for (auto& [id, n] : w.nodes()) {
      w.start(id);
      w.run(milliseconds{w.below(500)});
    }
    std::vector<std::string> ids;
    for (auto& [id, n] : w.nodes())
      ids.push_back(id);
    const auto any = [&] { return ids[w.below(static_cast<std::uint32_t>(ids.size()))]; };
    for (int fault = 0; fault < 40 && w.broken().empty(); ++fault) {
      const auto x = any();
      const auto y = any();
      switch (w.below(12)) {
      case 0:
        w.kill(x);
        break;
      case 1:
        w.start(x);
        break;
      case 2:
        w.freeze(x);
        break;
      case 3:
        w.thaw(x);
        break;
      case 4:
        if (x != y)
          w.cut(x, y);
        break;
      case 5:
        w.cut(x, y, false);
        break;
      case 6:
        for (const auto& other : ids)
          if (w.of(other).region != w.of(x).region || !world_wide)
            if (other != x)
              w.cut(x, other);
        break;
      case 7:
        w.store(x, false);
        break;
      case 8:
        w.store(x, true);
        break;
      case 9:
        for (const auto& id : ids)
          w.store(id, w.below(2) == 0);
        break;
      case 10:
        w.slow_store(w.below(2) == 0);
        break;
      default:
        if (w.below(3) == 0)
          w.leave(x);
        else
          w.heal();
      }
      w.run(milliseconds{w.below(4000)});
    }
    EXPECT_EQ(w.broken(), "");
    w.heal();
    const auto agreed = w.run_until([&] { return w.disagreement().empty(); }, milliseconds{30000});
    EXPECT_TRUE(agreed) << w.disagreement();
    EXPECT_EQ(w.broken(), "");
    if (HasFailure())
      return;
  }
}

} // namespace ownership_simulation_cases
} // namespace troupe
