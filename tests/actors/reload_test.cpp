// New versions of the fleet while it runs: who goes by which, and what becomes of the former.
#include "actors/fleet_keeper.hpp"
#include "src/config/folder_snapshot.hpp"
#include "tests/fixtures/stage.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

using namespace troupe;
using namespace troupe::testing;
using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

namespace reload_cases {

/// Says `text` to everything.
agent_spec says(const std::string& name, const std::string& text) {
  auto a = an_agent(name);
  a.card.kind = agent_kind::rules;
  a.settings = {{"rules", json::array({{{"text", text}}})}};
  return a;
}

/// A person is asked, and then the agent does its part.
plan_node ask_then(const std::string& agent) {
  plan_node ask;
  ask.op = plan_op::human;
  ask.name = "approve";
  ask.target = "desk";
  plan_node then;
  then.name = then.skill = agent;
  plan_node all;
  all.op = plan_op::sequence;
  all.name = "all";
  all.children = {ask, then};
  return all;
}

fleet_spec desk(std::vector<agent_spec> agents) {
  auto d = a_domain("d", std::move(agents));
  d.plans["careful"] = ask_then("a");
  return a_fleet(std::move(d));
}

/// A node whose fleet comes from folders that are names here. Begins with "one".
struct reloading {
  explicit reloading(fleet_spec first) {
    folders["one"] = first;
    auto& table = *s.around->disk->kept->versions();
    stored_version row;
    row.number = 1;
    row.digest = "one";
    row.node = "local";
    row.about = about_text(first, {}, "");
    EXPECT_TRUE(table.propose(row, "one") && table.decide(1, true, "", {}));
    s.around->versions = [this] { return options(); };
    s.up(std::move(first));
  }

  version_options options() {
    version_options out;
    out.source.own_content = [this] { return own; };
    out.source.with_domain = [](const std::string& whole, const std::string& domain,
                                const std::string& part) { return whole + domain + part; };
    out.source.digest_of = [](const std::string& content) { return content; };
    out.source.load = [this](const std::string& content) {
      if (while_loading)
        while_loading();
      loaded_content x;
      if (const auto hit = folders.find(content); hit != folders.end()) {
        x.fleet = hit->second;
        // As the command line would have it, and the node has it.
        x.fleet->data_dir = (std::filesystem::temp_directory_path() / "troupe-tests").string();
      } else {
        x.errors.push_back({"d/agents/a.yaml", 3, 1, "kind", "\"" + content + "\" is no kind"});
      }
      return x;
    };
    auto& table = *s.around->disk->kept->versions();
    for (const auto& v : table.versions())
      if (v.state == version_state::active) {
        out.number = v.number;
        out.digest = v.digest;
      }
    out.former = former_versions(table);
    return out;
  }
  /// The fleet that a node is started with which is alone.
  fleet_spec active() {
    auto& table = *s.around->disk->kept->versions();
    for (const auto& v : table.versions())
      if (v.state == version_state::active) {
        auto out = folders.at(v.digest);
        use_about(out, v.about);
        return out;
      }
    return {};
  }

  /// Wishes for the folder of this name, and lets it be decided.
  fleet_reloaded reload(const std::string& folder, milliseconds most = 3s) {
    const auto out = std::make_shared<std::optional<fleet_reloaded>>();
    s->api().reload({folder, {}, "ann"}, [out](const fleet_reloaded& x, const refused& why) {
      *out = x;
      if (why.why != refusal::none)
        (*out)->why = why;
    });
    s->run();
    for (milliseconds waited{0}; !*out && waited < most; waited += 50ms)
      s->advance(50ms);
    EXPECT_TRUE(out->has_value()) << "nobody answered";
    return out->value_or(fleet_reloaded{});
  }
  std::string text_of(const std::string& skill) {
    const auto t = s->ask(wants(skill));
    return t->done() ? t->result().text : t->refusals.empty() ? "nothing" : "refused";
  }
  /// Answers the only open question, and says what came of the task.
  std::string answer(const heard_ptr& t) {
    const auto open = s->questions();
    EXPECT_EQ(open.size(), 1u);
    if (!open.empty()) {
      EXPECT_EQ(s->answer(open.front()->id, say("yes")), refusal::none);
    }
    s->advance(1s);
    return t->done() ? t->result().text : "not done";
  }
  std::set<std::string> agents() {
    std::set<std::string> out;
    for (const auto& a : s->api().agents())
      out.insert(a.name + (a.state == health::up ? "" : " down"));
    return out;
  }
  std::string versions() {
    std::string out;
    for (const auto& v : s.around->disk->kept->versions()->versions())
      out += (out.empty() ? "" : " ") + std::to_string(v.number) + std::string{to_string(v.state)};
    return out;
  }

