// Simulating a fleet, and going through a recorded task again.
#include "tests/nodes/cli_kit.hpp"

#include <gmock/gmock.h>

#include <fstream>

namespace cli_sim_cases {

using namespace troupe::test;
using testing::AllOf;
using testing::HasSubstr;
using troupe::json;

/// A fleet without triage, so that nothing has to be trained.
void small_fleet(const scratch& here) {
  here.write("fleet/fleet.yaml", "fleet: small\nentry: desk\nshards: 2\ndata: data\n"
                                 "humans: {people: {answer_timeout: 10m}}\n");
  here.write("fleet/desk/domain.yaml",
             "domain: desk\ntimeout: 30s\nstep_timeout: 5s\ncontext: {customer_id: string}\n");
  here.write(
      "fleet/desk/agents/clerk.yaml",
      "agent: clerk\nkind: http\nskills: [file]\neffects: idempotent\n"
      "fallback: [\"agent:deputy\", \"human:people\"]\nhttp: {url: \"http://127.0.0.1:1/\"}\n");
  here.write(
      "fleet/desk/agents/deputy.yaml",
      "agent: deputy\nkind: rules\nskills: [file, tell]\nrules: {rules: [{text: As ever.}]}\n");
}

TEST(cli_sim, the_same_seed_gives_the_same_bytes) {
  const scratch here;
  small_fleet(here);
  const auto words = [&](const char* seed, const char* log) {
    return run_troupe(
        {"sim", here.path("fleet"), "--seed", seed, "--count", "30", "--log", here.path(log)});
  };
  const auto a = words("5", "a");
  const auto b = words("5", "b");
  const auto c = words("6", "c");
  EXPECT_EQ(a.code, 0) << a.out << a.err;
  EXPECT_EQ(a.out, b.out);
  EXPECT_NE(a.out, c.out);
  EXPECT_THAT(a.out, AllOf(HasSubstr("seed 5: 30 tasks"), HasSubstr("everything that must")));
  std::ifstream one{here.path("a")}, two{here.path("b")};
  const std::string first{std::istreambuf_iterator<char>{one}, {}};
  EXPECT_GT(first.size(), 1000u);
  EXPECT_EQ(first, (std::string{std::istreambuf_iterator<char>{two}, {}}));
}

TEST(cli_sim, tells_programs_all_it_counts) {
  const scratch here;
  small_fleet(here);
  const auto calm =
      run_troupe({"sim", here.path("fleet"), "--calm", "--count", "10", "-o", "json"}).document();
  EXPECT_EQ(calm["tasks"], 10);
  EXPECT_EQ(calm["violations"], json::array());
  EXPECT_EQ(calm["faults"], json::object());
  EXPECT_EQ(calm["processes"], 1);
  const auto many = run_troupe({"sim", here.path("fleet"), "--runs", "3", "--without", "node_kills",
                                "-o", "json"})
                        .document();
  ASSERT_EQ(many["runs"].size(), 3u);
  for (const auto& run : many["runs"])
    EXPECT_FALSE(run["faults"].contains("node_kills"));
}

TEST(cli_sim, takes_tasks_and_answers_from_a_script) {
  const scratch here;
  small_fleet(here);
  here.write("fleet/sim.yaml", "tasks: [{skill: file, text: a letter}]\n"
                               "agents: {desk/clerk: [{fails: invalid_input, detail: no}]}\n");
  // The clerk never takes it, so that the deputy's rules answer.
  const auto out =
      run_troupe({"sim", here.path("fleet"), "--calm", "--count", "8", "-o", "json"}).document();
  EXPECT_EQ(out["ends"]["completed"], 8) << out;
  // Then the router has learnt who fails.
  EXPECT_GE(out["fallbacks"], 1) << out;
  here.write("bad.yaml",
             "tasks:\n  - {texts: a letter, skill: file}\nagents: {clerk: [{fails: bored}]}\n");
  const auto bad = run_troupe({"sim", here.path("fleet"), "--tasks", here.path("bad.yaml")});
  EXPECT_EQ(bad.code, 1);
  EXPECT_THAT(bad.err, AllOf(HasSubstr("bad.yaml:2"), HasSubstr("text"), HasSubstr("bored")));
  const auto refused = [&](const std::string& script) {
    here.write("other.yaml", script);
    const auto said = run_troupe({"sim", here.path("fleet"), "--tasks", here.path("other.yaml"),
                                  "--answers", here.path("other.yaml")});
    EXPECT_EQ(said.code, 1) << script;
    return said.err;
  };
  // What nobody would ever hear of.
  EXPECT_THAT(refused("agents: {desk/clark: [{text: x}]}\n"), HasSubstr("no such agent"));
  EXPECT_THAT(refused("agents: {deputy: [{text: x}]}\n"), HasSubstr("answers as it would"));
  EXPECT_THAT(refused("tasks: [{skill: file, domain: disk}]\n"), HasSubstr("domain disk"));
  EXPECT_EQ(run_troupe({"sim", here.path("fleet"), "--without", "luck"}).code, 2);
}

/// What runs of a simulation in JSON tell.
json cluster_runs(std::vector<std::string> words) {
  words.insert(words.begin(), "sim");
  words.insert(words.end(), {"-o", "json"});
  const auto got = run_troupe(std::move(words));
  EXPECT_EQ(got.code, 0) << got.out << got.err;
  return got.document();
}

TEST(cli_sim, of_a_cluster_is_decided_by_its_seed) {
  const scratch here;
  small_fleet(here);
  const auto runs = [&](const char* nodes) {
    return cluster_runs({here.path("fleet"), "--nodes", nodes, "--runs", "6", "--count", "15",
                         "--without", "node_kills", "--without", "unsure"});
  };
  const auto a = runs("3");
  ASSERT_EQ(a["runs"].size(), 6u);
  EXPECT_EQ(a, runs("3"));
  EXPECT_NE(a, runs("2"));
  std::size_t between_nodes = 0;
  for (const auto& run : a["runs"]) {
    EXPECT_EQ(run["violations"], json::array());
    EXPECT_EQ(run["tasks"], 15);
    EXPECT_GE(run["processes"], 3);
    for (const auto* kind : {"node_kills", "unsure"})
      EXPECT_FALSE(run["faults"].contains(kind)) << run;
    for (const auto* kind : {"partitions", "resets", "slow_spells", "freezes", "leaves"})
      between_nodes += run["faults"].contains(kind) ? 1 : 0;
  }
  EXPECT_GT(between_nodes, 0u);
}

TEST(cli_sim, of_a_calm_cluster_loses_nothing) {
  const scratch here;
  small_fleet(here);
  // All nodes are in one region, and offer what this one does.
  here.write("fleet/fleet.yaml",
             "fleet: small\nentry: desk\nshards: 2\ndata: data\n"
             "node: {region: eu, labels: [scanner]}\nregions: {backups: {eu: [us], us: [eu]}}\n");
  here.write("fleet/desk/agents/clerk.yaml",
             "agent: clerk\nkind: http\nskills: [file]\neffects: idempotent\n"
             "placement: {labels: [scanner]}\nhttp: {url: \"http://127.0.0.1:1/\"}\n");
  here.write("fleet/desk/agents/deputy.yaml",
             "agent: deputy\nkind: rules\nskills: [tell]\nrules: {rules: [{text: As ever.}]}\n");
  here.write("fleet/sim.yaml", "tasks: [{skill: file, text: a letter}]\n"
                               "agents: {desk/clerk: [{text: Filed.}]}\n");
  const auto calm = cluster_runs({here.path("fleet"), "--nodes", "4", "--calm", "--count", "10"});
  EXPECT_EQ(calm["tasks"], 10);
  EXPECT_GT(calm["accepted"], 5) << calm;
  EXPECT_EQ(calm["lost"], 0);
  EXPECT_EQ(calm["processes"], 4);
  EXPECT_EQ(calm["faults"], json::object());
  EXPECT_EQ(calm["violations"], json::array());
  // Nobody but the clerk files, and he is only where a scanner is.
  EXPECT_GT(calm["effects"], 0) << calm;
}

TEST(cli_sim, of_the_example_on_several_nodes_holds_what_must) {
  const auto out = cluster_runs({TROUPE_SOURCE_DIR "/examples/customer-support", "--nodes", "3",
                                 "--seed", "5", "--runs", "4", "--count", "20"});
  std::size_t completed = 0;
  for (const auto& run : out["runs"]) {
    EXPECT_EQ(run["violations"], json::array());
    EXPECT_GE(run["processes"], 3);
    completed += run["ends"].value("completed", 0u);
  }
  EXPECT_GT(completed, 0u);
}

TEST(cli_sim, knows_which_faults_several_nodes_have_and_one_has_not) {
  const scratch here;
  small_fleet(here);
  const auto refused = [&](const char* nodes, const char* kind) {
    const auto got =
        run_troupe({"sim", here.path("fleet"), "--nodes", nodes, "--without", kind, "--calm"});
    EXPECT_EQ(got.code == 2, !got.err.empty()) << got.err;
    return got.code == 2;
  };
  EXPECT_TRUE(refused("1", "partitions"));
  EXPECT_TRUE(refused("2", "clock_jumps"));
  EXPECT_FALSE(refused("2", "partitions"));
  EXPECT_FALSE(refused("1", "clock_jumps"));
  EXPECT_TRUE(refused("8", "partitions"));
  EXPECT_TRUE(refused("0", "throws"));
}

TEST(cli_replay, of_a_running_node_and_of_one_at_rest) {
  const scratch here;
  small_fleet(here);
  dev_node node{here.path("fleet"), here.path("data")};
  ASSERT_EQ(node.ask({"submit", "--skill", "tell", "a story"}).code, 0);
  const auto id =
      node.ask({"tasks", "-o", "json"}).document().at("tasks")[0].at("id").get<std::string>();
  const auto told = node.ask({"replay", id});
  EXPECT_EQ(told.code, 0) << told.err;
  EXPECT_THAT(told.out, AllOf(HasSubstr("assigned"), HasSubstr("desk/deputy"),
                              HasSubstr("every recorded decision")));
  EXPECT_THAT(node.ask({"replay", id, "--until", "tell"}).out, HasSubstr("stopped here"));
  EXPECT_EQ(node.ask({"replay", id, "--until", "nothing"}).code, 5);
  here.write("other.jsonl", "{\"text\": \"Not today.\"}\n");
  EXPECT_THAT(node.ask({"replay", id, "--with", "desk/deputy=" + here.path("other.jsonl")}).out,
              AllOf(HasSubstr("Not today."), HasSubstr("it was recorded otherwise")));
  EXPECT_EQ(node.ask({"replay", id, "--with", "desk/clerk=" + here.path("other.jsonl")}).code, 5);
  EXPECT_EQ(node.ask({"replay", id, "--with", "desk/deputy"}).code, 2);
  EXPECT_EQ(node.ask({"replay", "01a1fc44fd13842f58183fee3001"}).code, 5);
  const auto busy = run_troupe({"replay", id, "--data", here.path("data")});
  EXPECT_EQ(busy.code, 1);
  EXPECT_THAT(busy.err, HasSubstr("without --data"));

  node.process().signal(SIGTERM);
  ASSERT_EQ(node.process().wait(), 0);
  const auto rest = run_troupe({"replay", id, "--data", here.path("data"), "-o", "json"});
  EXPECT_EQ(rest.code, 0) << rest.err;
  EXPECT_EQ(rest.document()["differences"], 0);
  EXPECT_EQ(run_troupe({"replay", "no-such", "--data", here.path("data")}).code, 5);
}

} // namespace cli_sim_cases
