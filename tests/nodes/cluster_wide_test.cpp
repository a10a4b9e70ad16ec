// What one node of several sees and does for all of them.
#include "nodes/doors/cluster_views.hpp"
#include "tests/fixtures/fleet_stage.hpp"

#include <set>

namespace troupe {
namespace cluster_wide_cases {

using namespace troupe::testing;

struct wide_stage : fleet_stage {
  survey_answers ask(const std::string& from, const std::string& subject,
                     json query = json::object()) {
    survey_answers out;
    survey_question what;
    what.subject = subject;
    what.query = std::move(query);
    nodes.at(from)->api().ask_nodes(std::move(what),
                                    [&](survey_answers x, const refused&) { out = std::move(x); });
    stage.advance(milliseconds{500});
    return out;
  }
  json order(const std::string& from, const std::string& agent, const char* what) {
    return ordered_agents(
        ask(from, "order", {{"agent", agent}, {"order", what}, {"told_by", from}}));
  }
  /// What the registry of a node hands to the orchestrators of a domain.
  std::set<std::string> registered(const std::string& node) {
    std::set<std::string> out;
    const auto notes = std::make_shared<diary>();
    const auto me = stage.spawn(notes, {[&out](const routes_changed& x) {
                                  for (const auto& place : x.table->agents)
                                    out.insert(place->where().name);
                                }});
    auto registry = nodes.at(node)->resolve({address_kind::node, node + "/registry"});
    caf::anon_send(me, errand{[registry](caf::event_based_actor* self) {
                     self->send(registry, subscribe_routes{"d", nullptr});
                   }});
    stage.run();
    caf::anon_send_exit(me, caf::exit_reason::kill);
    stage.run();
    return out;
  }
};

/// `domain/agent#n` and its node, of every agent below `x`.
void collect_agents(const json& x, const std::string& node, const std::string& above,
                    std::map<std::string, std::string>& into) {
  const auto here = x.value("node", node);
  const auto id = x.value("id", "");
  if (x.value("kind", "") == "agent") {
    const auto name = above.substr(0, above.rfind('/')) + "/" + id;
    EXPECT_TRUE(into.emplace(name, here).second) << name << " is there twice";
  }
  for (const auto& c : x.value("children", json::array()))
    collect_agents(c, here, id, into);
}

agent_spec several(const std::string& name, std::uint32_t replicas) {
  auto a = fleet_stage::worker(name);
  a.replicas = replicas;
  return a;
}

TEST(cluster_wide, the_trees_agents_are_the_registrys_and_those_that_live) {
  wide_stage f;
  f.up("A", a_domain("d", {several("a", 2)}));
  f.up("B", a_domain("d", {several("b", 3)}));
  f.up("C", a_domain("d", {}));
  f.stage.advance(milliseconds{500});
  for (const auto* from : {"A", "B", "C"}) {
    const auto tree = cluster_tree("little", f.ask(from, "tree"));
    EXPECT_EQ(tree["missing"].size(), 0u) << tree["missing"];
    std::map<std::string, std::string> in_tree;
    collect_agents(tree, "", "", in_tree);
    EXPECT_EQ(in_tree,
              (std::map<std::string, std::string>{
                  {"d/a#1", "A"}, {"d/a#2", "A"}, {"d/b#1", "B"}, {"d/b#2", "B"}, {"d/b#3", "B"}}))
        << from;
    std::set<std::string> names;
    for (const auto& [name, node] : in_tree)
      names.insert(name);
    EXPECT_EQ(f.registered(from), names) << from;
    const auto agents = cluster_agents(f.ask(from, "agents"));
    std::map<std::string, std::string> in_list;
    for (const auto& a : agents["agents"])
      in_list.emplace(a["name"], a["node"]);
    EXPECT_EQ(in_list, in_tree) << from;
    // Each is an actor that lives, at the node that was named.
    for (const auto& [name, node] : in_tree) {
      const auto who = f.nodes.at(node)->resolve({address_kind::agent, name});
      ASSERT_TRUE(who) << name;
      const auto* actor =
          dynamic_cast<caf::local_actor*>(caf::actor_cast<caf::abstract_actor*>(who));
      ASSERT_TRUE(actor) << name;
      EXPECT_STREQ(actor->name(), "agent") << name;
      const auto ended = std::make_shared<bool>(false);
      who->attach_functor([ended](const caf::error&) { *ended = true; });
      EXPECT_FALSE(*ended) << name;
    }
  }
}

TEST(cluster_wide, counts_are_those_of_all_nodes) {
  wide_stage f;
  f.up("A", a_domain("d", {}));
  f.up("B", a_domain("d", {fleet_stage::worker("far")}));
  f.stage.advance(milliseconds{500});
  for (const auto* from : {"A", "B", "A"}) {
    const auto heard = f.submit(from, wants("work"));
    f.stage.advance(milliseconds{100});
    ASSERT_TRUE(heard->done());
  }
  for (const auto* from : {"A", "B"}) {
    const auto said = cluster_agents(f.ask(from, "agents"));
    ASSERT_EQ(said["agents"].size(), 1u);
    EXPECT_EQ(said["agents"][0]["node"], "B");
    EXPECT_EQ(said["agents"][0]["served"], 3);
    EXPECT_EQ(said["totals"][0]["served"], 3);
  }
}

TEST(cluster_wide, orders_reach_an_agent_wherever_it_lives) {
  wide_stage f;
  f.up("A", a_domain("d", {}));
  f.up("B", a_domain("d", {fleet_stage::worker("far")}));
  f.stage.advance(milliseconds{500});
  const auto state = [&] {
    const auto said = cluster_agents(f.ask("A", "agents"));
    return said["agents"].at(0).value("state", "");
  };
  for (const auto& [what, then] : {std::pair{"drain", "draining"},
                                   {"return", "up"},
                                   {"quarantine", "quarantined"},
                                   {"return", "up"},
                                   {"restart", "up"},
                                   {"stop", "down"},
                                   {"start", "up"}}) {
    const auto said = f.order("A", "d/far", what);
    ASSERT_EQ(said["agents"].size(), 1u) << what << said;
    EXPECT_EQ(said["agents"][0]["node"], "B") << what;
    EXPECT_EQ(state(), then) << what;
    const auto heard = f.submit("A", wants("work"));
    f.stage.advance(milliseconds{100});
    EXPECT_EQ(heard->done() && heard->record().state == task_state::completed,
              std::string{then} == "up")
        << what;
  }
}

TEST(cluster_wide, an_agent_that_joins_anywhere_is_routable_everywhere_within_a_second) {
  wide_stage f;
  for (const auto* node : {"A", "B", "C"})
    f.up(node, a_domain("d", {}));
  f.stage.advance(milliseconds{500});
  auto newcomer = fleet_stage::worker("new");
  newcomer.card.domain = "d";
  f.nodes.at("B")->add_agent(std::move(newcomer));
  f.stage.advance(milliseconds{900});
  for (const auto* from : {"A", "B", "C"}) {
    const auto heard = f.submit(from, wants("work"));
    f.stage.advance(milliseconds{50});
    ASSERT_TRUE(heard->done()) << from;
    EXPECT_EQ(heard->record().state, task_state::completed) << from;
  }
}

TEST(cluster_wide, who_owns_a_shard_says_so_and_since_when) {
  wide_stage f;
  f.up("A", a_domain("d", {}));
  f.up("B", a_domain("d", {}));
  f.stage.advance(milliseconds{500});
  const auto said = f.ask("A", "shards", {{"shard", 0}});
  ASSERT_EQ(said.size(), 2u);
  // Without a member table each node has an orchestrator of its own.
  for (const auto& x : said) {
    ASSERT_EQ(x.answer["shards"].size(), 1u);
    EXPECT_EQ(x.answer["shards"][0]["domain"], "d");
    EXPECT_GT(x.answer["shards"][0]["since"].get<std::string>(), "2000");
  }
}

} // namespace cluster_wide_cases
} // namespace troupe
