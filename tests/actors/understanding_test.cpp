// Free text: what the triage agent says becomes the plan; what it cannot say goes to people.
#include "tests/fixtures/plan_parts.hpp"
#include "tests/fixtures/stage.hpp"

#include <gtest/gtest.h>

#include <tuple>

using namespace troupe;
using namespace troupe::testing;
using namespace std::chrono_literals;

namespace understanding_cases {

json clause(const std::string& text, const std::string& intent, bool accepted = true) {
  return {{"text", text},
          {"intent", intent},
          {"confidence", accepted ? 0.9 : 0.2},
          {"accepted", accepted},
          {"after_previous", false}};
}

outcome understood(json clauses, json context = nullptr) {
  json data = {
      {"clauses", std::move(clauses)}, {"entities", json::array()}, {"complexity", "simple"}};
  if (!context.is_null())
    data["context"] = std::move(context);
  return say("", std::move(data));
}

domain_spec support() {
  auto d = a_domain("d", {an_agent("sort"), an_agent("refund"), an_agent("track")});
  d.retry.max_retries = 0;
  d.understanding.agent = "sort";
  d.understanding.unclear = "human:desk";
  d.understanding.intents["refund"].skill = "refund";
  d.understanding.intents["track"].skill = "track";
  d.context = {{"order_id", {}}};
  d.agents[0].writes = {"order_id"};
  d.agents[1].reads = {"order_id"};
  return d;
}

task_request message(const std::string& words) {
  return wants("", words);
}

TEST(understanding, each_clause_becomes_a_step_and_what_was_found_is_shown_to_who_reads_it) {
  stage s{support()};
  s.room.works["sort"] = [](const agent_call&) {
    return understood({clause("money back", "refund"), clause("where is it", "track")},
                      {{"order_id", "A-1"}});
  };
  auto t = s->ask(message("money back, and where is it?"));
  ASSERT_TRUE(t->done());
  EXPECT_EQ(t->result().text, "refund did refund\n\ntrack did track");
  EXPECT_EQ(count_of(t->record(), event_kind::understood), 1u);
  for (const auto& [name, call] : s.room.calls) {
    if (name == "refund") {
      EXPECT_EQ(call.context, (json{{"order_id", "A-1"}}));
      EXPECT_EQ(call.text, "money back");
    }
    if (name == "track") {
      EXPECT_TRUE(call.context.empty());
    }
  }
}

TEST(understanding, what_stays_unclear_goes_to_people) {
  stage s{support()};
  s.room.works["sort"] = [](const agent_call&) {
    return understood({clause("hm", "track", false)});
  };
  auto t = s->submit(message("hm"));
  s->run();
  auto open = s->questions("desk");
  ASSERT_EQ(open.size(), 1u);
  EXPECT_EQ(open[0]->text, "hm");
  s->answer(open[0]->id, say("by hand"));
  ASSERT_TRUE(t->done());
  EXPECT_EQ(t->result().text, "by hand");
}

TEST(understanding, a_triage_agent_that_fails_or_talks_nonsense_costs_the_person_nothing) {
  stage s{support()};
  for (int way = 0; way < 2; ++way) {
    s.room.works["sort"] = [way](const agent_call&) {
      return way == 0 ? outcome::of({reason::crash, "down", {}}) : say("", {{"clauses", 7}});
    };
    auto t = s->submit(message("help"));
    s->advance(100ms);
    auto open = s->questions("desk");
    ASSERT_EQ(open.size(), 1u) << way;
    s->answer(open[0]->id, say("by hand"));
    EXPECT_TRUE(t->done());
  }
}

TEST(understanding, without_anybody_for_unclear_messages_the_task_says_so) {
  auto d = support();
  d.understanding.unclear.clear();
  stage s{d};
  s.room.works["sort"] = [](const agent_call&) {
    return understood({clause("hm", "track", false)});
  };
  auto t = s->ask(message("hm"));
  ASSERT_TRUE(t->done());
  EXPECT_EQ(t->result().failed.why, reason::low_confidence);
}

TEST(understanding, a_skill_that_nobody_offers_is_an_invalid_request) {
  stage s{support()};
  auto t = s->ask(wants("juggle"));
  ASSERT_EQ(t->refusals.size(), 1u);
  EXPECT_EQ(t->refusals[0].why, refusal::invalid_input);
  EXPECT_EQ(t->refusals[0].detail, "no agent of domain d offers the skill juggle; there are "
                                   "refund, sort, track");
  EXPECT_TRUE(s->ask(wants("track"))->done());
  auto r = wants("refund");
  r.domain = "elsewhere";
  auto u = s->submit(r);
  ASSERT_EQ(u->refusals.size(), 1u);
  EXPECT_EQ(u->refusals[0].why, refusal::unknown_domain);
}

TEST(understanding, who_asks_the_wrong_domain_for_a_skill_is_told_which_one_within_it_has_it) {
  auto d = support();
  d.plans["checked"] = plan_node{};
  d.plans["checked"].skill = "refund";
  d.domains = {a_domain("d/parcels", {an_agent("weigh")})};
  stage s{d};
  auto t = s->ask(wants("weigh"));
  ASSERT_EQ(t->refusals.size(), 1u);
  EXPECT_EQ(t->refusals[0].detail,
            "no agent of domain d offers the skill weigh; it is offered in d/parcels");
  auto there = wants("weigh");
  there.domain = "d/parcels";
  EXPECT_TRUE(s->ask(there)->done());
  EXPECT_TRUE(s->ask(wants("checked"))->done());
}

TEST(routing, the_customers_tier_changes_strategy_and_priority_and_the_route_says_so) {
  auto d = a_domain("d", {an_agent("plain"), an_agent("fine")});
  for (auto& a : d.agents)
    a.card.skills = {"work"};
  d.agents[0].card.quality = 0.5;
  d.agents[0].card.cost = 1;
  d.agents[1].card.quality = 0.9;
  d.agents[1].card.cost = 5;
  d.routing.strategy = route_strategy::cheapest;
  d.routing.tiers["gold"] = {1, route_strategy::best_quality, 0.8};
  stage s{d};
  auto free = wants("work");
  free.who = {"c1", "free"};
  auto gold = wants("work");
  gold.who = {"c2", "gold"};
  const auto taken = [&](const task_request& r) {
    auto t = s->ask(r);
    for (const auto& e : t->record().history)
      if (const auto* x = e.get<route>())
        return *x;
    return route{};
  };
  const auto a = taken(free);
  EXPECT_EQ(a.agent, "d/plain");
  EXPECT_EQ(a.strategy, route_strategy::cheapest);
  const auto b = taken(gold);
  EXPECT_EQ(b.agent, "d/fine");
  EXPECT_EQ(b.strategy, route_strategy::best_quality);
  EXPECT_NE(b.because.find("gold"), std::string::npos);
  ASSERT_EQ(b.seen.size(), 2u);
  ASSERT_EQ(s.room.calls.size(), 2u);
  EXPECT_EQ(s.room.calls[0].second.urgency, priority::medium);
  EXPECT_EQ(s.room.calls[1].second.urgency, priority::high);
}

/// What `agent` was asked with for a customer of this tier.
priority urgency_for(stage& s, task_request r, const std::string& tier, const std::string& agent) {
  s.room.calls.clear();
  r.who = {"c-" + tier, tier};
  auto t = s->ask(r);
  EXPECT_TRUE(t->done() && t->result().ok()) << tier;
  for (const auto& [name, call] : s.room.calls)
    if (name == agent)
      return call.urgency;
  ADD_FAILURE() << agent << " was not asked";
  return priority::medium;
}

TEST(priorities, the_customers_tier_acts_once_in_every_kind_of_plan) {
  auto below = a_domain("d/below", {an_agent("deep")});
  auto d = support();
  d.plans["both"] = around(plan_op::sequence, "both", {step("refund"), step("track")});
  d.plans["over"] = to_domain("over", "d/below", "deep");
  for (auto* domain : {&d, &below}) {
    domain->routing.tiers["gold"].raise = 1;
    domain->routing.tiers["free"].raise = -1;
  }
  auto fixed = a_domain("d/fixed", {an_agent("one")});
  fixed.fixed_plan = step("one");
  fixed.routing.tiers = d.routing.tiers;
  d.domains.push_back(std::move(below));
  d.domains.push_back(std::move(fixed));
  stage s{d};
  s.room.works["sort"] = [](const agent_call&) {
    return understood({clause("money back", "refund")});
  };
  auto always_one = message("please");
  always_one.domain = "d/fixed";
  const struct {
    const char* about;
    task_request asked;
    const char* agent;
  } ways[] = {
      {"a skill", wants("refund"), "refund"},
      {"a composite skill", wants("both"), "track"},
      {"a fixed plan", always_one, "one"},
      {"free text", message("money back"), "refund"},
      {"its triage", message("money back"), "sort"},
      {"another domain, with the same tiers", wants("over"), "deep"},
  };
  for (const auto& way : ways) {
    SCOPED_TRACE(way.about);
    EXPECT_EQ(urgency_for(s, way.asked, "gold", way.agent), priority::high);
    EXPECT_EQ(urgency_for(s, way.asked, "free", way.agent), priority::low);
    EXPECT_EQ(urgency_for(s, way.asked, "other", way.agent), priority::medium);
    auto hurried = way.asked;
    hurried.urgency = priority::high;
    EXPECT_EQ(urgency_for(s, hurried, "gold", way.agent), priority::urgent);
    EXPECT_EQ(urgency_for(s, hurried, "free", way.agent), priority::medium);
  }
  auto gold = wants("refund");
  gold.who = {"c", "gold"};
  const auto t = s->ask(gold);
  EXPECT_EQ(t->record().how->steps[0].node.note,
            "the request asks for this skill; tier gold: one step more urgent");
}

TEST(routing, who_was_served_badly_before_gets_the_best_and_the_route_says_so) {
  auto d = a_domain("d", {an_agent("plain"), an_agent("fine")});
  d.retry.max_retries = 0;
  for (auto& a : d.agents)
    a.card.skills = {"work"};
  d.agents[0].card.quality = 0.5;
  d.agents[0].card.cost = 1;
  d.agents[1].card.quality = 0.9;
  d.agents[1].card.cost = 5;
  d.routing.strategy = route_strategy::cheapest;
  stage s{d};
  auto r = wants("work");
  r.context_id = "s1";
  const auto taken = [&] {
    auto t = s->ask(r);
    for (const auto& e : t->record().history)
      if (const auto* x = e.get<route>())
        return *x;
    return route{};
  };
  s.room.works["plain"] = [](const agent_call&) {
    return outcome::of({reason::invalid_input, "no", {}});
  };
  EXPECT_EQ(taken().agent, "d/plain");
  const auto after = taken();
  EXPECT_EQ(after.agent, "d/fine");
  EXPECT_EQ(after.strategy, route_strategy::best_quality);
  EXPECT_EQ(after.because, "1 former failure: the best quality");
  EXPECT_EQ(s.room.calls.back().second.urgency, priority::high);
  // All is well again.
  s.room.works.erase("plain");
  const auto later = taken();
  EXPECT_EQ(later.agent, "d/plain");
  EXPECT_EQ(later.because, "");
  EXPECT_EQ(s.room.calls.back().second.urgency, priority::medium);
}

TEST(routing, by_content_another_message_gets_another_agent) {
  auto d = support();
  // Both take what is unclear, and each has its own field.
  for (auto* name : {"money", "parcels"}) {
    auto a = an_agent(name);
    a.card.domain = d.path;
    a.card.skills = {"help"};
    a.card.intents = {std::string{name} == "money" ? "refund" : "track"};
    d.agents.push_back(std::move(a));
  }
  d.understanding.unclear = "help";
  d.routing.strategy = route_strategy::classifier;
  stage s{d};
  s.room.works["sort"] = [](const agent_call& call) {
    auto vague = clause(call.text, "track", false);
    vague["scores"] = call.text == "my money" ? json{{"refund", 0.45}, {"track", 0.25}}
                                              : json{{"refund", 0.125}, {"track", 0.5}};
    return understood({std::move(vague)});
  };
  for (int round = 0; round < 3; ++round)
    for (const auto& [words, agent, because, other] :
         {std::tuple{"my money", "d/money", "intent refund 0.45", 0.25f},
          std::tuple{"my box", "d/parcels", "intent track 0.50", 0.125f}}) {
      auto t = s->ask(message(words));
      ASSERT_TRUE(t->done());
      route way;
      for (const auto& e : t->record().history)
        if (const auto* x = e.get<route>(); x && !e.triage)
          way = *x;
      EXPECT_EQ(way.agent, agent);
      EXPECT_NE(way.because.find(because), std::string::npos) << way.because;
      ASSERT_EQ(way.seen.size(), 2u);
      const auto& passed = way.seen[way.seen[0].said == verdict::chosen ? 1 : 0];
      EXPECT_EQ(passed.said, verdict::fits_less);
      EXPECT_EQ(passed.fit, other);
      // What it was decided by is stored with the plan.
      ASSERT_TRUE(t->record().how);
      EXPECT_EQ(t->record().how->steps[0].node.scores.size(), 2u);
    }
}

TEST(routing, static_order_is_the_order_of_declaration) {
  auto d = a_domain("d", {an_agent("zoe"), an_agent("adam")});
  for (auto& a : d.agents)
    a.card.skills = {"work"};
  d.routing.strategy = route_strategy::static_order;
  stage s{d};
  ASSERT_TRUE(s->ask(wants("work"))->done());
  EXPECT_EQ(s.room.calls.at(0).first, "zoe");
  s->kill_part("registry");
  s->advance(1s);
  ASSERT_TRUE(s->ask(wants("work"))->done());
  EXPECT_EQ(s.room.calls.at(1).first, "zoe");
}

TEST(routing, a_domain_takes_only_so_many_tasks) {
  auto d = a_domain("d", {an_agent("work", "script")});
  d.max_tasks = 2;
  stage s{d};
  s.around->pool->held = true;
  auto t = s->submit(wants("work"));
  auto u = s->submit(wants("work"));
  auto v = s->submit(wants("work"));
  s->run();
  ASSERT_EQ(v->refusals.size(), 1u);
  EXPECT_EQ(v->refusals[0].why, refusal::busy);
  EXPECT_GT(v->refusals[0].retry_after, 0ms);
  s.around->pool->held = false;
  s->run();
  EXPECT_TRUE(t->done() && u->done());
  EXPECT_TRUE(s->ask(wants("work"))->done());
}

} // namespace understanding_cases
