// Circuit breakers of several nodes that are to be one.
#include "actors/breaker_desk.hpp"
#include "actors/respondent.hpp"
#include "tests/fixtures/post_stage.hpp"

#include <gtest/gtest.h>

namespace troupe {
namespace breaker_desk_cases {

using namespace troupe::testing;

constexpr std::chrono::seconds cool_down{10};

/// Posts with a respondent and a breaker desk each, and one provider that all know.
struct breaker_stage {
  explicit breaker_stage(std::vector<std::string> names,
                         std::function<void(breaker_spec&)> change = nullptr)
      : nodes(std::move(names))
      , tune(std::move(change)) {
    for (const auto& node : nodes)
      add(node);
    stage.advance(milliseconds{500});
  }
  ~breaker_stage() {
    for (auto& who : actors)
      caf::anon_send_exit(who, caf::exit_reason::kill);
  }
  void add(const std::string& node) {
    auto& m = stage.add(node, [](post_config& c) { c.exposed = {"respondent"}; });
    const auto seat = [&](const char* part, caf::actor who) {
      m.places().claim({address_kind::node, node + "/" + part})->take(who);
      actors.push_back(std::move(who));
    };
    breaker_spec limits;
    limits.failures = 6;
    limits.rate = 0;
    limits.cool_down = cool_down;
    if (tune)
      tune(limits);
    m.places().claim_provider("model", limits);
    seat("breaker_desk", stage.system().spawn(breaker_desk, m.parts));
    seat("respondent", stage.system().spawn(
                           respondent, m.parts,
                           node_subjects{{"breakers", breaker_subject(m.parts, stage.system())}}));
  }
  provider_ptr provider(const std::string& node) {
    return stage.at(node).places().claim_provider("model", {});
  }
  timestamp now() { return stage.at(nodes.front()).parts->time.at(stage.system().clock().now()); }
  void stir(const std::string& node) {
    const auto desk =
        stage.at(node).places().find({address_kind::node, node + "/breaker_desk"})->now().handle;
    caf::anon_send(desk, stirred(provider(node)));
  }
  /// A call of this node's has ended so, as an orchestrator would see to.
  void ended(const std::string& node, call_sign how, bool probe = false) {
    provider(node)->breaker.ended(how, probe, now());
    if (how == call_sign::bad || probe)
      stir(node);
  }
  bool enter_as_probe(const std::string& node) {
    if (provider(node)->breaker.enter(now()) != admission::probe)
      return false;
    stir(node);
    return true;
  }
  breaker_state state(const std::string& node) { return provider(node)->breaker.seen(now()).state; }

  void restart_desk(const std::string& node) {
    auto& m = stage.at(node);
    const auto place = m.places().find({address_kind::node, node + "/breaker_desk"});
    caf::anon_send_exit(place->now().handle, caf::exit_reason::kill);
    stage.run();
    place->leave();
    actors.push_back(stage.system().spawn(breaker_desk, m.parts));
    place->take(actors.back());
  }