  stage s;
  std::map<std::string, fleet_spec> folders;
  std::string own = "one";
  std::function<void()> while_loading; ///< a folder that is wished for
};

TEST(reload, a_changed_agent_serves_new_tasks_and_the_old_one_those_that_run) {
  reloading r{desk({says("a", "first")})};
  r.folders["two"] = desk({says("a", "second")});
  const auto running = r.s->submit(wants("careful"));
  r.s->advance(1s);
  const auto x = r.reload("two");
  EXPECT_EQ(x.version, 2u);
  EXPECT_THAT(x.change.agents_changed, ElementsAre("d/a"));
  EXPECT_EQ(r.text_of("a"), "second");
  EXPECT_THAT(r.agents(), UnorderedElementsAre("d/a", "d/a@2"));
  // Long after: it waits for a person.
  r.s->advance(1h);
  EXPECT_EQ(r.versions(), "1former 2active");
  EXPECT_THAT(r.answer(running), HasSubstr("first"));
  EXPECT_EQ(running->record().what->fleet, 1u);
  r.s->advance(10s);
  EXPECT_EQ(r.versions(), "2active");
  EXPECT_THAT(r.agents(), UnorderedElementsAre("d/a@2"));
  EXPECT_EQ(r.text_of("a"), "second");
}

TEST(reload, the_plan_of_a_running_task_stays) {
  auto before = desk({says("a", "a"), says("b", "b")});
  reloading r{before};
  auto after = before;
  after.domains[0].plans["careful"] = ask_then("b");
  after.domains[0].context["tier"] = {};
  r.folders["two"] = after;
  const auto running = r.s->submit(wants("careful"));
  r.s->advance(1s);
  const auto x = r.reload("two");
  EXPECT_THAT(x.change.domains_changed, ElementsAre("d"));
  EXPECT_TRUE(x.change.agents_changed.empty());
  EXPECT_THAT(r.answer(running), HasSubstr("a"));
  const auto next = r.s->submit(wants("careful"));
  r.s->advance(1s);
  EXPECT_THAT(r.answer(next), HasSubstr("b"));
  EXPECT_EQ(next->record().what->fleet, 2u);
  // Nobody was replaced.
  EXPECT_THAT(r.agents(), UnorderedElementsAre("d/a", "d/b"));
}

TEST(reload, an_agent_is_added_and_one_removed_when_nobody_needs_it) {
  reloading r{desk({says("a", "a"), says("b", "b")})};
  r.folders["two"] = desk({says("b", "b"), says("c", "c")});
  const auto running = r.s->submit(wants("careful"));
  r.s->advance(1s);
  EXPECT_EQ(r.reload("two").version, 2u);
  EXPECT_EQ(r.text_of("c"), "c");
  const auto gone = r.s->ask(wants("a"));
  ASSERT_TRUE(gone->done());
  EXPECT_EQ(gone->result().failed.why, reason::invalid_input);
  EXPECT_THAT(r.answer(running), HasSubstr("a"));
  r.s->advance(10s);
  EXPECT_THAT(r.agents(), UnorderedElementsAre("d/b", "d/c@2"));
}

TEST(reload, a_domain_is_added_and_one_removed) {
  auto before = desk({says("a", "a")});
  before.domains.push_back(a_domain("e", {says("x", "x")}));
  before.domains[1].plans["careful"] = ask_then("x");
  reloading r{before};
  auto after = desk({says("a", "a")});
  after.domains.push_back(a_domain("f", {says("y", "y")}));
  after.domains[1].domains.push_back(a_domain("f/in", {says("z", "z")}));
  r.folders["two"] = after;
  auto there = wants("careful");
  there.domain = "e";
  const auto running = r.s->submit(there);
  r.s->advance(1s);
  EXPECT_THAT(r.reload("two").change.domains_added, ElementsAre("f", "f/in"));
  for (const auto& [domain, skill] : {std::pair{"f", "y"}, std::pair{"f/in", "z"}}) {
    auto x = wants(skill);
    x.domain = domain;
    const auto t = r.s->ask(x);
    ASSERT_TRUE(t->done()) << domain;
    EXPECT_EQ(t->result().text, skill);
  }
  auto late = wants("x");
  late.domain = "e";
  EXPECT_EQ(r.s->ask(late)->refusals.size(), 1u);
  EXPECT_THAT(r.answer(running), HasSubstr("x"));
  r.s->advance(10s);
  EXPECT_THAT(r.agents(), UnorderedElementsAre("d/a", "f/in/z@2", "f/y@2"));
  EXPECT_TRUE(r.s->api().ready());
  std::set<std::string> domains;
  for (const auto& x : r.s->api().shards())
    domains.insert(x.domain);
  EXPECT_THAT(domains, UnorderedElementsAre("d", "f", "f/in"));
}

TEST(reload, a_domain_that_has_nothing_to_do_keeps_no_former_version) {
  auto before = desk({says("a", "a")});
  before.domains.push_back(a_domain("e", {says("x", "x")}));
  before.domains.push_back(a_domain("f", {says("y", "y")}));
  reloading r{before};
  // All of them have worked by the first version, and are idle from here on.
  const auto at = [&](const char* domain, const char* skill) {
    auto what = wants(skill);
    what.domain = domain;
    const auto t = r.s->ask(what);
    return t->done() ? t->result().text : "not done";
  };
  EXPECT_EQ(at("d", "a") + at("e", "x") + at("f", "y"), "axy");
  auto after = before;
  after.domains.pop_back();
  after.domains[1] = a_domain("e", {says("x", "another")});
  r.folders["two"] = after;
  EXPECT_EQ(r.reload("two").version, 2u);
  r.s->advance(15s);
  EXPECT_EQ(r.versions(), "2active");
  EXPECT_THAT(r.agents(), UnorderedElementsAre("d/a", "e/x@2"));
  std::set<std::string> domains;
  for (const auto& x : r.s->api().shards())
    domains.insert(x.domain);
  EXPECT_THAT(domains, UnorderedElementsAre("d", "e"));
  EXPECT_EQ(at("e", "x"), "another");
}

TEST(reload, queues_of_people_change_with_the_version) {
  auto before = desk({says("a", "a")});
  before.human_queues = {{"desk", 24h, nullptr, 15min}};
  reloading r{before};
  const auto first = r.s->submit(wants("careful"));
  r.s->advance(1s);
  auto after = before;
  after.human_queues = {{"desk", 1min, {{"text", "go on"}}, 15min}};
  r.folders["two"] = after;
  const auto x = r.reload("two");
  EXPECT_EQ(x.version, 2u);
  EXPECT_TRUE(x.change.humans_changed);
  const auto second = r.s->submit(wants("careful"));
  r.s->advance(2min);
  ASSERT_TRUE(second->done());
  EXPECT_EQ(second->record().state, task_state::completed) << "nobody had to answer";
  EXPECT_FALSE(first->done()) << "it was asked when there was a day for it";
  EXPECT_THAT(r.answer(first), HasSubstr("a"));
}

TEST(reload, limits_of_the_fleet_change_with_the_version) {
  const auto before = desk({says("a", "a")});
  reloading r{before};
  auto after = before;
  after.budgets.limits.day[0] = 5;
  r.folders["two"] = after;
  const auto x = r.reload("two");
  EXPECT_EQ(x.version, 2u);
  EXPECT_TRUE(x.change.budgets_changed);
  EXPECT_EQ(r.s->shipped().parts()->current()->fleet.budgets.limits.day[0], 5);
}

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
    EXPECT_THAT(r.reload(at, 40s).why.detail, HasSubstr("agents do not start: d/b@" + at));
    r.s->advance(5s);
    EXPECT_EQ(r.versions(), "1active " + at + "refused");
    at = "4";
  }
  EXPECT_THAT(r.agents(), UnorderedElementsAre("d/a"));
  EXPECT_EQ(r.text_of("a"), "first");
}

