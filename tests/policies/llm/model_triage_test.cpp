// What a model says a message wants: when it is asked, and what of its answer counts.
#include "policies/kept_words.hpp"
#include "policies/llm_talk.hpp"
#include "policies/model_triage.hpp"
#include "policies/planner.hpp"

#include <gtest/gtest.h>

#include <chrono>

using namespace troupe;

namespace {

domain_spec desk() {
  domain_spec d;
  d.path = "desk";
  d.understanding.unclear = "human:people";
  d.understanding.intents["get_refund"].skill = "refund.issue";
  d.understanding.intents["track_order"].skill = "order.track";
  d.understanding.intents["upgrade_plan"].skill = "plan.upgrade";
  d.understanding.intents["upgrade_plan"].domain = "sales";
  agent_spec cashier;
  cashier.card.name = "cashier";
  cashier.card.skills = {"refund.issue", "order.track"};
  cashier.card.does = effects::unsafe;
  agent_spec clerk;
  clerk.card.name = "clerk";
  clerk.card.description = "Knows the opening hours.";
  clerk.card.skills = {"hours.tell"};
  d.agents = {cashier, clerk};
  d.plans["report.weekly"] = {};
  return d;
}

const std::string message =
    "My parcel LF-10200 never came, so I want the money back, and then move me "
    "to the enterprise plan.";

std::vector<understood_clause> as_read(bool accepted = false) {
  return {{message, "track_order", accepted ? 0.9 : 0.3, accepted, false}};
}

model_triage_rules planning() {
  model_triage_rules r;
  r.plans = true;
  return r;
}

json said(json clauses) {
  return {{"clauses", std::move(clauses)}};
}

const json good = said({{{"text", "My parcel LF-10200 never came, I want the money back"},
                         {"intent", "get_refund"},
                         {"confidence", 0.9}},
                        {{"text", "then move me to the enterprise plan"},
                         {"intent", "upgrade_plan"},
                         {"confidence", 0.8},
                         {"after", {0}}}});

model_triage check(const json& answer, const model_triage_rules& by = planning()) {
  return read_triage(as_text(answer), desk(), message, as_read(), by);
}

std::string flaw_of(const json& answer) {
  const auto x = check(answer);
  return x.flaws.empty() ? "" : x.flaws.front().pointer + " " + x.flaws.front().keyword;
}

} // namespace

TEST(model_triage, is_asked_when_the_rules_are_not_sure) {
  model_triage_rules by;
  EXPECT_NE(why_ask_model(as_read(), "oos", by), "");
  EXPECT_EQ(why_ask_model(as_read(true), "oos", by), "");
  // What is not for the domain is no doubt.
  EXPECT_EQ(why_ask_model({{"sing me a song", "oos", 0.9, false, false}}, "oos", by), "");
  // One wish found in what reads like several: only where it may plan.
  EXPECT_NE(why_ask_model(as_read(true), "oos", planning()), "");
  EXPECT_EQ(why_ask_model({{"where is it", "track_order", 0.9, true, false}}, "oos", planning()),
            "");
}

TEST(model_triage, takes_a_plan_that_does_all_that_was_asked_for) {
  const auto x = check(good);
  ASSERT_TRUE(x.flaws.empty()) << x.flaws.front().pointer << " " << x.flaws.front().message;
  ASSERT_EQ(x.clauses.size(), 2u);
  EXPECT_EQ(x.clauses[0].intent, "get_refund");
  EXPECT_TRUE(x.clauses[0].accepted);
  EXPECT_EQ(x.clauses[1].after, std::vector<std::uint32_t>{0});
  // And it becomes steps in that order.
  const auto d = desk();
  plan_wish wish;
  wish.domain = &d;
  wish.text = message;
  understanding what;
  what.clauses = x.clauses;
  std::string problem;
  const auto root = make_plan(wish, what, problem);
  ASSERT_TRUE(root) << problem;
  EXPECT_EQ(root->op, plan_op::sequence);
  ASSERT_EQ(root->children.size(), 2u);
  EXPECT_EQ(root->children[0].name, "get_refund");
  EXPECT_EQ(root->children[1].target, "sales");
}

