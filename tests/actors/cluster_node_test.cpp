// Whole nodes that are one cluster, in virtual time: a fake network between their posts, one member
// table and one store for all of them.
#include "actors/journal_messages.hpp"
#include "policies/agent_placement.hpp"
#include "src/telemetry/metrics.hpp"
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
    const auto all_of_it = c.find(asked, x->id());
    ASSERT_TRUE(all_of_it);
    EXPECT_GE(all_of_it->history.size(), 4u);
    for (const auto& e : all_of_it->history)
      EXPECT_NE(e.kind, event_kind::unroutable);
  }
}

/// Answers of two megabytes, where a link takes one.
struct wordy_cluster : virtual_cluster {
  static domain_spec once() {
    auto d = usual_domain();
    d.retry.max_retries = 0;
    d.breaker.failures = 0;
    return d;
  }
  wordy_cluster()
      : virtual_cluster(once()) {
    room.works["work"] = [](const agent_call&) { return say(std::string(2u << 20, 'x')); };
    up_all({"A", "B"});
    home = records_of(members->read()).at("d").replicas.at("d/work").node;
    other = home == "A" ? "B" : "A";
  }
  /// Tasks that are asked for at the node where the agent does not live, and what became of them.
  std::vector<heard_ptr> ask(durability keep) {
    std::vector<heard_ptr> all;
    for (int i = 0; i < 8; ++i) {
      auto what = wants("work");
      what.context_id = "session-" + std::to_string(i);
      what.keep = keep;
      all.push_back(submit(other, what));
    }
    stage.advance(std::chrono::seconds{40});
    return all;
  }
  void expect_no_loss() {
    for (const auto* name : {"A", "B"}) {
      for (const auto& family : nodes.at(name)->parts()->counters->Collect()) {
        for (const auto& one : family.metric) {
          if (family.name == "troupe_post_peer_losses_total") {
            EXPECT_EQ(one.counter.value, 0) << name;
          }
        }
      }
    }
  }

  std::string home, other;
};

TEST(cluster_node, answers_that_no_frame_takes_are_read_from_the_store_or_fail_by_name) {
  wordy_cluster c;
  ASSERT_TRUE(c.settled());
  std::map<std::string, int> owned;
  for (const auto& x : c.ask(durability::step)) {
    ASSERT_TRUE(x->done());
    const auto owner = c.owner_of("d", x->id());
    ++owned[owner];
    if (owner == c.home) {
      // Agent and orchestrator live together: only the end has to cross, and what it lacks is in
      // the store.
      EXPECT_EQ(x->record().state, task_state::completed);
      EXPECT_EQ(x->result().text.size(), 2u << 20);
      EXPECT_FALSE(x->record().cut);
    } else {
      EXPECT_EQ(x->record().state, task_state::failed);
      EXPECT_EQ(x->result().failed.why, reason::invalid_output);
    }
    const auto found = c.find(c.other, x->id());
    ASSERT_TRUE(found);
    EXPECT_FALSE(found->cut);
    EXPECT_EQ(found->result->text, x->result().text);
    EXPECT_EQ(found->history.back().kind, event_kind::finished);
  }
  EXPECT_EQ(owned.size(), 2u);
  c.expect_no_loss();
}

TEST(cluster_node, an_answer_that_no_frame_takes_and_nobody_has_stored_is_told_as_a_failure) {
  wordy_cluster c;
  ASSERT_TRUE(c.settled());
  std::size_t cut = 0;
  for (const auto& x : c.ask(durability::none)) {
    ASSERT_TRUE(x->done());
    EXPECT_EQ(x->result().failed.why, reason::invalid_output);
    cut += x->record().cut ? 1 : 0;
  }
  EXPECT_GT(cut, 0u);
  c.expect_no_loss();
}

