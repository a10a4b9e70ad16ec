// Whole nodes that are one cluster, in virtual time: a fake network between their posts, one member
// table and one store for all of them.
#include "policies/agent_placement.hpp"
#include "tests/fixtures/virtual_cluster.hpp"

#include <gtest/gtest.h>

namespace troupe {
namespace cluster_node_cases {

using namespace troupe::testing;

TEST(cluster_node, tasks_survive_the_nodes_that_their_agent_and_their_orchestrators_lived_on) {
  virtual_cluster c;
  c.up_all({"A", "B", "C"});
  ASSERT_TRUE(c.settled());
  const auto home = records_of(c.members->read()).at("d").replicas.at("d/work").node;
  ASSERT_TRUE(c.nodes.contains(home));
  const std::string asked = home == "A" ? "B" : "A";
  c.pool->held = true;
  std::vector<heard_ptr> all;
  for (int i = 0; i < 16; ++i) {
    auto what = wants("work");
    what.context_id = "session-" + std::to_string(i);
    all.push_back(c.submit(asked, what));
  }
  c.stage.advance(milliseconds{100});
  ASSERT_EQ(c.pool->waiting(), 16u);
  const auto before = c.now();
  c.kill(home);
  c.pool->forget();
  c.pool->held = false;
  const auto done = [&] {
    return std::all_of(all.begin(), all.end(), [](const auto& x) { return x->finals() > 0; });
  };
  while (!done() && c.now() - before < std::chrono::seconds{20})
    c.stage.advance(milliseconds{5});
  // No retry was waited for, and nobody was told of anything.
  EXPECT_LT(c.now() - before, milliseconds{200});
  for (const auto& x : all) {
    ASSERT_TRUE(x->done());
    EXPECT_EQ(x->record().state, task_state::completed);
    for (const auto& e : x->record().history)
      EXPECT_NE(e.kind, event_kind::unroutable);
  }
}

TEST(cluster_node, a_node_that_is_cut_off_says_soon_that_it_can_do_nothing) {
  virtual_cluster c;
  c.up_all({"A", "B", "C"});
  ASSERT_TRUE(c.settled());
  c.stage.net.part("A", "C");
  c.stage.net.part("B", "C");
  c.stage.advance(std::chrono::seconds{3});
  EXPECT_NE(c.members->read().find("C")->state, member_state::up);
  const auto x = c.submit("C", wants("work"));
  c.stage.advance(milliseconds{1200});
  ASSERT_EQ(x->refusals.size(), 1u);
  EXPECT_EQ(x->refusals[0].why, refusal::busy);
  EXPECT_GT(x->refusals[0].retry_after.count(), 0);
  const auto y = c.submit("A", wants("work"));
  c.stage.advance(milliseconds{1200});
  ASSERT_TRUE(y->done());
  EXPECT_EQ(y->record().state, task_state::completed);
}

TEST(cluster_node, a_request_waits_for_a_shard_whose_owner_has_just_died) {
  virtual_cluster c;
  c.up_all({"A", "B", "C"});
  ASSERT_TRUE(c.settled());
  // Requests are on the way to all shards while C dies.
  c.stage.net.paused = true;
  std::vector<heard_ptr> all;
  for (int i = 0; i < 16; ++i) {
    auto what = wants("work");
    what.context_id = "session-" + std::to_string(i);
    all.push_back(c.submit("A", what));
  }
  c.stage.net.paused = false;
  c.kill("C");
  for (int i = 0; i < 16; ++i) {
    auto what = wants("work");
    what.context_id = "session-" + std::to_string(i);
    all.push_back(c.submit("A", what));
  }
  c.stage.advance(std::chrono::seconds{4});
  for (const auto& x : all) {
    EXPECT_TRUE(x->refusals.empty());
    ASSERT_TRUE(x->done());
    EXPECT_EQ(x->record().state, task_state::completed);
  }
}

TEST(cluster_node, an_agent_of_the_application_outlives_the_keeper_and_its_supervisor) {
  virtual_cluster c;
  c.up("A");
  c.stage.advance(std::chrono::seconds{6});
  c.nodes.at("A")->add_agent([] {
    auto a = an_agent("mine");
    a.card.domain = "d";
    return a;
  }());
  c.stage.advance(std::chrono::seconds{1});
  for (const auto* part : {"A/cluster_keeper", "A/d/agents"}) {
    caf::anon_send_exit(c.nodes.at("A")->resolve({address_kind::node, part}),
                        caf::exit_reason::kill);
    c.stage.advance(std::chrono::seconds{6});
    const auto x = c.submit("A", wants("mine"));
    c.stage.advance(std::chrono::seconds{1});
    ASSERT_TRUE(x->done()) << part;
    EXPECT_EQ(x->record().state, task_state::completed) << part;
  }
}

} // namespace cluster_node_cases
} // namespace troupe
