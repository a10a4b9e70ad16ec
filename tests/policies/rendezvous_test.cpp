#include "policies/rendezvous.hpp"
#include "policies/shard_map.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <string>

namespace troupe {
namespace rendezvous_cases {

std::vector<rendezvous_candidate> nodes(std::uint32_t n, std::uint32_t weight = 100) {
  std::vector<rendezvous_candidate> out;
  for (std::uint32_t i = 0; i < n; ++i)
    out.push_back({stable_hash("node-" + std::to_string(i)), weight});
  return out;
}

std::uint64_t key(std::uint32_t i) {
  return stable_hash("support#" + std::to_string(i));
}

TEST(rendezvous, nobody_owns_what_nobody_can) {
  EXPECT_EQ(rendezvous_pick(1, {}), no_candidate);
  EXPECT_EQ(rendezvous_pick(1, nodes(3, 0)), no_candidate);
  EXPECT_TRUE(rendezvous_order(1, nodes(3, 0), 3).empty());
}

TEST(rendezvous, the_logarithm_is_that_of_the_library) {
  EXPECT_EQ(negative_log2(0), std::uint64_t{64} << 32);
  EXPECT_EQ(negative_log2(std::uint64_t{1} << 63), std::uint64_t{1} << 32);
  EXPECT_EQ(negative_log2(1), std::uint64_t{64} << 32);
  dice_box dice{7};
  for (int i = 0; i < 10000; ++i) {
    const auto h = dice.draw() >> (i % 50);
    if (h == 0)
      continue;
    const auto expected = 64 - std::log2(static_cast<double>(h));
    EXPECT_NEAR(static_cast<double>(negative_log2(h)) * 0x1.0p-32, expected, 1e-8) << h;
  }
}

TEST(rendezvous, a_node_that_goes_moves_only_what_it_had) {
  const auto all = nodes(7);
  for (std::uint32_t gone = 0; gone < all.size(); ++gone) {
    auto rest = all;
    rest[gone].weight = 0;
    for (std::uint32_t i = 0; i < 2000; ++i) {
      const auto before = rendezvous_pick(key(i), all);
      const auto after = rendezvous_pick(key(i), rest);
      if (before != gone)
        EXPECT_EQ(after, before) << "key " << i << " without node " << gone;
      else
        EXPECT_EQ(after, rendezvous_order(key(i), all, 2).at(1));
    }
  }
}

TEST(rendezvous, a_weight_that_grows_only_wins_keys) {
  auto all = nodes(5);
  for (std::uint32_t weight : {101u, 150u, 400u}) {
    auto more = all;
    more[2].weight = weight;
    for (std::uint32_t i = 0; i < 2000; ++i) {
      const auto before = rendezvous_pick(key(i), all);
      const auto after = rendezvous_pick(key(i), more);
      EXPECT_TRUE(after == before || after == 2u) << i;
    }
    all = more;
  }
}

TEST(rendezvous, keys_are_shared_out_by_weight) {
  auto all = nodes(4);
  all[0].weight = 50;
  all[3].weight = 250; // of 500 together
  std::map<std::size_t, int> counts;
  constexpr std::uint32_t keys = 50000;
  for (std::uint32_t i = 0; i < keys; ++i)
    ++counts[rendezvous_pick(key(i), all)];
  for (std::size_t n = 0; n < all.size(); ++n) {
    const double share = all[n].weight / 500.0;
    // Five standard deviations of a binomial.
    EXPECT_NEAR(counts[n], keys * share, 5 * std::sqrt(keys * share * (1 - share))) << n;
  }
}

TEST(rendezvous, the_order_begins_with_the_pick) {
  auto all = nodes(6);
  all[1].weight = 30;
  for (std::uint32_t i = 0; i < 500; ++i) {
    const auto order = rendezvous_order(key(i), all, 3);
    ASSERT_EQ(order.size(), 3u);
    EXPECT_EQ(order[0], rendezvous_pick(key(i), all));
  }
}

member up(const std::string& node, const std::string& region = {}) {
  member m;
  m.node = node;
  m.incarnation = 1;
  m.region = region;
  m.state = member_state::up;
  return m;
}

// These owners must never change: other versions and other machines compute the same.
TEST(shard_map, owners_are_the_same_in_every_version) {
  member_table t{1, {up("a"), up("b"), up("c")}, {}, {}};
  const shard_layout layout{{}, 8};
  EXPECT_EQ(owners_of(t, "support", layout),
            (std::vector<std::string>{"a", "a", "c", "b", "c", "a", "c", "b"}));
  t.rows[2].weight = 300;
  EXPECT_EQ(owners_of(t, "support", layout),
            (std::vector<std::string>{"c", "a", "c", "c", "c", "a", "c", "b"}));
}

// Three nodes are to do 2.2 times the tasks of one. Sessions are spread over shards evenly, so that
// the busiest node may have so many of the shards and no more, whatever the nodes and the domain
// are called.
TEST(shard_map, no_node_of_three_has_so_much_that_the_others_are_of_little_use) {
  const std::vector<std::vector<std::string>> named{
      {"a", "b", "c"}, {"n1", "n2", "n3"}, {"east-1", "east-2", "east-3"}};
  for (const auto& names : named) {
    member_table t{1, {up(names[0]), up(names[1]), up(names[2])}, {}, {}};
    for (const auto* domain : {"desk", "support"})
      for (const std::uint32_t shards : {8u, 16u, 64u}) {
        std::map<std::string, std::uint32_t> counts;
        for (const auto& owner : owners_of(t, domain, {{}, shards}))
          ++counts[owner];
        EXPECT_EQ(counts.size(), 3u)
            << domain << " has nothing to do at one of " << names[0] << "...";
        for (const auto& [node, count] : counts)
          EXPECT_LE(count * 2.2, shards) << node << " of " << domain;
      }
  }
}

TEST(shard_map, only_who_may_own_does) {
  member_table t{1, {up("a"), up("b"), up("c"), up("d"), up("e")}, {}, {}};
  t.rows[0].state = member_state::joining;
  t.rows[1].state = member_state::leaving;
  t.rows[2].cut_off = true;
  t.rows[3].serves = {"billing"};
  for (const auto& owner : owners_of(t, "support", {{}, 16}))
    EXPECT_EQ(owner, "e");
  t.rows[4].state = member_state::down;
  for (const auto& owner : owners_of(t, "support", {{}, 16}))
    EXPECT_EQ(owner, "");
  for (const auto& owner : owners_of(t, "billing", {{}, 16}))
    EXPECT_EQ(owner, "d");
}

TEST(shard_map, a_shard_is_owned_in_the_region_that_serves_its_home) {
  member_table t{1, {up("e1", "eu"), up("e2", "eu"), up("u1", "us"), up("u2", "us")}, {}, {}};
  const shard_layout layout{{"eu", "us"}, 4};
  ASSERT_EQ(layout.shards(), 8u);
  const auto region_of = [&](const std::string& node) { return t.find(node)->region; };
  auto owners = owners_of(t, "support", layout);
  for (std::uint32_t s = 0; s < 8; ++s)
    EXPECT_EQ(region_of(owners[s]), layout.home_of(s)) << s;
  t.duties = {{"eu", "us"}};
  owners = owners_of(t, "support", layout);
  for (std::uint32_t s = 0; s < 8; ++s)
    EXPECT_EQ(region_of(owners[s]), "us") << s;
}

TEST(shard_map, an_id_keeps_its_home_and_its_shard) {
  const shard_layout layout{{"eu", "us", "ap"}, 8};
  for (int i = 0; i < 100; ++i) {
    const auto id = "session-" + std::to_string(i);
    const auto in_eu = layout.shard_of(id, "eu");
    EXPECT_LT(in_eu, 8u);
    EXPECT_EQ(layout.shard_of(id, "ap"), in_eu + 16);
    EXPECT_EQ(layout.home_of(layout.shard_of(id, "us")), "us");
    EXPECT_EQ(layout.shard_of(id, "nowhere"), in_eu);
  }
  EXPECT_EQ(shard_layout{}.home_of(3), "");
}

} // namespace rendezvous_cases
} // namespace troupe
