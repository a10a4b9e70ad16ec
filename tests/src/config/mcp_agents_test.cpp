// Agents that are tools of MCP servers.
#include "tests/src/config/fleet_folder.hpp"

#include <gtest/gtest.h>

namespace troupe::config {
namespace mcp_agents_cases {

using test::fleet_folder;

effects effects_of(const std::string& tool, const std::string& more = {}) {
  fleet_folder f;
  test::write_small(f);
  f.write("fleet.yaml", std::string{test::small_fleet} +
                            "mcp:\n  bank: {command: [bank], effects: queryable, each: {look: "
                            "none}}\n  other: {command: [other]}\n");
  f.write("sales/agents/clerk.yaml",
          "agent: clerk\nkind: mcp\nskills: [use]\n" + more + "mcp: {server: " + tool + "}\n");
  const auto got = f.load();
  EXPECT_TRUE(got.ok()) << test::lines(got.errors);
  for (const auto& d : got.fleet->domains)
    for (const auto& a : d.agents)
      if (a.card.name == "clerk")
        return a.card.does;
  ADD_FAILURE() << "there is no such agent";
  return effects::none;
}

TEST(mcp_agents, do_what_the_fleet_says_of_their_tool) {
  EXPECT_EQ(effects_of("bank, tool: pay"), effects::queryable);
  EXPECT_EQ(effects_of("bank, tool: look"), effects::none);
  EXPECT_EQ(effects_of("other, tool: pay"), effects::unsafe);
  EXPECT_EQ(effects_of("other, tool: pay", "effects: idempotent\n"), effects::idempotent);
  EXPECT_EQ(effects_of("other, tool: pay", "effects: none\n"), effects::none);
}

} // namespace mcp_agents_cases
} // namespace troupe::config
