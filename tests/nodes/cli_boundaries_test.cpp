// What domains take from each other, on the real program.
#include "tests/nodes/cli_kit.hpp"

#include <gmock/gmock.h>

namespace cli_boundaries_cases {

using namespace troupe::test;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using troupe::json;

/// `shop` asks a person and then `billing`, which takes that as `boundary` says.
void write_fleet(const scratch& here, const std::string& boundary) {
  here.write("fleet/fleet.yaml",
             "fleet: two\nentry: shop\nhumans:\n  desk: {answer_timeout: 1h}\n");
  here.write("fleet/shop/domain.yaml", "domain: shop\nplans:\n  checkout:\n    sequence:\n"
                                       "      - human: {queue: desk, text: 'May it be sent?'}\n"
                                       "      - domain: {domain: billing, skill: invoice.send}\n");
  here.write("fleet/billing/domain.yaml", "domain: billing\n" + boundary);
  here.write("fleet/billing/agents/sender.yaml",
             "agent: sender\nkind: rules\nskills: [invoice.send]\nrules:\n  rules:\n"
             "    - text: The invoice is on its way.\n");
}

json in_the_end(const dev_node& node, const std::string& id) {
  json task;
  for (int tries = 0; tries < 1000; ++tries) {
    task = node.ask({"task", id, "-o", "json"}).document();
    const auto state = task.at("status").at("state");
    if (state == "completed" || state == "failed")
      return task;
  }
  ADD_FAILURE() << "the task has not ended: " << task.dump();
  return task;
}

std::string question_of(const dev_node& node) {
  for (int tries = 0; tries < 1000; ++tries) {
    const auto all = node.ask({"human", "list", "-o", "json"}).document().at("questions");
    if (!all.empty())
      return all[0].at("id").get<std::string>();
  }
  ADD_FAILURE() << "nobody is asked";
  return {};
}

std::string submitted(const dev_node& node) {
  const auto given = node.ask({"submit", "--no-wait", "--skill", "checkout", "please"});
  EXPECT_EQ(given.code, 0) << given.err;
  return given.out.substr(0, given.out.find('\n'));
}

TEST(cli_boundaries, what_is_exported_to_a_caller_is_done_for_it) {
  const scratch here;
  write_fleet(here, "callers: [shop]\nexports: [invoice.send]\n");
  dev_node node{here.path("fleet"), here.path("data")};
  const auto id = submitted(node);
  ASSERT_EQ(node.ask({"human", "answer", question_of(node), "--by", "ann", "yes"}).code, 0);
  const auto task = in_the_end(node, id);
  EXPECT_EQ(task.at("status").at("state"), "completed") << task.dump();
  EXPECT_THAT(node.ask({"audit", "list"}).out, Not(HasSubstr("delegation.refused")));
}

TEST(cli_boundaries, one_that_is_drawn_while_a_task_waits_holds_for_it) {
  const scratch here;
  write_fleet(here, "");
  std::string id;
  {
    dev_node node{here.path("fleet"), here.path("data")};
    id = submitted(node);
    static_cast<void>(question_of(node));
    node.process().signal(SIGTERM);
    ASSERT_EQ(node.process().wait(), 0);
  }
  write_fleet(here, "callers: []\n");
  const auto refused = run_troupe({"dev", here.path("fleet"), "--data", here.path("data")});
  EXPECT_NE(refused.code, 0);
  EXPECT_THAT(refused.err, HasSubstr("domain billing takes nothing from shop"));
  // The plan that would break the boundary goes; the task has it still.
  here.write("fleet/shop/domain.yaml",
             "domain: shop\nplans:\n  checkout: {human: {queue: desk, text: 'May it be sent?'}}\n");
  dev_node node{here.path("fleet"), here.path("data")};
  ASSERT_EQ(node.ask({"human", "answer", question_of(node), "--by", "ann", "yes"}).code, 0);
  const auto task = in_the_end(node, id);
  EXPECT_EQ(task.at("status").at("state"), "failed") << task.dump();
  EXPECT_THAT(task.dump(), AllOf(HasSubstr("policy_denied"),
                                 HasSubstr("domain billing takes nothing from shop")));
  EXPECT_THAT(node.ask({"trace", id}).out, HasSubstr("takes nothing from shop"));
  EXPECT_THAT(node.ask({"audit", "list"}).out, HasSubstr("delegation.refused"));
  EXPECT_EQ(node.ask({"audit", "verify"}).code, 0);
}

} // namespace cli_boundaries_cases