  const std::vector<std::string> nodes;
  const std::function<void(breaker_spec&)> tune;
  post_stage stage;
  std::vector<caf::actor> actors;
};

TEST(breaker_desk, failures_of_all_nodes_together_open_it_at_all_of_them) {
  breaker_stage s{{"A", "B", "C"}};
  for (int i = 0; i < 2; ++i)
    for (const auto& node : s.nodes) {
      EXPECT_EQ(s.state(node), breaker_state::closed);
      s.ended(node, call_sign::bad);
      s.stage.advance(milliseconds{100});
    }
  for (const auto& node : s.nodes) {
    EXPECT_EQ(s.state(node), breaker_state::open) << node;
    EXPECT_NE(s.provider(node)->breaker.seen(s.now()).why.find("6 failures"), std::string::npos);
  }
}

TEST(breaker_desk, failures_are_held_against_the_good_calls_of_all_nodes) {
  for (const bool others_work : {true, false}) {
    breaker_stage s{{"A", "B"}, [](breaker_spec& limits) {
                      limits.failures = 0;
                      limits.rate = 0.5;
                      limits.min_calls = 10;
                    }};
    if (others_work)
      for (int i = 0; i < 100; ++i)
        s.ended("B", call_sign::good);
    for (int i = 0; i < 12; ++i) {
      s.ended("A", call_sign::bad);
      s.stage.advance(milliseconds{100});
    }
    for (const auto& node : s.nodes)
      EXPECT_EQ(s.state(node), others_work ? breaker_state::closed : breaker_state::open) << node;
  }
}

TEST(breaker_desk, one_that_is_restarted_knows_what_is_open) {
  breaker_stage s{{"A", "B"}};
  s.provider("A")->breaker.trip("a test wants it", s.now());
  s.restart_desk("A");
  s.stage.advance(milliseconds{1500});
  EXPECT_EQ(s.state("B"), breaker_state::open);
}

TEST(breaker_desk, one_that_opens_is_known_everywhere_within_a_second) {
  breaker_stage s{{"A", "B", "C"}};
  s.provider("B")->breaker.trip("a test wants it", s.now());
  s.stir("B");
  s.stage.advance(milliseconds{900});
  for (const auto& node : s.nodes) {
    EXPECT_EQ(s.state(node), breaker_state::open) << node;
    EXPECT_EQ(s.provider(node)->breaker.seen(s.now()).why, "a test wants it") << node;
    EXPECT_EQ(s.provider(node)->breaker.enter(s.now()), admission::barred) << node;
  }
}

TEST(breaker_desk, one_probe_is_under_way_among_all_nodes_and_its_end_counts_for_all) {
  for (const bool works : {true, false}) {
    breaker_stage s{{"A", "B", "C"}};
    s.provider("A")->breaker.trip("a test wants it", s.now());
    s.stir("A");
    s.stage.advance(cool_down + milliseconds{1});
    // Every node has traffic all the time.
    std::vector<std::string> probing;
    for (int i = 0; i < 300; ++i) {
      for (const auto& node : s.nodes)
        if (s.enter_as_probe(node))
          probing.push_back(node);
      s.stage.advance(milliseconds{10});
    }
    ASSERT_EQ(probing.size(), 1u);
    s.ended(probing.front(), works ? call_sign::good : call_sign::bad, true);
    s.stage.advance(milliseconds{200});
    for (const auto& node : s.nodes)
      EXPECT_EQ(s.state(node), works ? breaker_state::closed : breaker_state::open) << node;
  }
}

TEST(breaker_desk, a_node_without_calls_leaves_the_probe_to_the_next) {
  for (const auto* busy : {"A", "B", "C"}) {
    breaker_stage s{{"A", "B", "C"}};
    s.provider("A")->breaker.trip("a test wants it", s.now());
    s.stir("A");
    s.stage.advance(cool_down + milliseconds{1});
    bool taken = false;
    for (int i = 0; i < 40 && !taken; ++i) {
      taken = s.enter_as_probe(busy);
      s.stage.advance(milliseconds{50});
    }
    EXPECT_TRUE(taken) << busy;
  }
}

TEST(breaker_desk, who_comes_later_learns_of_what_is_open) {
  breaker_stage s{{"A", "B"}};
  s.provider("A")->breaker.trip("a test wants it", s.now());
  s.stir("A");
  s.stage.advance(milliseconds{200});
  s.add("C");
  s.stage.advance(milliseconds{1500});
  EXPECT_EQ(s.state("C"), breaker_state::open);
}

TEST(breaker_desk, what_a_person_resets_is_closed_everywhere) {
  breaker_stage s{{"A", "B"}};
  s.provider("A")->breaker.trip("a test wants it", s.now());
  s.stir("A");
  s.stage.advance(milliseconds{200});
  s.provider("B")->breaker.reset("a person wants it", s.now());
  s.stir("B");
  s.stage.advance(milliseconds{200});
  EXPECT_EQ(s.state("A"), breaker_state::closed);
}

TEST(breaker_desk, garbage_changes_nothing) {
  breaker_stage s{{"A"}};
  const auto subject = breaker_subject(s.stage.at("A").parts, s.stage.system());
  const auto ignore = [](const json&, const refused&) {};
  for (const auto* bad :
       {R"({})", R"({"changes":[{"kind":"agent","name":"nobody","open":true,"version":9}]})",
        R"({"changes":[{"kind":"x","name":"model","open":true,"version":9}]})",
        R"({"changes":[{"kind":"provider","name":"model"}]})"})
    EXPECT_NO_THROW(subject(json::parse(bad), ignore)) << bad;
  EXPECT_THROW(subject(json::parse(R"({"changes":[7]})"), ignore), json::exception);
  EXPECT_EQ(s.state("A"), breaker_state::closed);
}

} // namespace breaker_desk_cases
} // namespace troupe