TEST(reload, the_same_again_is_no_new_version) {
  reloading r{desk({says("a", "first")})};
  auto x = r.reload("one");
  EXPECT_EQ(x.version, 1u);
  EXPECT_TRUE(x.change.nothing());
  r.folders["two"] = r.folders["one"]; // a comment more
  x = r.reload("two");
  EXPECT_EQ(x.version, 1u);
  EXPECT_EQ(r.versions(), "1active");
}

TEST(reload, a_task_goes_on_by_its_version_after_a_restart) {
  reloading r{desk({says("a", "first")})};
  r.folders["two"] = desk({says("a", "second")});
  const auto running = r.s->submit(wants("careful"));
  r.s->advance(1s);
  EXPECT_EQ(r.reload("two").version, 2u);
  r.s.node.reset();
  r.s.up(r.active());
  EXPECT_EQ(r.text_of("a"), "second");
  EXPECT_EQ(r.versions(), "1former 2active");
  const auto open = r.s->questions();
  ASSERT_EQ(open.size(), 1u);
  EXPECT_EQ(r.s->answer(open.front()->id, say("yes")), refusal::none);
  r.s->advance(1s);
  const auto ended = r.s->find(running->id());
  ASSERT_TRUE(ended);
  EXPECT_THAT(ended->result->text, HasSubstr("first"));
  r.s->advance(10s);
  EXPECT_EQ(r.versions(), "2active");
  EXPECT_THAT(r.agents(), UnorderedElementsAre("d/a@2"));
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

TEST(reload, supervisors_restart_by_the_new_rules) {
  auto before = desk({says("a", "a"), says("b", "b")});
  reloading r{before};
  auto after = before;
  after.domains[0].strategy = supervision::one_for_all;
  r.folders["two"] = after;
  EXPECT_EQ(r.reload("two").version, 2u);
  const auto incarnation = r.s->seat_of("d/b")->now().incarnation;
  r.s->kill_agent("d/a");
  r.s->advance(1s);
  EXPECT_EQ(r.s->seat_of("d/b")->now().incarnation, incarnation + 1);
  // Also those that are started again.
  r.s->kill({address_kind::node, "local/d/agents"});
  r.s->advance(1s);
  const auto later = r.s->seat_of("d/b")->now().incarnation;
  r.s->kill_agent("d/a");
  r.s->advance(1s);
  EXPECT_EQ(r.s->seat_of("d/b")->now().incarnation, later + 1);
}

TEST(reload, what_was_ended_stays_so_when_its_supervisor_is_restarted) {
  reloading r{desk({says("a", "a"), says("b", "b")})};
  r.folders["two"] = desk({says("b", "b"), says("c", "c")});
  EXPECT_EQ(r.reload("two").version, 2u);
  r.s->advance(10s);
  r.s->kill({address_kind::node, "local/d/agents"});
  r.s->advance(2s);
  EXPECT_THAT(r.agents(), UnorderedElementsAre("d/b", "d/c@2"));
  EXPECT_EQ(r.text_of("c"), "c");
}

TEST(reload, what_is_not_stored_keeps_its_version_too) {
  reloading r{desk({says("a", "first")})};
  r.folders["two"] = desk({says("a", "second")});
  auto fleeting = wants("careful");
  fleeting.keep = durability::none;
  const auto running = r.s->submit(fleeting);
  r.s->advance(1s);
  EXPECT_EQ(r.reload("two").version, 2u);
  r.s->advance(1min);
  EXPECT_EQ(r.versions(), "1former 2active");
  EXPECT_THAT(r.answer(running), HasSubstr("first"));
  r.s->advance(10s);
  EXPECT_EQ(r.versions(), "2active");
}

TEST(reload, many_versions_leave_nothing_behind) {
  reloading r{desk({says("a", "0")})};
  r.s->advance(10s);
  const auto actors = r.s->actors();
  for (int i = 1; i <= 20; ++i) {
    const auto name = "v" + std::to_string(i);
    r.folders[name] = desk({says("a", std::to_string(i))});
    EXPECT_EQ(r.reload(name).version, static_cast<std::uint64_t>(i) + 1);
    EXPECT_EQ(r.text_of("a"), std::to_string(i));
  }
  r.s->advance(10s);
  EXPECT_EQ(r.versions(), "21active");
  EXPECT_EQ(r.s->actors(), actors);
  EXPECT_THAT(r.agents(), UnorderedElementsAre("d/a@21"));
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

} // namespace reload_cases
