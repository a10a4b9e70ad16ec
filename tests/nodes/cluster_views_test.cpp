// What several nodes say, made into one document.
#include "nodes/doors/cluster_views.hpp"

#include <gtest/gtest.h>

namespace troupe {
namespace cluster_views_cases {

survey_said says(std::string node, json answer) {
  return {std::move(node), "r-" + node, std::move(answer), {}};
}

json agent(const std::string& name, const std::string& node, int served, int load = 0) {
  json out{{"name", name}, {"served", served}, {"failed", 1u}};
  out["served"] = static_cast<std::uint64_t>(served);
  if (!node.empty()) {
    out["node"] = node;
    out["state"] = "up";
    out["load"] = static_cast<std::uint64_t>(load);
  }
  return out;
}

TEST(cluster_views, counts_are_summed_over_nodes_and_replicas) {
  const auto said = cluster_agents(
      {says("a", {{"agents", {agent("d/x#1", "a", 5, 2), agent("d/x#2", "", 3)}}}),
       says("b", {{"agents", {agent("d/x#2", "b", 4, 1), agent("d/x#1", "", 10)}}})});
  ASSERT_EQ(said["agents"].size(), 2u);
  EXPECT_EQ(said["agents"][0]["name"], "d/x#1");
  EXPECT_EQ(said["agents"][0]["node"], "a");
  EXPECT_EQ(said["agents"][0]["served"], 15);
  EXPECT_EQ(said["agents"][1]["node"], "b");
  EXPECT_EQ(said["agents"][1]["served"], 7);
  EXPECT_EQ(said["totals"],
            json::parse(R"([{"name":"d/x","replicas":2,"up":2,"load":3,"served":22,"failed":4}])"));
}

TEST(cluster_views, who_is_down_everywhere_is_shown_once_and_who_moves_counts_once) {
  auto down = agent("d/y", "", 1);
  down["state"] = "down";
  const auto said = cluster_agents({says("a", {{"agents", {down, agent("d/z", "a", 2)}}}),
                                    says("b", {{"agents", {down, agent("d/z", "b", 3)}}})});
  ASSERT_EQ(said["agents"].size(), 3u);
  EXPECT_EQ(said["agents"][0]["state"], "down");
  EXPECT_EQ(said["totals"][0]["served"], 2);
  EXPECT_EQ(said["totals"][1]["served"], 5);
}

TEST(cluster_views, limits_are_used_by_all_nodes_together) {
  const auto row = [](int used, int frozen) {
    return json::parse(R"({"name":"main","provider":"main","model":"","owner":"b",
        "limit":{"requests":600,"tokens":0,"concurrent":8},"lent":{"requests":300,"concurrent":4},
        "used":{"requests":)" +
                       std::to_string(used) + R"(,"concurrent":1},"waiting":2,"frozen_ms":)" +
                       std::to_string(frozen) + "}");
  };
  const auto said = cluster_limits(
      {says("a", {{"limits", {row(10, 0)}}}), says("b", {{"limits", {row(20, 700), "garbage"}}})});
  ASSERT_EQ(said["limits"].size(), 1u);
  const auto& x = said["limits"][0];
  EXPECT_EQ(x["limit"], json::parse(R"({"requests":600,"concurrent":8})"));
  EXPECT_EQ(x["used"], json::parse(R"({"requests":30,"concurrent":2})"));
  EXPECT_EQ(x["waiting"], 4);
  EXPECT_EQ(x["frozenMs"], 700);
  EXPECT_EQ(x["nodes"][1]["lent"]["requests"], 300);
}

TEST(cluster_views, lines_of_all_nodes_come_newest_first_and_no_more_than_asked_for) {
  const auto line = [](const char* at) { return json{{"at", at}}; };
  const auto said = cluster_logs({says("a", {{"lines", {line("3"), line("1")}}, {"cut", true}}),
                                  says("b", {{"lines", {line("4"), line("2"), "garbage"}}})},
                                 3);
  ASSERT_EQ(said["lines"].size(), 3u);
  EXPECT_EQ(said["lines"][0]["node"], "b");
  EXPECT_EQ(said["lines"][1]["node"], "a");
  EXPECT_EQ(said["lines"][2]["at"], "2");
  EXPECT_EQ(said["cut"], true);
}

TEST(cluster_views, messages_of_all_nodes_follow_each_other_by_their_stamps) {
  const auto message = [](std::uint64_t stamp) {
    json out = json::object();
    out["stamp"] = stamp;
    return out;
  };
  const auto said =
      cluster_messages({says("a", {{"messages", {message(40), message(10)}}}),
                        says("b", {{"messages", {message(30), message(20), "garbage"}}})},
                       3);
  ASSERT_EQ(said["messages"].size(), 3u);
  EXPECT_EQ(said["messages"][0], (json{{"stamp", 20}, {"node", "b"}}));
  EXPECT_EQ(said["messages"][1], (json{{"stamp", 30}, {"node", "b"}}));
  EXPECT_EQ(said["messages"][2], (json{{"stamp", 40}, {"node", "a"}}));
  EXPECT_FALSE(said.contains("cut"));
}

TEST(cluster_views, garbage_from_other_nodes_is_passed_over) {
  for (const auto& bad :
       {json{}, json{7}, json{{"agents", 7}, {"lines", "x"}, {"tree", 1}, {"messages", 7}},
        json{{"agents", {1, "x", json::array()}}, {"shards", {3}}}}) {
    const survey_answers said{says("a", bad)};
    EXPECT_NO_THROW({
      EXPECT_TRUE(cluster_agents(said)["totals"].is_array());
      EXPECT_EQ(cluster_tree("f", said)["children"][0]["node"], "a");
      EXPECT_EQ(cluster_logs(said, 5)["lines"].size(), 0u);
      EXPECT_EQ(cluster_messages(said, 5)["messages"].size(), 0u);
      EXPECT_EQ(session_place("s", "d", 1, said)["node"], nullptr);
      EXPECT_TRUE(ordered_agents(said)["agents"].is_array());
    });
  }
}

} // namespace cluster_views_cases
} // namespace troupe