TEST(cluster_node, a_request_that_no_frame_takes_is_refused_at_once_as_too_large) {
  virtual_cluster c;
  c.up_all({"A", "B"});
  ASSERT_TRUE(c.settled());
  std::size_t refused_ones = 0;
  for (int i = 0; i < 8; ++i) {
    auto what = wants("work", std::string(7u << 20, 'x'));
    what.context_id = "session-" + std::to_string(i);
    const auto x = c.submit("A", what);
    c.stage.advance(milliseconds{20});
    if (x->refusals.empty())
      continue; // Its shard is here.
    ++refused_ones;
    EXPECT_EQ(x->refusals[0].why, refusal::too_large);
  }
  EXPECT_GT(refused_ones, 0u);
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

std::vector<heard_ptr> ask_unstored(virtual_cluster& c, const std::string& at) {
  std::vector<heard_ptr> all;
  for (int i = 0; i < 16; ++i) {
    auto what = wants("work");
    what.context_id = "session-" + std::to_string(i);
    what.keep = durability::none;
    all.push_back(c.submit(at, what));
  }
  return all;
}

TEST(cluster_node, what_is_not_stored_waits_at_a_new_owner_until_the_former_one_can_do_nothing) {
  virtual_cluster c;
  c.up_all({"A", "B", "C"});
  ASSERT_TRUE(c.settled());
  c.kill("C");
  c.stage.advance(milliseconds{500});
  ASSERT_TRUE(c.settled());
  const auto all = ask_unstored(c, "A");
  const auto done = [&] {
    return std::count_if(all.begin(), all.end(), [](const auto& x) { return x->done(); });
  };
  c.stage.advance(milliseconds{1000});
  EXPECT_GT(done(), 0) << "of shards whose owner lives";
  EXPECT_LT(done(), 16) << "of shards that were another's within its lease";
  c.stage.advance(milliseconds{2000});
  EXPECT_EQ(done(), 16);
}

TEST(cluster_node, who_reaches_nobody_takes_nothing_that_is_not_stored_when_its_lease_is_over) {
  virtual_cluster c;
  c.up_all({"A", "B", "C"});
  ASSERT_TRUE(c.settled());
  c.away = {"C"};
  c.stage.net.part("A", "C");
  c.stage.net.part("B", "C");
  const auto while_leased = ask_unstored(c, "C");
  c.stage.advance(milliseconds{500});
  EXPECT_TRUE(std::any_of(while_leased.begin(), while_leased.end(),
                          [](const auto& x) { return !x->accepted.empty(); }));
  c.stage.advance(milliseconds{4000});
  const auto later = ask_unstored(c, "C");
  c.stage.advance(milliseconds{7000});
  for (const auto& x : later) {
    EXPECT_TRUE(x->accepted.empty()) << "by now it is another one's";
    ASSERT_EQ(x->refusals.size(), 1u);
    EXPECT_EQ(x->refusals[0].why, refusal::busy);
  }
  for (const auto& x : ask_unstored(c, "A")) {
    c.stage.advance(milliseconds{100});
    EXPECT_TRUE(x->done());
  }
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

TEST(cluster_node, every_node_says_when_its_certificate_ends) {
  virtual_cluster c;
  c.certificate_ends = [] { return timestamp{std::chrono::seconds{2'000'000'000}}; };
  c.up("A");
  c.certificate_ends = nullptr;
  c.up("B");
  c.stage.advance(std::chrono::seconds{6});
  survey_answers said;
  survey_question what;
  what.subject = "certificate";
  what.query = json::object();
  c.nodes.at("B")->api().ask_nodes(what,
                                   [&](survey_answers x, const refused&) { said = std::move(x); });
  c.stage.advance(std::chrono::seconds{1});
  ASSERT_EQ(said.size(), 2u);
  EXPECT_EQ(said[0].answer, (json{{"ends", "2033-05-18T03:33:20.000000Z"}}));
  EXPECT_EQ(said[1].answer, json::object()) << "it has none";
  EXPECT_NE(c.nodes.at("A")->api().metrics().find("troupe_certificate_left_seconds{"),
            std::string::npos);
  EXPECT_EQ(c.nodes.at("B")->api().metrics().find("troupe_certificate_left_seconds{"),
            std::string::npos);
}

TEST(cluster_node, a_store_that_answers_nobody_is_known_long_before_its_connections_are_given_up) {
  for (const bool hangs : {false, true}) {
    virtual_cluster c;
    c.up_all({"A"});
    auto& a = *c.nodes.at("A");
    // Waits for its answer and gives none, as a journal does whose server has been stopped.
    const auto waits = c.stage.system().spawn([](caf::event_based_actor*) -> caf::behavior {
      return {[](const journal_append&) {}, [](const journal_ask&) {}};
    });
    const auto journal = a.parts()->places->find({address_kind::node, "A/journal"});
    ASSERT_TRUE(journal);
    journal->take(waits);
    if (hangs)
      c.away.insert("A");
    const auto first = c.submit("A", wants("work"));
    c.stage.advance(std::chrono::seconds{3});
    EXPECT_EQ(first->finals(), 0u);
    EXPECT_EQ(a.api().stores(), !hangs) << "a slow commit alone is no hang";
    const auto second = c.submit("A", wants("work"));
    ASSERT_EQ(second->refusals.size(), hangs ? 1u : 0u);
    if (hangs) {
      EXPECT_EQ(second->refusals[0].why, refusal::not_stored);
    }
    caf::anon_send_exit(waits, caf::exit_reason::kill);
  }
}

} // namespace cluster_node_cases
} // namespace troupe
