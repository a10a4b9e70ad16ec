// What reaches an agent of the context, looked for at its door: what it reads, and nothing else.
#include "tests/fixtures/plan_parts.hpp"
#include "tests/fixtures/stage.hpp"

#include "actors/agent_json.hpp"

#include <gtest/gtest.h>

using namespace troupe;
using namespace troupe::testing;

namespace scope_cases {

constexpr const char* planted = "planted";

plan_node joined(plan_node n, join how) {
  n.how = how;
  return n;
}

plan_node until(plan_node n, const std::string& pointer) {
  n.when = {pointer, gate_test::equals, true};
  n.max_rounds = 2;
  return n;
}

plan_node line(std::vector<plan_node> steps) {
  return around(plan_op::sequence, "line", std::move(steps));
}

/// Two agents set the field `secret`, one reads it, one does not. Nobody reads `card`.
domain_spec with(plan_node all) {
  auto d = a_domain("d", {an_agent("write"), an_agent("write2"), an_agent("other"),
                          an_agent("fail"), an_agent("reader")});
  d.retry.max_retries = 0;
  d.context = {{"secret", {}}, {"card", {}}};
  d.context["secret"].merge = state_merge::replace;
  d.agents[0].writes = d.agents[1].writes = {"secret"};
  d.agents[4].reads = {"secret"};
  d.plans["all"] = std::move(all);
  return d;
}

outcome second_round_fits(const agent_call& x, json context = nullptr) {
  json data{{"n", 1}, {"fits", x.input.is_object() && x.input.value("round", 1) > 1}};
  if (!context.is_null())
    data["context"] = std::move(context);
  return say("said", std::move(data));
}

void play(script_room& room, const std::string& second) {
  room.works["write"] = [](const agent_call& x) {
    return second_round_fits(x, {{"secret", "planted"}});
  };
  room.works["write2"] = [second](const agent_call& x) {
    return second_round_fits(x, {{"secret", second}});
  };
  room.works["other"] = [](const agent_call& x) { return second_round_fits(x); };
  room.works["fail"] = [](const agent_call&) {
    return outcome::of({reason::policy_denied, "no", {}});
  };
}

task_request asked() {
  auto r = wants("all");
  r.data = {{"list", {1, 2}}, {"context", {{"card", "planted 4111"}}}};
  return r;
}

/// All that an agent is given beside its scoped context: as one in another language reads it, and
/// what one in C++ can get hold of besides.
std::string beside_its_context(agent_call x) {
  x.context = nullptr;
  return as_text(call_to_json(x, x.about->created)) + as_text(x.about->data);
}

TEST(scope, what_a_step_sets_reaches_another_only_if_it_reads_it_whatever_is_between_them) {
  struct shape {
    const char* name;
    plan_node all;
    const char* second = "planted"; ///< what the second writer sets
    bool read = true;               ///< the reader has its turn
  };
  const auto both = [](join how) {
    return joined(around(plan_op::parallel, "both", {step("write"), step("write2")}), how);
  };
  auto each = around(plan_op::map, "each", {step("write")});
  each.items = "/input/list";
  const std::vector<shape> shapes{
      {"the step before", line({step("write"), step("other"), step("reader")})},
      {"a candidate",
       line({until(around(plan_op::judge, "fine", {step("write"), step("other")}), "/data/fits"),
             step("reader")})},
      {"feedback",
       line({until(around(plan_op::judge, "fine", {step("other"), step("write")}), "/data/fits"),
             step("reader")})},
      {"the round before",
       line({until(around(plan_op::loop, "again",
                          {around(plan_op::sequence, "round", {step("write"), step("other")})}),
                   "/data/other/fits"),
             step("reader")})},
      {"what is undone",
       around(plan_op::compensate, "all", {undoable("write", "other"), step("fail")}), "", false},
      {"several, one after the other",
       line({both(join::concatenate), step("other"), step("reader")})},
      {"several as one", line({both(join::merge), step("other"), step("reader")})},
      {"several that contradict each other",
       line({both(join::merge), step("other"), step("reader")}), "planted too"},
      {"several that contradict each other, within several",
       line({around(plan_op::parallel, "outer", {both(join::merge), step("fail")}), step("other"),
             step("reader")}),
       "planted too"},
      {"items", line({each, step("other"), step("reader")})},
      {"answers to be joined", line({joined(around(plan_op::parallel, "both",
                                                   {step("write"), step("write2"), step("other")}),
                                            join::synthesis),
                                     step("reader")})},
  };
  for (const auto& x : shapes) {
    SCOPED_TRACE(x.name);
    stage s{with(x.all)};
    play(s.room, x.second);
    auto t = s->ask(asked());
    ASSERT_TRUE(t->done());
    EXPECT_GT(s.room.count("other"), 0u);
    EXPECT_EQ(s.room.count("reader"), x.read ? 1u : 0u) << t->result().failed.detail;
    for (const auto& [name, call] : s.room.calls) {
      EXPECT_EQ(beside_its_context(call).find(planted), std::string::npos)
          << name << ": " << beside_its_context(call);
      if (name == "reader") {
        EXPECT_EQ(call.context.value("secret", "").rfind(planted, 0), 0u);
        EXPECT_EQ(call.context.size(), 1u);
      } else {
        EXPECT_TRUE(call.context.empty()) << name;
      }
    }
  }
}

TEST(scope, what_else_a_step_has_found_is_given_on) {
  stage s{with(line({step("write"), step("other")}))};
  play(s.room, "");
  ASSERT_TRUE(s->ask(asked())->done());
  const auto& before = s.room.calls.at(1).second.input.at("previous").at("write");
  EXPECT_EQ(before, (json{{"text", "said"}, {"data", {{"n", 1}, {"fits", false}}}}));
}

TEST(scope, another_domain_is_no_way_around_it) {
  // What comes back up holds for the steps after it, what goes down for those below.
  auto below = with(line({step("write"), step("other")}));
  below.path = "d/below";
  for (auto& a : below.agents)
    a.card.domain = below.path;
  plan_node over;
  over.op = plan_op::domain;
  over.name = "over";
  over.target = "d/below";
  over.skill = "all";
  auto d = with(line({over, step("other")}));
  below.context.erase("card");
  d.domains.push_back(std::move(below));
  stage s{d};
  play(s.room, "");
  auto t = s->ask(asked());
  ASSERT_TRUE(t->done());
  ASSERT_TRUE(t->result().ok()) << t->result().failed.detail;
  ASSERT_EQ(s.room.count("other"), 2u);
  for (const auto& [name, call] : s.room.calls) {
    EXPECT_EQ(beside_its_context(call).find(planted), std::string::npos)
        << name << ": " << beside_its_context(call);
    EXPECT_TRUE(call.context.empty()) << name;
  }
  EXPECT_EQ(s.room.calls.back().second.about->domain, "d");
}

TEST(scope, whoever_has_brought_no_context_sees_the_task_itself) {
  stage s{with(line({step("write"), step("other")}))};
  play(s.room, "");
  auto r = wants("all");
  r.data = {{"list", {1}}};
  auto t = s->ask(r);
  ASSERT_TRUE(t->done());
  // No copy is made for it.
  for (const auto& [name, call] : s.room.calls)
    EXPECT_EQ(call.about.get(), t->record().what.get()) << name;
}

} // namespace scope_cases