TEST(model_triage, nothing_may_be_dropped_or_added) {
  auto dropped = good;
  dropped["clauses"].erase(1);
  EXPECT_EQ(flaw_of(dropped), "/clauses complete");
  auto without_number = good;
  without_number["clauses"][0]["text"] = "My parcel never came, I want the money back";
  EXPECT_EQ(flaw_of(without_number), "/clauses complete");
  auto added = good;
  added["clauses"].push_back({{"text", "send twenty vouchers to my neighbour"},
                              {"intent", "get_refund"},
                              {"confidence", 0.9}});
  EXPECT_EQ(flaw_of(added), "/clauses/2/text grounded");
  auto other_number = good;
  other_number["clauses"][0]["text"] = "My parcel LF-10200 and LF-99999 never came, the money back";
  EXPECT_EQ(flaw_of(other_number), "/clauses/0/text grounded");
}

TEST(model_triage, only_what_the_domain_can_do_and_may_do) {
  auto x = good;
  x["clauses"][0]["intent"] = "delete_everything";
  EXPECT_EQ(flaw_of(x), "/clauses/0/intent enum");
  // A skill without effects may be named; one with effects only an intent leads to.
  x["clauses"][0]["intent"] = "";
  x["clauses"][0]["skill"] = "hours.tell";
  EXPECT_EQ(flaw_of(x), "");
  for (const auto* skill : {"refund.issue", "report.weekly", "rockets.launch"}) {
    x["clauses"][0]["skill"] = skill;
    EXPECT_EQ(flaw_of(x), "/clauses/0/skill enum") << skill;
  }
  EXPECT_EQ(why_not_by_skill(desk(), "plan.upgrade", "sales"), "");
  EXPECT_NE(why_not_by_skill(desk(), "plan.delete", "sales"), "");
}

TEST(model_triage, no_circles_and_no_more_steps_than_allowed) {
  auto x = good;
  x["clauses"][0]["after"] = {1};
  EXPECT_EQ(flaw_of(x), "/clauses after");
  x["clauses"][0]["after"] = {7};
  EXPECT_EQ(flaw_of(x), "/clauses after");
  auto by = planning();
  by.max_steps = 1;
  EXPECT_FALSE(check(good, by).flaws.empty());
}

TEST(model_triage, out_of_scope_stays_possible_and_doubt_is_no_intent) {
  model_triage_rules by;
  const auto out = read_triage(
      as_text(said({{{"text", "x"}, {"intent", model_out_of_scope}, {"confidence", 0.9}}})), desk(),
      message, as_read(), by);
  ASSERT_TRUE(out.flaws.empty());
  EXPECT_FALSE(out.clauses[0].accepted);
  EXPECT_EQ(out.clauses[0].text, message) << "without leave to plan the clauses stay as they are";
  const auto unsure =
      read_triage(as_text(said({{{"text", "x"}, {"intent", "get_refund"}, {"confidence", 0.2}}})),
                  desk(), message, as_read(), by);
  ASSERT_TRUE(unsure.flaws.empty());
  EXPECT_FALSE(unsure.clauses[0].accepted);
  // Without leave to plan it may not split either.
  EXPECT_FALSE(check(good, by).flaws.empty());
}

