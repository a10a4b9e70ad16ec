#include "policies/fleet_change.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

namespace troupe {
namespace fleet_change_cases {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using namespace std::chrono_literals;

agent_spec agent(const std::string& domain, const std::string& name) {
  agent_spec out;
  out.card.name = name;
  out.card.domain = domain;
  out.card.skills = {name};
  return out;
}

domain_spec domain(const std::string& path, const std::vector<std::string>& agents) {
  domain_spec out;
  out.path = path;
  for (const auto& a : agents)
    out.agents.push_back(agent(path, a));
  return out;
}

/// desk: clerk, porter; desk/back: cook; sales: seller
fleet_spec shop() {
  fleet_spec out;
  out.name = "shop";
  out.entry = "desk";
  out.domains = {domain("desk", {"clerk", "porter"}), domain("sales", {"seller"})};
  out.domains[0].domains = {domain("desk/back", {"cook"})};
  return out;
}

/// A change in short: `+a` added, `-a` removed, `*a` changed, domains with a slash behind, keys
/// that need a restart behind `!`.
std::string in_short(const fleet_change& x) {
  std::string out;
  const auto add = [&](const char* sign, const std::vector<std::string>& all, const char* end) {
    for (const auto& name : all)
      out += (out.empty() ? "" : " ") + std::string{sign} + name + end;
  };
  add("+", x.domains_added, "/");
  add("-", x.domains_removed, "/");
  add("*", x.domains_changed, "/");
  add("+", x.agents_added, "");
  add("-", x.agents_removed, "");
  add("*", x.agents_changed, "");
  if (x.entry_changed)
    out += out.empty() ? "entry" : " entry";
  if (x.humans_changed)
    out += out.empty() ? "humans" : " humans";
  if (x.budgets_changed)
    out += out.empty() ? "budgets" : " budgets";
  for (const auto& f : x.needs_restart)
    out += (out.empty() ? "!" : " !") + f.key;
  return out;
}

TEST(fleet_change, says_what_differs) {
  struct row {
    const char* what;
    std::function<void(fleet_spec&)> edit;
    const char* expected;
  };
  const row table[] = {
      {"nothing", [](fleet_spec&) {}, ""},
      {"an agent more",
       [](fleet_spec& f) { f.domains[0].agents.push_back(agent("desk", "guard")); }, "+desk/guard"},
      {"an agent less", [](fleet_spec& f) { f.domains[0].agents.pop_back(); }, "-desk/porter"},
      {"agents in another order",
       [](fleet_spec& f) { std::swap(f.domains[0].agents[0], f.domains[0].agents[1]); }, ""},
      {"an agent's settings",
       [](fleet_spec& f) {
         f.domains[0].agents[0].settings = {{"url", "http://x"}};
       },
       "*desk/clerk"},
      {"an agent's schema",
       [](fleet_spec& f) {
         f.domains[0].agents[0].takes = {{"type", "object"}};
       },
       "*desk/clerk"},
      {"replicas", [](fleet_spec& f) { f.domains[0].agents[1].replicas = 3; }, "*desk/porter"},
      {"an agent of an inner domain",
       [](fleet_spec& f) { f.domains[0].domains[0].agents[0].slots = 9; }, "*desk/back/cook"},
      {"an agent that moves to another domain",
       [](fleet_spec& f) {
         f.domains[0].agents.pop_back();
         f.domains[1].agents.push_back(agent("sales", "porter"));
       },
       "+sales/porter -desk/porter"},
      {"a domain more", [](fleet_spec& f) { f.domains.push_back(domain("post", {"rider"})); },
       "+post/ +post/rider"},
      {"a domain less", [](fleet_spec& f) { f.domains.pop_back(); }, "-sales/ -sales/seller"},
      {"a domain with one within it less",
       [](fleet_spec& f) { f.domains.erase(f.domains.begin()); },
       "-desk/ -desk/back/ -desk/back/cook -desk/clerk -desk/porter"},
      {"a domain's policies",
       [](fleet_spec& f) { f.domains[0].routing.strategy = route_strategy::cheapest; }, "*desk/"},
      {"an intent",
       [](fleet_spec& f) { f.domains[1].understanding.intents["buy"].skill = "seller"; },
       "*sales/"},
      {"a plan", [](fleet_spec& f) { f.domains[1].plans["deal"].skill = "seller"; }, "*sales/"},
      {"a supervision strategy",
       [](fleet_spec& f) { f.domains[1].strategy = supervision::one_for_all; }, "*sales/"},
      {"the breaker of all agents", [](fleet_spec& f) { f.domains[0].breaker.failures = 2; },
       "*desk/ *desk/clerk *desk/porter"},
      {"the breaker of all agents, of which one has its own",
       [](fleet_spec& f) {
         f.domains[0].breaker.failures = 2;
         f.domains[0].agents[0].breaker = breaker_spec{};
       },
       // It declares what it had before by its domain, but it is declared otherwise.
       "*desk/ *desk/clerk *desk/porter"},
      {"a provider's breaker, that nobody has",
       [](fleet_spec& f) { f.domains[0].provider_breaker.failures = 2; }, "*desk/"},
      {"a rule that nobody names",
       [](fleet_spec& f) {
         f.domains[0].sanitize = {{"cards", "[0-9]+", "x"}};
       },
       "*desk/"},
      {"the entry", [](fleet_spec& f) { f.entry = "sales"; }, "entry"},
      {"shards", [](fleet_spec& f) { f.shards = 4; }, "!shards"},
      {"plugins and an agent",
       [](fleet_spec& f) {
         f.plugins = {"p"};
         f.domains[1].agents[0].slots = 2;
       },
       "*sales/seller !plugins"},
      {"a queue of people",
       [](fleet_spec& f) {
         f.human_queues = {{"desk", {}, {}, {}}};
       },
       "humans"},
      {"a limit of the fleet", [](fleet_spec& f) { f.budgets.limits.day[2] = 5; }, "budgets"},
      {"where the fleet's days begin", [](fleet_spec& f) { f.budgets.utc_offset = 1h; }, "budgets"},
      {"a limit of a domain", [](fleet_spec& f) { f.domains[1].budgets.day[2] = 5; }, "*sales/"},
      {"the door", [](fleet_spec& f) { f.door.port = 1; }, "!door"},
  };
  for (const auto& row : table) {
    auto after = shop();
    row.edit(after);
    EXPECT_EQ(in_short(compare_fleets(shop(), after)), row.expected) << row.what;
  }
}

TEST(fleet_change, a_rule_that_an_agent_names_is_part_of_it) {
  auto before = shop();
  before.domains[0].sanitize = {{"cards", "[0-9]+", "x"}};
  before.domains[0].agents[0].sanitize = {"cards"};
  auto after = before;
  after.domains[0].sanitize[0].replacement = "y";
  EXPECT_EQ(in_short(compare_fleets(before, after)), "*desk/ *desk/clerk");
}

TEST(fleet_change, the_breaker_of_a_provider_in_use_stays) {
  auto before = shop();
  before.domains[0].agents[1].provider = "cloud";
  auto after = before;
  after.domains[0].provider_breaker.failures = 2;
  EXPECT_EQ(in_short(compare_fleets(before, after)), "*desk/ !provider_breaker");
}

TEST(fleet_change, an_agent_whose_files_have_changed_is_another_one) {
  EXPECT_EQ(in_short(compare_fleets(shop(), shop(), {"sales/seller", "nobody/here"})),
            "*sales/seller");
}

TEST(fleet_change, finds_the_agents_that_work_with_a_file) {
  auto fleet = shop();
  auto& clerk = fleet.domains[0].agents[0];
  clerk.card.kind = agent_kind::subprocess;
  clerk.settings = {{"command", {"python3", "work/clerk.py"}}};
  auto& seller = fleet.domains[1].agents[0];
  seller.card.kind = agent_kind::subprocess;
  seller.settings = {{"command", {"./sell.sh", "--fast"}}};
  auto& cook = fleet.domains[0].domains[0].agents[0];
  cook.card.kind = agent_kind::triage;
  cook.settings = {{"examples", "e.tsv"}, {"extra_examples", {"more.tsv"}}};
  struct row {
    const char* file;
    std::vector<std::string> expected;
  };
  const row table[] = {{"work/clerk.py", {"desk/clerk"}},
                       {"work/lib/x.py", {"desk/clerk"}},
                       {"works/clerk.py", {}},
                       {"sell.sh", {"sales/seller"}},
                       {"README.md", {}},
                       {"desk/back/e.tsv", {"desk/back/cook"}},
                       {"desk/back/more.tsv", {"desk/back/cook"}},
                       {"desk/e.tsv", {}},
                       {"desk/back/cook.model", {"desk/back/cook"}}};
  for (const auto& row : table)
    EXPECT_THAT(agents_working_with(fleet, {row.file}), ::testing::ElementsAreArray(row.expected))
        << row.file;
}

TEST(fleet_change, files_added_beside_a_program_do_not_touch_an_agent_that_scales) {
  auto fleet = shop();
  auto& clerk = fleet.domains[0].agents[0];
  clerk.card.kind = agent_kind::subprocess;
  clerk.settings = {{"command", {"python3", "./work/clerk.py"}}};
  fleet.domains[1].agents[0] = clerk;
  fleet.domains[1].agents[0].card.name = "seller";
  clerk.scaling.emplace();
  const std::set<std::string> two{"work/clerk.py", "work/porter.py"};
  const std::set<std::string> one{"work/porter.py"};
  EXPECT_THAT(agents_touched_by(fleet, one, one), ElementsAre("sales/seller"));
  EXPECT_THAT(agents_touched_by(fleet, one, {}), ElementsAre("desk/clerk", "sales/seller"))
      << "it was there, and is another one";
  EXPECT_THAT(agents_touched_by(fleet, two, one), ElementsAre("desk/clerk", "sales/seller"));
  EXPECT_THAT(agents_touched_by(fleet, two, two), ElementsAre("desk/clerk", "sales/seller"))
      << "it names the file that is new";
  clerk.card.kind = agent_kind::triage;
  clerk.settings = json::object();
  EXPECT_THAT(agents_touched_by(fleet, {"desk/clerk.model"}, {"desk/clerk.model"}),
              ElementsAre("desk/clerk"));
}

TEST(fleet_change, an_agent_whose_mcp_server_has_changed_is_another_one) {
  auto before = shop();
  mcp_server_spec files;
  files.name = "files";
  files.command = {"python3", "servers/files.py"};
  mcp_server_spec web;
  web.name = "web";
  web.url = "https://a.example/mcp";
  before.mcp_servers = {files, web};
  auto& clerk = before.domains[0].agents[0];
  clerk.card.kind = agent_kind::mcp;
  clerk.settings = {{"server", "files"}, {"tool", "read"}};
  before.domains[1].agents[0].settings = {{"servers", {"web"}}};
  before.domains[0].agents[1].settings = {{"resources", {"files"}}};
  before.domains[0].domains[0].agents[0].settings = {
      {"tools", {{"look", {{"mcp", {{"server", "web"}}}}}}}};
  auto after = before;
  after.mcp_servers[0].environment["MODE"] = "safe";
  EXPECT_EQ(in_short(compare_fleets(before, after)), "*desk/clerk *desk/porter");
  after = before;
  after.mcp_servers[1].headers["x"] = "y";
  EXPECT_EQ(in_short(compare_fleets(before, after)), "*desk/back/cook *sales/seller");
  after = before;
  after.mcp_servers.push_back({});
  EXPECT_TRUE(compare_fleets(before, after).nothing()) << "nobody uses it";
  EXPECT_THAT(agents_working_with(before, {"servers/words.txt"}),
              ::testing::ElementsAre("desk/clerk", "desk/porter"));
  using digests = std::map<std::string, std::string>;
  const digests a{{"servers/files.py", "1"}, {"desk/domain.yaml", "2"}};
  EXPECT_TRUE(same_program(files.command, a, {{"servers/files.py", "1"}}));
  EXPECT_FALSE(same_program(files.command, a, {{"servers/files.py", "3"}}));
  EXPECT_FALSE(same_program(files.command, {}, {{"servers/words.txt", "1"}}));
  EXPECT_TRUE(same_program(web.command, a, {}));
}

TEST(fleet_change, numbers_only_what_is_new) {
  const auto first = shop();
  auto second = shop();
  second.domains[0].agents[0].slots = 2;
  number_agents(first, second, compare_fleets(first, second), 2);
  EXPECT_THAT(numbers_of(second), ElementsAre(std::pair{"desk/clerk", 2u}));
  EXPECT_EQ(name_in_address(second.domains[0].agents[0]), "clerk@2");
  EXPECT_EQ(name_in_address(second.domains[0].agents[1]), "porter");

  auto third = shop();
  third.domains[0].agents[0].slots = 2;
  third.domains[1].agents[0].slots = 5;
  const auto change = compare_fleets(second, third);
  EXPECT_EQ(in_short(change), "*sales/seller");
  number_agents(second, third, change, 3);
  EXPECT_THAT(numbers_of(third),
              ElementsAre(std::pair{"desk/clerk", 2u}, std::pair{"sales/seller", 3u}));

  // Who comes back as he was is a new one: the old one may be on its way out.
  auto fourth = third;
  fourth.domains[0].agents.erase(fourth.domains[0].agents.begin());
  number_agents(third, fourth, compare_fleets(third, fourth), 4);
  auto fifth = third;
  number_agents(fourth, fifth, compare_fleets(fourth, fifth), 5);
  EXPECT_THAT(numbers_of(fifth),
              ElementsAre(std::pair{"desk/clerk", 5u}, std::pair{"sales/seller", 3u}));
}

TEST(fleet_change, numbers_are_put_back) {
  auto one = shop();
  one.domains[0].agents[0].since = 7;
  auto two = shop();
  use_numbers(two, numbers_of(one));
  EXPECT_EQ(two.domains[0].agents[0].since, 7u);
  use_numbers(two, {});
  EXPECT_THAT(numbers_of(two), IsEmpty());
}

TEST(fleet_change, retires_what_nobody_needs) {
  const std::vector<version_use> known{{1, false}, {2, true}, {3, false}, {4, false}, {5, false}};
  EXPECT_THAT(versions_to_retire(known, 4, milliseconds{9000}, milliseconds{5000}),
              ElementsAre(1, 3));
  EXPECT_THAT(versions_to_retire(known, 4, milliseconds{4999}, milliseconds{5000}), IsEmpty());
}

TEST(fleet_change, decides_when_all_have_spoken) {
  const auto decide = [](const std::vector<version_answer>& said, int waited) {
    return decide_proposal({"n1", "n2"}, said, milliseconds{waited}, milliseconds{1000});
  };
  EXPECT_EQ(decide({}, 0).what, proposal_verdict::wait);
  EXPECT_EQ(decide({{"n1", true, {}}}, 999).what, proposal_verdict::wait);
  EXPECT_EQ(decide({{"n1", true, {}}, {"n2", true, {}}}, 0).what, proposal_verdict::activate);
  const auto late = decide({{"n1", true, {}}}, 1000);
  EXPECT_EQ(late.what, proposal_verdict::refuse);
  EXPECT_EQ(late.why, "not ready in time: n2");
  const auto refused = decide({{"n1", true, {}}, {"n2", false, "no such plugin"}}, 0);
  EXPECT_EQ(refused.what, proposal_verdict::refuse);
  EXPECT_EQ(refused.why, "node n2: no such plugin");
  // Who is no member has no say.
  EXPECT_EQ(decide({{"n1", true, {}}, {"n2", true, {}}, {"n3", false, "no"}}, 0).what,
            proposal_verdict::activate);
}

} // namespace fleet_change_cases
} // namespace troupe
