#include "policies/node_placement.hpp"

#include <gtest/gtest.h>

#include <set>

namespace troupe {
namespace node_placement_cases {

host node(const std::string& id, std::vector<std::string> labels = {}, std::uint64_t memory = 0,
          const std::string& region = "eu") {
  host h;
  h.row.node = id;
  h.row.incarnation = 1;
  h.row.state = member_state::up;
  h.row.region = region;
  h.row.labels = std::move(labels);
  if (memory > 0)
    h.row.offers["memory_mb"] = memory;
  return h;
}

using order = placement_order::kind;

TEST(node_placement, what_is_hard_is_satisfied_or_said) {
  placement_needs needs{{"gpu"}, {{"memory_mb", 1000}}, {"eu"}, {}};
  std::vector<host> hosts{node("a"), node("b", {"gpu"}, 500), node("c", {"gpu"}, 4000, "us"),
                          node("d", {"gpu"}, 4000), node("e", {"gpu"}, 4000)};
  hosts[4].draining = true;
  EXPECT_EQ(place_replica("s/x#1", needs, hosts, {}).node, "d");
  hosts[3].used["memory_mb"] = 3001;
  const auto none = place_replica("s/x#1", needs, hosts, {});
  EXPECT_EQ(none.node, "");
  EXPECT_EQ(none.why, "1 node is draining; 1 node is in the region us; 1 node lacks the label gpu; "
                      "2 nodes have too little memory_mb");
  EXPECT_EQ(place_replica("s/x#1", needs, {}, {}).why, "there are no nodes");
  hosts[3].row.state = member_state::down;
  EXPECT_EQ(place_replica("s/x#1", {}, {hosts[3]}, {}).why, "1 node is not up");
}

TEST(node_placement, used_more_than_offered_is_full_not_endless) {
  auto h = node("a", {}, 1000);
  h.used["memory_mb"] = 5000;
  EXPECT_EQ(place_replica("x", {{}, {{"memory_mb", 1}}, {}, {}}, {h}, {}).node, "");
}

TEST(node_placement, replicas_are_spread_then_near_then_where_it_is_quiet) {
  std::vector<host> hosts{node("a"), node("b"), node("c", {}, 0, "us")};
  placement_needs needs;
  needs.near = "us";
  EXPECT_EQ(place_replica("x", needs, hosts, {}).node, "c");
  EXPECT_NE(place_replica("x", needs, hosts, {{"c", 1}}).node, "c");
  hosts[0].load = 0.9;
  EXPECT_EQ(place_replica("x", needs, hosts, {{"c", 1}}).node, "b");
  EXPECT_EQ(place_replica("x", needs, hosts, {{"c", 1}, {"b", 1}}).node, "a");
  EXPECT_EQ(place_replica("x", needs, hosts, {{"c", 1}, {"b", 1}, {"a", 1}}).node, "c");
}

TEST(node_placement, equals_are_shared_out_by_the_replicas_id) {
  const std::vector<host> hosts{node("a"), node("b"), node("c")};
  std::set<std::string> seen;
  for (int i = 0; i < 30; ++i) {
    const auto id = "x#" + std::to_string(i);
    const auto first = place_replica(id, {}, hosts, {}).node;
    EXPECT_EQ(place_replica(id, {}, {hosts[2], hosts[0], hosts[1]}, {}).node, first);
    seen.insert(first);
  }
  EXPECT_EQ(seen.size(), 3u);
}

TEST(node_placement, only_the_replicas_of_a_lost_node_move) {
  std::vector<wanted_replica> wanted;
  for (int i = 0; i < 6; ++i)
    wanted.push_back({"x#" + std::to_string(i), "x", {}, i % 2 ? "a" : "b", 1});
  std::vector<host> hosts{node("a"), node("b"), node("c")};
  EXPECT_TRUE(place_all(wanted, hosts, 10).empty());
  hosts[1].row.incarnation = 2; // it has come back, without them
  const auto orders = place_all(wanted, hosts, 10);
  ASSERT_EQ(orders.size(), 3u);
  for (const auto& o : orders) {
    EXPECT_EQ(o.what, order::start);
    EXPECT_NE(o.node, "a"); // it has three of them already
  }
}

TEST(node_placement, a_storm_is_let_through_in_portions) {
  std::vector<wanted_replica> wanted;
  for (int i = 0; i < 100; ++i)
    wanted.push_back({"x#" + std::to_string(i), "x", {}, "gone", 1});
  const std::vector<host> hosts{node("a"), node("b")};
  std::size_t calls = 0;
  for (;; ++calls) {
    ASSERT_LT(calls, 20u);
    const auto orders = place_all(wanted, hosts, 10);
    std::map<std::string, int> starts;
    for (const auto& o : orders)
      if (o.what == order::start) {
        ++starts[o.node];
        auto w = std::find_if(wanted.begin(), wanted.end(),
                              [&](const auto& x) { return x.id == o.replica; });
        w->node = o.node;
      }
    for (const auto& [id, count] : starts)
      EXPECT_LE(count, 10) << id;
    if (orders.empty())
      break;
  }
  EXPECT_EQ(calls, 5u);
}

TEST(node_placement, one_call_does_not_promise_the_same_memory_twice) {
  std::vector<wanted_replica> wanted;
  for (int i = 0; i < 3; ++i)
    wanted.push_back({"x#" + std::to_string(i), "x", {{}, {{"memory_mb", 600}}, {}, {}}, {}, 0});
  const auto orders = place_all(wanted, {node("a", {}, 1000), node("b", {}, 1000)}, 10);
  ASSERT_EQ(orders.size(), 3u);
  EXPECT_EQ(orders[0].what, order::start);
  EXPECT_EQ(orders[1].what, order::start);
  EXPECT_EQ(orders[2].what, order::unsatisfied);
  EXPECT_EQ(orders[2].why, "2 nodes have too little memory_mb");
}

TEST(node_placement, what_was_unsatisfiable_starts_when_a_fitting_node_joins) {
  const std::vector<wanted_replica> wanted{{"x#1", "x", {{"gpu"}, {}, {}, {}}, {}, 0}};
  std::vector<host> hosts{node("a")};
  EXPECT_EQ(place_all(wanted, hosts, 1).at(0).what, order::unsatisfied);
  hosts.push_back(node("g", {"gpu"}));
  const auto orders = place_all(wanted, hosts, 1);
  EXPECT_EQ(orders.at(0).what, order::start);
  EXPECT_EQ(orders.at(0).node, "g");
}

} // namespace node_placement_cases
} // namespace troupe
