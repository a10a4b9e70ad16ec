// Tools of MCP servers: how many of them an agent's model is told of.
#include "tests/actors/llm/scene.hpp"

#include <spdlog/sinks/ringbuffer_sink.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

using namespace troupe;
using namespace troupe::testing;
using namespace std::chrono_literals;

namespace server_tools_cases {

namespace {

/// Each server that is started offers c0 to c19, f0 and f1.
std::optional<std::string> crowd(const std::string& line) {
  const auto in = json::parse(line);
  if (!in.contains("id"))
    return std::nullopt;
  json out{{"jsonrpc", "2.0"}, {"id", in["id"]}};
  if (in["method"] == "initialize") {
    out["result"] = {{"protocolVersion", in["params"]["protocolVersion"]},
                     {"capabilities", {{"tools", json::object()}}},
                     {"serverInfo", {{"name", "crowd"}, {"version", "1"}}}};
    return as_text(out);
  }
  auto tools = json::array();
  const auto add = [&](const std::string& name) {
    tools.push_back({{"name", name}, {"inputSchema", {{"type", "object"}}}});
  };
  for (int i = 0; i < 20; ++i)
    add("c" + std::to_string(i));
  add("f0");
  add("f1");
  out["result"]["tools"] = std::move(tools);
  return as_text(out);
}

struct offered {
  std::set<std::string> names;
  std::vector<std::string> told; ///< lines of the log that speak of tools left out
};

/// What the model of an agent with one tool of its own and these servers is told of.
offered offer(const json& servers, bool many) {
  const auto log = std::make_shared<spdlog::sinks::ringbuffer_sink_st>(1000);
  scene x{[&](agent_spec& a) {
            with_tool(a);
            a.settings["servers"] = servers;
            a.settings["many_tools"] = many;
          },
          {},
          [](fleet_spec& f) {
            mcp_server_spec s;
            s.name = "whole";
            s.command = {"crowd"};
            s.does = effects::none;
            f.mcp_servers.push_back(s);
            s.name = "few";
            s.tools = {"f0", "f1"};
            f.mcp_servers.push_back(s);
          },
          [&](surroundings& around) {
            around.processes->worker = crowd;
            around.log = log;
          }};
  offered out;
  for (int i = 0; i < 2; ++i) {
    x.small(says("Done."));
    EXPECT_TRUE(x.ask()->result().ok());
  }
  for (const auto& tool : x.asked.at(0).second["tools"])
    out.names.insert(tool["function"]["name"].get<std::string>());
  for (const auto& line : log->last_formatted())
    if (line.find("are left out") != std::string::npos)
      out.told.push_back(line);
  return out;
}

} // namespace

TEST(llm_servers, add_no_more_tools_than_a_model_tells_apart) {
  const auto x = offer(json::array({"whole", "few"}), false);
  EXPECT_EQ(x.names.size(), tools_most);
  // The agent's own, and those that the fleet's file names, come first.
  for (const auto* name : {"look", "f0", "f1", "c0", "c11"})
    EXPECT_TRUE(x.names.contains(name)) << name;
  ASSERT_EQ(x.told.size(), 1u) << "once, not with every request";
  EXPECT_NE(x.told[0].find("d/work: 8 tools"), std::string::npos) << x.told[0];
}

TEST(llm_servers, add_all_their_tools_where_many_are_meant) {
  const auto x = offer(json::array({"whole", "few"}), true);
  EXPECT_EQ(x.names.size(), 23u);
  EXPECT_TRUE(x.told.empty());
}

TEST(llm_servers, with_a_list_are_not_cut) {
  const auto x = offer(json::array({"few"}), false);
  EXPECT_EQ(x.names, (std::set<std::string>{"look", "f0", "f1"}));
  EXPECT_TRUE(x.told.empty());
}

} // namespace server_tools_cases
