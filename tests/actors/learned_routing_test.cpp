// Routing by what became of earlier calls, run by the shipped node.
#include "actors/arm_book.hpp"
#include "actors/dispatcher.hpp"
#include "tests/fixtures/stage.hpp"

#include <gtest/gtest.h>

#include <algorithm>

using namespace troupe;
using namespace troupe::testing;

namespace learned_routing_cases {

/// Two agents of one skill. What each says is scripted by its name.
domain_spec two_clerks(double half_life = 200) {
  std::vector<agent_spec> agents;
  for (const auto* name : {"good", "bad"}) {
    auto a = an_agent(name);
    a.card.skills = {"work"};
    a.slots = 4;
    agents.push_back(std::move(a));
  }
  auto d = a_domain("d", std::move(agents));
  d.routing.strategy = route_strategy::learned;
  d.routing.learning.half_life = half_life;
  d.retry.max_retries = 0;
  return d;
}

const route* route_of(const task_record& x) {
  for (const auto& e : x.history)
    if (const auto* r = e.get<route>())
      return r;
  return nullptr;
}

/// The agent that each of `n` tasks was given to, one after the other.
std::map<std::string, int> run(stage& s, int n) {
  std::map<std::string, int> out;
  for (int i = 0; i < n; ++i) {
    const auto heard = s->ask(wants("work"));
    if (heard->done())
      if (const auto* r = route_of(heard->record()))
        ++out[r->agent.substr(0, r->agent.find('#'))];
  }
  return out;
}

TEST(learned_routing, goes_where_calls_end_well_and_says_why) {
  stage s;
  s.room.works["good"] = ([](const agent_call&) { return say("done"); });
  s.room.works["bad"] = ([](const agent_call&) {
    return outcome::of({reason::low_confidence, "no good", {}});
  });
  s.up(a_fleet(two_clerks()));
  (void)run(s, 40);
  const auto later = run(s, 60);
  EXPECT_GE(later.contains("d/good") ? later.at("d/good") : 0, 54);
  const auto heard = s->ask(wants("work"));
  const auto* r = route_of(heard->record());
  ASSERT_NE(r, nullptr);
  EXPECT_EQ(r->strategy, route_strategy::learned);
  EXPECT_NE(r->because.find("intent work"), std::string::npos);
  ASSERT_EQ(r->arms.size(), 2u);
  const auto best = std::max_element(r->arms.begin(), r->arms.end(),
                                     [](const auto& a, const auto& b) { return a.draw < b.draw; });
  EXPECT_EQ(r->agent.substr(0, r->agent.find('#')), best->agent);
}

TEST(learned_routing, follows_an_agent_that_turns_bad) {
  stage s;
  bool turned = false;
  s.room.works["good"] = ([&](const agent_call&) {
    return turned ? outcome::of({reason::low_confidence, "no good", {}}) : say("done");
  });
  s.room.works["bad"] = ([&](const agent_call&) {
    return turned ? say("done") : outcome::of({reason::low_confidence, "no good", {}});
  });
  s.up(a_fleet(two_clerks(60)));
  (void)run(s, 80);
  turned = true;
  (void)run(s, 200);
  const auto later = run(s, 60);
  EXPECT_GE(later.contains("d/bad") ? later.at("d/bad") : 0, 48);
}

TEST(learned_routing, what_was_learned_outlives_the_node) {
  stage s;
  s.room.works["good"] = ([](const agent_call&) { return say("done"); });
  s.room.works["bad"] = ([](const agent_call&) {
    return outcome::of({reason::low_confidence, "no good", {}});
  });
  s.up(a_fleet(two_clerks()));
  (void)run(s, 60);
  s->advance(milliseconds{2500});
  s.restart();
  // From the first decision on: nobody has to find it out again.
  const auto later = run(s, 40);
  EXPECT_GE(later.contains("d/good") ? later.at("d/good") : 0, 36);
}

TEST(learned_routing, learns_by_intent) {
  auto d = two_clerks();
  d.understanding.agent = "triage";
  d.understanding.intents["ask"].skill = "work";
  d.understanding.intents["complain"].skill = "work";
  EXPECT_EQ(learned_intent(d, "ask", "work"), "ask");
  EXPECT_EQ(learned_intent(d, "ask_2", "work"), "ask");
  EXPECT_EQ(learned_intent(d, "complain", "work"), "complain");
  EXPECT_EQ(learned_intent(d, "ask", "other"), "other");
  EXPECT_EQ(learned_intent(d, "step", "work"), "work");
}

TEST(learned_routing, two_intents_of_one_skill_learn_apart) {
  auto d = two_clerks();
  d.agents.push_back(an_agent("triage"));
  d.agents.back().card.domain = d.path;
  d.understanding.agent = "triage";
  d.understanding.intents["ask"].skill = "work";
  d.understanding.intents["complain"].skill = "work";
  stage s;
  s.room.works["triage"] = [](const agent_call& x) {
    return say("", {{"clauses",
                     {{{"text", x.text},
                       {"intent", x.text},
                       {"confidence", 0.9},
                       {"accepted", true},
                       {"after_previous", false}}}},
                    {"entities", json::array()},
                    {"complexity", "simple"}});
  };
  // Each is good at what the other is bad at.
  const auto only = [](std::string what) {
    return [what = std::move(what)](const agent_call& x) {
      return x.text == what ? say("done") : outcome::of({reason::low_confidence, "no good", {}});
    };
  };
  s.room.works["good"] = only("ask");
  s.room.works["bad"] = only("complain");
  s.up(a_fleet(std::move(d)));
  const auto went = [&](const std::string& intent) -> std::string {
    const auto heard = s->ask(wants("", intent));
    if (heard->done())
      for (const auto& e : heard->record().history)
        if (const auto* r = e.get<route>(); r && r->agent != "d/triage")
          return r->agent;
    return "nobody";
  };
  for (int i = 0; i < 40; ++i)
    for (const auto* intent : {"ask", "complain"})
      (void)went(intent);
  int asks = 0, complaints = 0;
  for (int i = 0; i < 40; ++i) {
    asks += went("ask") == "d/good";
    complaints += went("complain") == "d/bad";
  }
  EXPECT_GE(asks, 34);
  EXPECT_GE(complaints, 34);
}

TEST(arm_book, gives_out_what_is_to_be_stored_and_takes_what_others_know) {
  const learning_spec by;
  arm_book mine{"n1"};
  EXPECT_TRUE(mine.note("d", "ask", "d/a", arm_mark_of(0.9, 0, microseconds{5}, by), by));
  EXPECT_FALSE(mine.note("d", "ask", "d/a", arm_mark_of(0.9, 0, microseconds{5}, by), by));
  auto rows = mine.unsaved();
  ASSERT_EQ(rows.size(), 1u);
  mine.note("d", "ask", "d/a", arm_mark_of_failure(0, microseconds{5}), by);
  mine.saved(rows);
  EXPECT_EQ(mine.unsaved().size(), 1u) << "it has changed since";
  rows = mine.unsaved();
  mine.saved(rows);
  EXPECT_TRUE(mine.unsaved().empty());

  arm_book other{"n2"};
  other.take(rows.front());
  other.take(rows.front());
  const auto seen = other.look("d", "ask", {"d/a"}, by);
  EXPECT_NEAR(seen.front().from.trials, mine.look("d", "ask", {"d/a"}, by).front().from.trials,
              1e-9);
  for (const auto* garbage :
       {"", "[]", R"({"trials": -1})", R"({"trials": 1, "as_of": 1, "arms": {"a": [1]}})"})
    other.take({"d", "ask", "n3", 99, garbage});
  EXPECT_EQ(other.view("d", by)[0]["calls"], 3);
}

} // namespace learned_routing_cases
