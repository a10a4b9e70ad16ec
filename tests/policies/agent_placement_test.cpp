#include "policies/agent_placement.hpp"

#include <gtest/gtest.h>

#include <set>

namespace troupe {
namespace agent_placement_cases {

member node(const std::string& id, std::vector<std::string> labels = {},
            const std::string& region = "eu") {
  member m;
  m.node = id;
  m.incarnation = 1;
  m.state = member_state::up;
  m.region = region;
  put_labels(m, labels);
  return m;
}

agent_wish agent(const std::string& name, std::uint32_t replicas, placement_needs needs = {}) {
  agent_wish out{"s", "s/" + name, std::move(needs), {}, replicas};
  for (std::uint32_t i = 1; i <= std::max(replicas, 8u); ++i)
    out.replicas.push_back("s/" + name + "#" + std::to_string(i));
  return out;
}

/// What a placer's write makes of it.
void keep(member_table& table, const placement_records& records) {
  table.placements.clear();
  for (const auto& [domain, record] : records)
    table.placements.push_back({domain, record.text()});
  ++table.version;
}

std::map<std::string, std::size_t> by_node(const placement_records& records) {
  std::map<std::string, std::size_t> out;
  for (const auto& [domain, record] : records)
    for (const auto& [id, r] : record.replicas)
      ++out[r.node];
  return out;
}

TEST(agent_placement, labels_say_what_a_node_offers) {
  const auto m = node("a", {"ssd", "gpu=2", "disk=nvme", "tpu=0"});
  EXPECT_EQ(m.labels, (std::vector<std::string>{"ssd", "gpu", "disk=nvme"}));
  EXPECT_EQ(m.offers, (std::map<std::string, std::uint64_t>{{"gpu", 2}, {"tpu", 0}}));
}

TEST(agent_placement, a_record_is_read_as_it_was_written) {
  placement_record x;
  x.replicas["s/a#1"] = {"n1", 1764000000, 3, {}};
  x.replicas["s/a#2"] = {"", 0, 0, "no node"};
  x.wanted["s/a"] = 2;
  const auto y = placement_record::read(x.text());
  EXPECT_EQ(y.replicas.size(), 1u);
  EXPECT_EQ(y.replicas.at("s/a#1"), x.replicas.at("s/a#1"));
  EXPECT_EQ(y.wanted, x.wanted);
  for (const auto* bad : {"", "[]", "{\"runs\":3}", "{\"runs\":{\"a\":[1,2,3],\"b\":[\"n\"]}}",
                          "{\"wanted\":{\"a\":\"x\"}", "{\"runs\":{\"a\":[\"n\",-1,1e99]}}"})
    EXPECT_LE(placement_record::read(bad).replicas.size(), 1u) << bad;
}

TEST(agent_placement, everybody_who_knows_the_table_knows_the_places) {
  member_table table{7, {node("a"), node("b"), node("c")}, {}, {}};
  const std::vector<agent_wish> wishes{agent("x", 6), agent("y", 3)};
  const auto first = place_agents(wishes, table);
  EXPECT_EQ(by_node(first), (std::map<std::string, std::size_t>{{"a", 3}, {"b", 3}, {"c", 3}}));
  EXPECT_EQ(by_node(place_agents(wishes, table)), by_node(first));
  keep(table, first);
  const auto next = place_agents(wishes, table);
  for (const auto& [id, r] : next.at("s").replicas)
    EXPECT_EQ(r, first.at("s").replicas.at(id)) << id;
}

TEST(agent_placement, only_what_was_on_a_lost_node_moves_and_counts_as_restarted) {
  member_table table{7, {node("a"), node("b"), node("c")}, {}, {}};
  const std::vector<agent_wish> wishes{agent("x", 6)};
  const auto before = place_agents(wishes, table).at("s").replicas;
  keep(table, place_agents(wishes, table));
  table.rows[2].state = member_state::down;
  const auto after = place_agents(wishes, table);
  for (const auto& [id, r] : after.at("s").replicas) {
    const bool lost = before.at(id).node == "c";
    EXPECT_EQ(r.restarts, lost ? 1u : 0u) << id;
    EXPECT_EQ(r.node == before.at(id).node, !lost) << id;
  }
  // It is back as another process, and what is written down stays as it is.
  keep(table, after);
  table.rows[2].state = member_state::up;
  table.rows[2].incarnation = 2;
  EXPECT_EQ(by_node(place_agents(wishes, table)), by_node(after));
  // The same process under the same name is not the one that was lost.
  keep(table, place_agents(wishes, table));
  table.rows[0].incarnation = 9;
  EXPECT_EQ(place_agents(wishes, table).at("s").replicas.size(), 6u);
}

TEST(agent_placement, a_node_that_leaves_hands_over_without_a_restart) {
  member_table table{7, {node("a"), node("b")}, {}, {}};
  const std::vector<agent_wish> wishes{agent("x", 4)};
  keep(table, place_agents(wishes, table));
  table.rows[0].state = member_state::leaving;
  const auto next = place_agents(wishes, table);
  for (const auto& [id, r] : next.at("s").replicas) {
    EXPECT_EQ(r.node, "b") << id;
    EXPECT_EQ(r.restarts, 0u) << id;
  }
}

TEST(agent_placement, what_nobody_satisfies_waits_with_its_reason) {
  member_table table{7, {node("a"), node("b", {"gpu=1"})}, {}, {}};
  placement_needs needs;
  needs.labels = {"gpu"};
  needs.amounts = {{"gpu", 1}};
  const std::vector<agent_wish> wishes{agent("x", 2, needs)};
  auto placed = place_agents(wishes, table);
  EXPECT_EQ(placed.at("s").replicas.at("s/x#1").node, "b");
  EXPECT_EQ(placed.at("s").replicas.at("s/x#2").node, "");
  EXPECT_EQ(placed.at("s").replicas.at("s/x#2").why,
            "1 node lacks the label gpu; 1 node has too little gpu");
  keep(table, placed);
  table.rows.push_back(node("c", {"gpu=1"}));
  placed = place_agents(wishes, table);
  EXPECT_EQ(placed.at("s").replicas.at("s/x#1").node, "b");
  EXPECT_EQ(placed.at("s").replicas.at("s/x#2").node, "c");
  EXPECT_EQ(placed.at("s").replicas.at("s/x#2").restarts, 0u);
}

TEST(agent_placement, whoever_waits_for_the_starts_before_it_is_not_homeless) {
  member_table table{7, {node("a")}, {}, {}};
  const std::vector<agent_wish> wishes{agent("x", 1), agent("y", 1), agent("z", 1)};
  for (std::uint32_t running = 1; running <= 3; ++running) {
    const auto placed = place_agents(wishes, table, 1);
    std::uint32_t here = 0;
    for (const auto& [id, r] : placed.at("s").replicas) {
      here += r.node == "a" ? 1u : 0u;
      EXPECT_EQ(r.waits, r.node.empty()) << id;
    }
    EXPECT_EQ(here, running);
    keep(table, placed);
  }
}

TEST(agent_placement, replicas_are_spread_over_regions_first) {
  member_table table{7, {node("a"), node("b"), node("c"), node("d", {}, "us")}, {}, {}};
  const auto placed = place_agents({agent("x", 2)}, table);
  std::set<std::string> regions;
  for (const auto& [id, r] : placed.at("s").replicas)
    regions.insert(table.find(r.node)->region);
  EXPECT_EQ(regions.size(), 2u);
}

TEST(agent_placement, as_many_as_are_wanted_within_the_bounds) {
  member_table table{7, {node("a"), node("b")}, {}, {}};
  const std::vector<agent_wish> wishes{agent("x", 2)};
  auto placed = place_agents(wishes, table);
  EXPECT_EQ(placed.at("s").replicas.size(), 2u);
  placed["s"].wanted["s/x"] = 5;
  keep(table, placed);
  EXPECT_EQ(place_agents(wishes, table).at("s").replicas.size(), 5u);
  placed["s"].wanted["s/x"] = 1000;
  keep(table, placed);
  EXPECT_EQ(place_agents(wishes, table).at("s").replicas.size(), 8u);
  placed["s"].wanted["s/x"] = 0;
  keep(table, placed);
  EXPECT_EQ(place_agents(wishes, table).at("s").replicas.size(), 2u);
}

TEST(agent_placement, evening_out_comes_to_an_end_and_leaves_nobody_with_two_too_many) {
  for (std::uint32_t nodes = 2; nodes <= 6; ++nodes) {
    member_table table{1, {node("a")}, {}, {}};
    const std::vector<agent_wish> wishes{agent("x", 7), agent("y", 1), agent("z", 4), agent("v", 1),
                                         agent("w", 1)};
    auto placed = place_agents(wishes, table);
    EXPECT_EQ(by_node(placed).at("a"), 14u);
    for (std::uint32_t i = 1; i < nodes; ++i)
      table.rows.push_back(
          node(std::string(1, static_cast<char>('a' + i)), {}, i % 2 == 0 ? "eu" : "us"));
    keep(table, placed);
    int rounds = 0;
    while (even_out(placed, wishes, table, 4))
      ASSERT_LT(++rounds, 50) << nodes << " nodes";
    for (const auto& w : wishes) {
      std::map<std::string, int> regions;
      for (const auto& id : w.replicas)
        if (const auto r = placed.at("s").replicas.find(id); r != placed.at("s").replicas.end())
          ++regions[table.find(r->second.node)->region];
      EXPECT_LE(std::abs(regions["eu"] - regions["us"]), 1) << w.agent;
    }
  }
}

TEST(agent_placement, nothing_moves_that_is_even) {
  member_table table{1, {node("a"), node("b"), node("c")}, {}, {}};
  const std::vector<agent_wish> wishes{agent("x", 4), agent("y", 2), agent("z", 1)};
  auto placed = place_agents(wishes, table);
  EXPECT_FALSE(even_out(placed, wishes, table, 8));
}

TEST(agent_placement, the_placer_is_one_of_those_that_are_up) {
  member_table table{1, {node("a"), node("b"), node("c")}, {}, {}};
  const auto first = placer_of(table);
  for (auto& m : table.rows)
    if (m.node == first)
      m.cut_off = true;
  const auto second = placer_of(table);
  EXPECT_NE(second, first);
  EXPECT_NE(second, "");
  for (auto& m : table.rows)
    m.state = member_state::down;
  EXPECT_EQ(placer_of(table), "");
}

} // namespace agent_placement_cases
} // namespace troupe
