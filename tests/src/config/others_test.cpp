#include "tests/src/config/bad_case.hpp"

#include <gtest/gtest.h>

namespace troupe::config {
namespace others_cases {

constexpr auto header = "fleet: f\nentry: support\n";

std::string agent(const std::string& name, const std::string& kind, const std::string& block) {
  return "agent: " + name + "\nkind: " + kind + "\nskills: [x." + name + "]\n" + block;
}

TEST(others, are_read) {
  test::fleet_folder f;
  test::write_small(f);
  f.write("fleet.yaml", std::string{header} +
                            "mcp:\n  files: {command: [npx, files], tools: [read], effects: none, "
                            "each: {write: unsafe}, questions: defaults}\n"
                            "  web: {url: \"https://a.example/mcp\", headers: {A: b}}\n");
  f.write("support/agents/far.yaml",
          agent("far", "a2a", "a2a: {url: \"https://a.example\", headers: {A: b}}\n"));
  f.write("support/agents/read.yaml",
          agent("read", "mcp", "mcp: {server: files, tool: read, arguments: {p: \"${text}\"}}\n"));
  f.write("support/agents/work.yaml", agent("work", "worker", "worker: {lease: 5s}\n"));
  const auto got = f.load();
  ASSERT_TRUE(got.fleet) << test::lines(got.errors);
  ASSERT_EQ(got.fleet->mcp_servers.size(), 2u);
  const auto& files = got.fleet->mcp_servers[0];
  EXPECT_EQ(files.command, (std::vector<std::string>{"npx", "files"}));
  EXPECT_EQ(files.does, effects::none);
  EXPECT_EQ(files.each.at("write"), effects::unsafe);
  EXPECT_TRUE(files.take_defaults);
  EXPECT_EQ(got.fleet->mcp_servers[1].url, "https://a.example/mcp");
  EXPECT_EQ(got.fleet->mcp_servers[1].does, effects::unsafe);
  const auto& agents = got.fleet->domains.at(1).agents;
  const auto settings = [&](std::string_view name) {
    for (const auto& a : agents)
      if (a.card.name == name)
        return a.settings;
    return json{};
  };
  EXPECT_EQ(settings("far")["url"], "https://a.example");
  EXPECT_EQ(settings("read")["arguments"]["p"], "${text}");
  EXPECT_EQ(settings("work")["lease"], 5000);
}

TEST(others, name_a_server_that_exists) {
  test::fleet_folder f;
  test::write_small(f);
  f.write("fleet.yaml", std::string{header} + "mcp: {files: {command: [x]}}\n");
  f.write("support/agents/read.yaml", agent("read", "mcp", "mcp: {server: fils, tool: read}\n"));
  const auto got = f.load();
  ASSERT_EQ(got.errors.size(), 1u) << test::lines(got.errors);
  EXPECT_EQ(to_string(got.errors[0]),
            "support/agents/read.yaml:4:7: mcp.server: there is no MCP server \"fils\" in "
            "fleet.yaml; did you mean \"files\"?");
}

TEST(others, a_server_is_a_program_or_a_url) {
  test::fleet_folder f;
  test::write_small(f);
  for (const auto* server : {"{}", "{command: [x], url: \"http://a\"}", "{command: []}"}) {
    f.write("fleet.yaml", std::string{header} + "mcp: {files: " + server + "}\n");
    EXPECT_EQ(f.load().errors.size(), 1u) << server << test::lines(f.load().errors);
  }
}

} // namespace others_cases
} // namespace troupe::config
