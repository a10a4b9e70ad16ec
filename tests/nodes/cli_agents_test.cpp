// Taking agents out of service and back with the program itself, under load.
#include "tests/nodes/cli_kit.hpp"

#include <gmock/gmock.h>

namespace cli_agents_cases {

using namespace troupe::test;
using testing::AllOf;
using testing::HasSubstr;
using troupe::json;

std::string state_of(const dev_node& node, const std::string& agent) {
  const auto listed = node.ask({"agents", "-o", "json"}).document();
  for (const auto& a : listed.at("agents"))
    if (a.at("name") == agent)
      return a.at("state");
  return "unknown";
}

TEST(cli_agents, a_drain_under_load_loses_no_task) {
  const scratch here;
  make_fleet(here.path("fleet"));
  dev_node node{here.path("fleet"), here.path("data")};
  std::vector<std::unique_ptr<child>> load;
  const auto submit = [&](int count) {
    for (int i = 0; i < count; ++i)
      load.push_back(std::make_unique<child>(
          with_program({"submit", "--url", node.url(), "count the words: one two three"})));
  };
  submit(8);
  const auto drained = node.ask({"agents", "drain", "desk/words", "--wait", "20"});
  EXPECT_EQ(drained.code, 0) << drained.err;
  EXPECT_THAT(drained.out, AllOf(HasSubstr("desk/words"), HasSubstr("draining")));
  EXPECT_EQ(state_of(node, "desk/words"), "draining");
  // What comes while it is drained waits for it, as for any agent that is not to be had.
  submit(4);
  EXPECT_EQ(node.ask({"agents", "return", "agent:desk/words"}).code, 0);
  EXPECT_EQ(state_of(node, "desk/words"), "up");
  for (const auto& c : load) {
    EXPECT_EQ(c->wait(), 0) << c->err();
    EXPECT_THAT(c->out(), HasSubstr("3 words"));
  }
}

TEST(cli_agents, stops_starts_restarts_and_refuses) {
  const scratch here;
  make_fleet(here.path("fleet"));
  dev_node node{here.path("fleet"), here.path("data")};
  EXPECT_EQ(node.ask({"agents", "quarantine", "desk/hours"}).code, 0);
  EXPECT_EQ(state_of(node, "desk/hours"), "quarantined");
  EXPECT_EQ(node.ask({"agents", "restart", "desk/hours"}).code, 0);
  EXPECT_EQ(node.ask({"agents", "return", "desk/hours"}).code, 0);
  EXPECT_EQ(node.ask({"agents", "stop", "desk/hours"}).code, 0);
  EXPECT_EQ(node.ask({"agents", "start", "desk/hours"}).code, 0);
  EXPECT_THAT(node.ask({"agents"}).out, AllOf(HasSubstr("BREAKER"), HasSubstr("closed")));
  const auto nobody = node.ask({"agents", "drain", "desk/nobody"});
  EXPECT_EQ(nobody.code, 5);
  EXPECT_THAT(nobody.err, HasSubstr("there is no agent 'desk/nobody'"));
  EXPECT_EQ(node.ask({"agents", "drain", "nowhere"}).code, 2);
}

} // namespace cli_agents_cases