TEST(model_triage, what_the_rules_were_sure_of_stands) {
  const std::vector<understood_clause> both{
      {"where is LF-10200", "track_order", 0.95, true, false},
      {"and this is a shame", "get_refund", 0.2, false, false}};
  const auto all = "where is LF-10200 and this is a shame";
  const json answer = said({{{"text", "x"}, {"intent", "get_refund"}, {"confidence", 0.9}},
                            {{"text", "x"}, {"intent", "get_refund"}, {"confidence", 0.9}}});
  model_triage_rules by;
  const auto x = read_triage(as_text(answer), desk(), all, both, by);
  ASSERT_TRUE(x.flaws.empty());
  EXPECT_EQ(x.clauses[0], both[0]);
  EXPECT_EQ(x.clauses[1].intent, "get_refund");
  // A plan may divide it otherwise, but not leave it out.
  const json plan = said({{{"text", all}, {"intent", "get_refund"}, {"confidence", 0.9}}});
  EXPECT_EQ(read_triage(as_text(plan), desk(), all, both, planning()).flaws.front().keyword,
            "complete");
}

TEST(model_triage, the_most_steps_of_a_plan_are_no_matter_where_there_is_none) {
  const std::vector<understood_clause> both{
      {"where is LF-10200", "track_order", 0.3, false, false},
      {"and this is a shame", "get_refund", 0.2, false, false}};
  const json answer = said({{{"text", "x"}, {"intent", "track_order"}, {"confidence", 0.9}},
                            {{"text", "x"}, {"intent", "get_refund"}, {"confidence", 0.9}}});
  model_triage_rules by;
  by.max_steps = 1;
  EXPECT_TRUE(
      read_triage(as_text(answer), desk(), "where is LF-10200 and this is a shame", both, by)
          .flaws.empty());
  EXPECT_GE(triage_schema(desk(), by)["properties"]["clauses"]["maxItems"], 2);
  by.plans = true;
  EXPECT_EQ(triage_schema(desk(), by)["properties"]["clauses"]["maxItems"], 1);
}

TEST(model_triage, garbage_is_refused_in_words) {
  for (const auto* text : {"", "Sure!", "[]", "{\"clauses\": 7}", "{\"clauses\": [7]}",
                           R"({"clauses": [{"text": 1, "intent": "get_refund", "confidence": 1}]})",
                           R"({"clauses": [{"text": "a b", "intent": "get_refund"}]})"})
    EXPECT_FALSE(read_triage(text, desk(), message, as_read(), planning()).flaws.empty()) << text;
}

TEST(model_triage, the_message_is_data_and_the_choices_are_named) {
  const auto talk = triage_talk(desk(), message, as_read(), planning());
  ASSERT_EQ(talk.size(), 2u);
  const auto document = json::parse(inside_data(talk[1].text));
  EXPECT_EQ(document["request"], message);
  EXPECT_TRUE(document["intents"].contains("get_refund"));
  EXPECT_TRUE(document["intents"].contains(std::string{model_out_of_scope}));
  EXPECT_TRUE(document["skills"].contains("hours.tell"));
  EXPECT_FALSE(document["skills"].contains("refund.issue"));
  EXPECT_EQ(talk[0].text.find("parcel"), std::string::npos);
}

TEST(kept_words, clauses_are_cut_where_people_join_them) {
  EXPECT_EQ(rough_clauses("I want my money back and you should also close my account.").size(), 2u);
  EXPECT_EQ(rough_clauses("cats and dogs").size(), 1u);
  EXPECT_EQ(rough_clauses("Where is it? I ordered it for $1,250.00 last week.").size(), 2u);
  EXPECT_EQ(content_words("the order LF-10200 for $1,250.50"),
            (std::set<std::string>{"order", "lf", "10200", "125050"}));
}

TEST(kept_words, a_long_text_is_cut_as_fast_as_it_is_read) {
  // A megabyte of clauses that are too short to be any: each cut asks how many words are left.
  std::string text;
  while (text.size() < (1u << 20))
    text += "so, ";
  const auto begin = std::chrono::steady_clock::now();
  const auto parts = rough_clauses(text);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds{20});
  EXPECT_EQ(parts.size(), 64u);
  EXPECT_EQ(parts.back(), " so, so, so");
}
