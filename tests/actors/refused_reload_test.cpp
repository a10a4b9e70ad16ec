// Versions of the fleet that do not come to be: refused, or with a store that fails.
#include "tests/fixtures/reloading.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace troupe;
using namespace troupe::testing;
using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

namespace refused_reload_cases {

TEST(reload, a_bad_folder_changes_nothing) {
  reloading r{desk({says("a", "first")})};
  const auto x = r.reload("nonsense");
  EXPECT_EQ(x.version, 0u);
  ASSERT_EQ(x.errors.size(), 1u);
  EXPECT_EQ(to_string(x.errors.front()), "d/agents/a.yaml:3:1: kind: \"nonsense\" is no kind");
  EXPECT_EQ(r.versions(), "1active");
  EXPECT_EQ(r.text_of("a"), "first");
}

TEST(reload, what_takes_a_restart_is_refused_with_its_key) {
  reloading r{desk({says("a", "first")})};
  auto more = desk({says("a", "second")});
  more.shards = 4;
  auto scaled = desk({says("a", "first")});
  scaled.domains[0].agents[0].scaling.emplace();
  r.folders["two"] = more;
  r.folders["three"] = scaled;
  auto x = r.reload("two");
  ASSERT_EQ(x.errors.size(), 1u);
  EXPECT_THAT(to_string(x.errors.front()), HasSubstr("fleet.yaml: shards: "));
  EXPECT_THAT(to_string(x.errors.front()), HasSubstr("restart"));
  x = r.reload("three");
  ASSERT_EQ(x.errors.size(), 1u);
  EXPECT_THAT(to_string(x.errors.front()), HasSubstr("d/agents/a.yaml: scaling: "));
  EXPECT_EQ(r.text_of("a"), "first");
}

TEST(reload, names_the_file_that_makes_another_one_of_an_agent_that_scales) {
  auto pool = says("pool", "first");
  pool.card.kind = agent_kind::subprocess;
  pool.settings = {{"command", {"python3", "workers/w1.py"}}};
  pool.scaling.emplace();
  reloading r{desk({says("a", "first"), pool})};
  r.files["one"] = {{"workers/w1.py", "1"}, {"d/agents/pool.yaml", "1"}};
  r.s.restart();
  r.folders["two"] = r.folders["one"];
  r.files["two"] = {{"workers/w1.py", "2"}, {"d/agents/pool.yaml", "1"}};
  auto x = r.reload("two");
  ASSERT_EQ(x.errors.size(), 1u);
  EXPECT_THAT(to_string(x.errors.front()), HasSubstr("workers/w1.py: d/pool goes by it: "));
  r.folders["three"] = desk({says("a", "second"), pool});
  r.files["three"] = r.files["one"];
  r.files["three"]["workers/w2.py"] = "1";
  x = r.reload("three");
  EXPECT_EQ(x.version, 2u) << "the pool is as it was";
  EXPECT_EQ(r.text_of("a"), "second");
}

TEST(reload, the_nodes_that_are_told_of_are_those_that_live) {
  reloading r{desk({says("a", "first")})};
  node_versions gone;
  gone.node = "gone";
  gone.active = 1;
  r.s.around->disk->kept->versions()->say(gone);
  r.folders["two"] = desk({says("a", "second")});
  ASSERT_EQ(r.reload("two").version, 2u);
  std::vector<std::string> told;
  r.s->api().versions([&](const versions_viewed& x, const refused&) {
    for (const auto& n : x.nodes)
      told.push_back(n.node);
  });
  r.s->advance(1s);
  EXPECT_THAT(told, ::testing::ElementsAre("local"));
}

TEST(reload, an_agent_that_does_not_start_refuses_its_version) {
  reloading r{desk({says("a", "first")})};
  auto broken = desk({says("a", "first"), an_agent("b", "nobody_registered_this")});
  auto dead = desk({says("a", "second"), an_agent("b")});
  dead.domains[0].agents[1].settings = json::object();
  r.folders["two"] = broken;
  EXPECT_THAT(r.reload("two").why.detail, HasSubstr("nobody_registered_this"));
  // One without any rules, and one without a URL.
  std::string at = "3";
  for (const auto kind : {agent_kind::rules, agent_kind::http}) {
    dead.domains[0].agents[1].card.kind = kind;
    r.folders[at] = dead;
    const auto why = r.reload(at, 40s).why.detail;
    EXPECT_THAT(why, HasSubstr("agents do not start: d/b@" + at + " ("));
    if (kind == agent_kind::http) {
      EXPECT_THAT(why, HasSubstr("it has no URL"));
    }
    r.s->advance(5s);
    EXPECT_EQ(r.versions(), "1active " + at + "refused");
    at = "4";
  }
  EXPECT_THAT(r.agents(), UnorderedElementsAre("d/a"));
  EXPECT_EQ(r.text_of("a"), "first");
}

TEST(reload, an_agent_whose_program_is_missing_refuses_its_version_at_once) {
  reloading r{desk({says("a", "first")})};
  auto worker = an_agent("w");
  worker.card.kind = agent_kind::subprocess;
  worker.settings = {{"command", {"nowhere"}}, {"mode", "worker"}};
  worker.replicas = 2;
  r.folders["two"] = desk({says("a", "second"), worker});
  auto& no = r.s.around->processes->refuses.emplace();
  no.detail = "'nowhere' is not in PATH";
  no.for_good = true;
  const auto began = r.s->now();
  EXPECT_THAT(r.reload("two").why.detail,
              AllOf(HasSubstr("agents do not start: d/w@2#"),
                    HasSubstr("(d/agents/w.yaml: command: 'nowhere' is not in PATH)")));
  EXPECT_LT(r.s->now() - began, 3s);
  r.s->advance(5s);
  EXPECT_EQ(r.versions(), "1active 2refused");
  EXPECT_EQ(r.text_of("a"), "first");
  // As soon as it is there, nobody remembers that it was not.
  r.s.around->processes->refuses.reset();
  r.folders["three"] = r.folders["two"];
  EXPECT_EQ(r.reload("three").version, 3u);
  EXPECT_EQ(r.text_of("a"), "second");
}

TEST(reload, a_version_whose_proposer_has_died_is_refused) {
  reloading r{desk({says("a", "first")})};
  auto& table = *r.s.around->disk->kept->versions();
  stored_version row;
  row.number = 2;
  row.digest = "two";
  row.node = "somebody";
  row.at = r.s->now();
  ASSERT_TRUE(table.propose(row, "two"));
  r.folders["three"] = desk({says("a", "third")});
  // It looks at the table because somebody wants something.
  EXPECT_EQ(r.reload("three").why.why, refusal::conflict);
  r.s->advance(2s);
  EXPECT_EQ(r.versions(), "1active 2refused");
  EXPECT_EQ(r.reload("three").version, 3u);
  EXPECT_EQ(r.text_of("a"), "third");
}

TEST(reload, a_store_that_fails_with_the_proposal_refuses_it_and_the_next_wish_is_taken) {
  for (const auto how : {store_error::kind::busy, store_error::kind::full, store_error::kind::io}) {
    reloading r{desk({says("a", "first")})};
    r.folders["two"] = desk({says("a", "second")});
    auto& disk = *r.s.around->disk;
    r.while_loading = [&] { disk.no_versions = how; };
    const auto x = r.reload("two", 1s);
    EXPECT_EQ(x.why.why, refusal::busy);
    EXPECT_THAT(x.why.detail, HasSubstr("troupe reload --list"));
    if (how != store_error::kind::io) {
      EXPECT_THAT(r.reload("two", 1s).why.detail, HasSubstr("out of reach"));
    }
    r.while_loading = nullptr;
    disk.no_versions.reset();
    r.s->advance(2s);
    EXPECT_EQ(r.reload("two").version, 2u);
    EXPECT_EQ(r.text_of("a"), "second");
    EXPECT_EQ(r.versions(), "1former 2active");
  }
}

TEST(reload, a_store_that_fails_at_any_moment_keeps_nobody_waiting) {
  enum class loss { journal, busy, io };
  for (const auto how : {loss::journal, loss::busy, loss::io}) {
    bool over = false;
    for (int moment = 0; !over; ++moment) {
      reloading r{desk({says("a", "first")})};
      r.folders["two"] = desk({says("a", "second")});
      r.folders["three"] = desk({says("a", "third")});
      fleet_reloaded said;
      int answers = 0;
      r.s->api().reload({"two", {}, "ann"}, [&](const fleet_reloaded& x, const refused& why) {
        said = x;
        if (why.why != refusal::none)
          said.why = why;
        ++answers;
      });
      for (int i = 0; i < moment && !over; ++i)
        over = !r.s->scheduler().try_run_once();
      auto& disk = *r.s.around->disk;
      if (how == loss::journal) {
        disk.closed = store_error::kind::io;
        r.s->kill_part("journal");
      } else {
        disk.no_versions = how == loss::busy ? store_error::kind::busy : store_error::kind::io;
      }
      // A store that is broken is opened again and again, until its supervisor has had enough.
      r.s->advance(how == loss::io ? 100ms : 1s);
      disk.repair();
      r.s->advance(8s);
      ASSERT_EQ(answers, 1) << moment;
      EXPECT_TRUE(said.version == 2 || said.why.why == refusal::busy)
          << moment << ": " << said.why.detail;
      EXPECT_GT(r.reload("three").version, 1u) << moment;
      EXPECT_EQ(r.text_of("a"), "third") << moment;
    }
  }
}

TEST(reload, the_versions_are_told_as_they_were_known_while_there_is_no_store) {
  reloading r{desk({says("a", "first")})};
  r.folders["two"] = desk({says("a", "second")});
  EXPECT_EQ(r.reload("two").version, 2u);
  const auto view = [&] {
    std::string out = "nobody answered";
    r.s->api().versions([&out](const versions_viewed& x, const refused& why) {
      out = why.why == refusal::none ? "" : why.detail;
      for (const auto& v : x.versions)
        out += std::to_string(v.number) + std::string{to_string(v.state)};
    });
    r.s->advance(1s);
    return out;
  };
  r.s->advance(10s);
  EXPECT_EQ(view(), "2active");
  auto& disk = *r.s.around->disk;
  for (const auto how : {store_error::kind::busy, store_error::kind::io}) {
    disk.no_versions = how;
    EXPECT_EQ(view(), "2active");
  }
  disk.closed = store_error::kind::io;
  r.s->kill_part("journal");
  EXPECT_EQ(view(), "2active");
}

TEST(reload, whoever_waits_hears_that_the_keeper_has_ended) {
  for (const bool killed : {true, false}) {
    auto r = std::make_unique<reloading>(desk({says("a", "first")}));
    auto dead = desk({says("a", "second"), an_agent("b")});
    dead.domains[0].agents[1].card.kind = agent_kind::rules; // without any: it never starts
    dead.domains[0].agents[1].settings = json::object();
    r->folders["two"] = dead;
    fleet_reloaded heard;
    int answers = 0;
    r->s->api().reload({"two", {}, "ann"}, [&](const fleet_reloaded& x, const refused&) {
      heard = x;
      ++answers;
    });
    r->s->advance(2s);
    ASSERT_EQ(answers, 0);
    if (killed)
      r->s->kill_part("fleet_keeper");
    else
      r->s.node.reset();
    EXPECT_EQ(answers, 1) << killed;
    EXPECT_EQ(heard.why.why, refusal::stopping) << heard.why.detail;
  }
}

} // namespace refused_reload_cases
