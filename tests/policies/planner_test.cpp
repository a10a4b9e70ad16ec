#include "policies/planner.hpp"

#include <gtest/gtest.h>

namespace troupe {
namespace planner_cases {

intent_spec intent(std::string skill, std::vector<std::string> after = {}) {
  intent_spec i;
  i.skill = std::move(skill);
  i.after = std::move(after);
  return i;
}

domain_spec support() {
  domain_spec d;
  d.path = "support";
  d.answer = join::merge;
  d.routing.tiers["gold"].raise = 1;
  d.routing.tiers["free"].raise = -2;
  auto& u = d.understanding;
  u.unclear = "human:desk";
  u.intents["cancel"] = intent("order.cancel");
  u.intents["refund"] = intent("refund.issue", {"cancel"});
  u.intents["refund"].fallback = {"human:desk"};
  u.intents["upgrade"] = intent("plan.upgrade");
  u.intents["upgrade"].domain = "sales";
  u.intents["upgrade"].urgency = priority::low;
  u.intents["hours"] = intent("hours");
  u.intents["egg"] = intent("egg", {"hen"});
  u.intents["hen"] = intent("hen", {"egg"});
  u.intents["nowhere"] = intent("");
  u.intents["hello"] = intent("greet");
  u.intents["hello"].alone = true;
  return d;
}

plan_wish wish_of(const domain_spec& d, std::string_view tier = {}, std::uint32_t failures = 0,
                  priority urgency = priority::medium) {
  return {&d, "the whole message", tier, failures, urgency};
}

understood_clause clause(std::string intent, bool after_previous = false, bool accepted = true) {
  return {"please " + intent, intent, 0.97, accepted, after_previous};
}

understanding of(std::vector<understood_clause> clauses, json entities = json::array()) {
  return {std::move(clauses), std::move(entities)};
}

plan_node planned(const plan_wish& wish, const understanding& what) {
  std::string problem;
  auto out = make_plan(wish, what, problem);
  EXPECT_TRUE(out) << problem;
  if (!out)
    return {};
  EXPECT_NO_THROW((void)plan::of(*out));
  return *out;
}

plan_node planned(const domain_spec& d, const understanding& what) {
  return planned(wish_of(d), what);
}

/// "answer[cancel>refund, hours]": `>` for sequences, `,` for what runs at once.
std::string shape(const plan_node& n) {
  if (n.children.empty())
    return n.name;
  std::string out;
  for (const auto& c : n.children)
    out += (out.empty() ? "" : n.op == plan_op::sequence ? ">" : ",") + shape(c);
  return n.name + "[" + out + "]";
}

TEST(planner, shapes) {
  const auto d = support();
  const struct {
    std::vector<understood_clause> clauses;
    const char* shape;
  } table[] = {
      {{clause("hours")}, "hours"},
      {{clause("hours"), clause("upgrade")}, "answer[hours,upgrade]"},
      {{clause("hours"), clause("upgrade", true)}, "in_order[hours>upgrade]"},
      // `after` holds in either order of the text.
      {{clause("cancel"), clause("refund")}, "in_order[cancel>refund]"},
      {{clause("refund"), clause("cancel")}, "in_order[cancel>refund]"},
      {{clause("refund"), clause("hours"), clause("cancel")},
       "answer[in_order[cancel>refund],hours]"},
      {{clause("cancel"), clause("hours", true), clause("refund")},
       "in_order[cancel>together[hours,refund]]"},
      // Neighbours that want the same are one step, others get a number.
      {{clause("hours"), clause("hours")}, "hours"},
      {{clause("hours"), clause("cancel"), clause("hours")}, "answer[hours,cancel,hours_2]"},
      {{clause("cancel"), clause("hours"), clause("cancel"), clause("refund")},
       "answer[in_order[together[cancel,cancel_2]>refund],hours]"},
      // Whoever waits for each other goes in the order of the text.
      {{clause("hen"), clause("egg")}, "in_order[hen>egg]"},
      {{clause("egg"), clause("hen")}, "in_order[egg>hen]"},
      {{clause("cancel", true), clause("refund")}, "in_order[cancel>refund]"},
      {{clause("refund"), clause("cancel", true)}, "in_order[refund>cancel]"},
      // What is unclear.
      {{clause("hours", false, false)}, "unclear"},
      {{clause("martian")}, "unclear"},
      {{clause("hours"), clause("martian"), clause("", false, false)}, "answer[hours,unclear]"},
      {{clause("martian"), clause("hours"), clause("martian")}, "answer[unclear,hours,unclear_2]"},
      {{clause("hours"), clause("martian", true)}, "in_order[hours>unclear]"},
      // What is said only by the way is answered when there is nothing else.
      {{clause("hello")}, "hello"},
      {{clause("hello"), clause("hello")}, "hello"},
      {{clause("hello"), clause("hours"), clause("hello")}, "hours"},
      {{clause("hello"), clause("martian")}, "unclear"},
      {{clause("hours"), clause("hello", true), clause("cancel")}, "answer[hours,cancel]"},
      {{clause("hello"), clause("hours", true), clause("cancel", true)}, "in_order[hours>cancel]"},
  };
  for (const auto& row : table) {
    const auto tree = planned(d, of(row.clauses));
    EXPECT_EQ(shape(tree), row.shape);
    if (!tree.children.empty()) {
      EXPECT_EQ(tree.how, join::merge);
    }
  }
}

TEST(planner, a_step_has_what_its_intent_says) {
  const auto d = support();
  const auto refund = planned(d, of({clause("refund")}));
  EXPECT_EQ(refund.op, plan_op::call);
  EXPECT_EQ(refund.skill, "refund.issue");
  EXPECT_EQ(refund.text, "please refund");
  EXPECT_EQ(refund.fallback, std::vector<std::string>{"human:desk"});
  EXPECT_EQ(refund.note, "intent refund 0.97");
  EXPECT_TRUE(refund.input.is_null());
  const auto upgrade = planned(d, of({clause("upgrade")}));
  EXPECT_EQ(upgrade.op, plan_op::domain);
  EXPECT_EQ(upgrade.target, "sales");
  EXPECT_EQ(upgrade.skill, "plan.upgrade");
  const auto twice = planned(d, of({clause("hours"), {"and on Sunday", "hours", 0.5, true, true}}));
  EXPECT_EQ(twice.text, "please hours; and on Sunday");
  EXPECT_EQ(twice.note, "intent hours 0.50; 2 clauses");
}

TEST(planner, urgency_follows_intent_tier_history_and_task) {
  const auto d = support();
  const struct {
    const char* intent;
    const char* tier;
    std::uint32_t failures;
    priority task;
    priority expected;
    const char* note;
  } table[] = {
      {"cancel", "", 0, priority::medium, priority::medium, "intent cancel 0.97"},
      {"cancel", "silver", 0, priority::low, priority::medium, "intent cancel 0.97"},
      {"cancel", "gold", 0, priority::medium, priority::high,
       "intent cancel 0.97; tier gold: one step more urgent"},
      {"cancel", "gold", 2, priority::medium, priority::urgent,
       "intent cancel 0.97; tier gold: one step more urgent; 2 former failures: one step more "
       "urgent"},
      {"cancel", "free", 0, priority::medium, priority::low,
       "intent cancel 0.97; tier free: two steps less urgent"},
      {"cancel", "free", 1, priority::medium, priority::low,
       "intent cancel 0.97; tier free: two steps less urgent; 1 former failure: one step more "
       "urgent"},
      {"upgrade", "", 0, priority::medium, priority::low, "intent upgrade 0.97"},
      {"upgrade", "", 0, priority::high, priority::high, "intent upgrade 0.97"},
      {"martian", "gold", 0, priority::low, priority::medium,
       "unclear: intent martian 0.97 is not one of domain support; tier gold: one step more "
       "urgent"},
  };
  for (const auto& row : table) {
    const auto n = planned(wish_of(d, row.tier, row.failures, row.task), of({clause(row.intent)}));
    EXPECT_EQ(n.urgency, row.expected) << row.note;
    EXPECT_EQ(n.note, row.note);
  }
}

TEST(planner, what_is_unclear_goes_to_a_person_or_a_skill_and_says_why) {
  auto d = support();
  const auto whole = planned(d, of({clause("hours", false, false), clause("martian")}));
  EXPECT_EQ(whole.op, plan_op::human);
  EXPECT_EQ(whole.target, "desk");
  EXPECT_EQ(whole.text, "the whole message");
  EXPECT_EQ(whole.note, "unclear: intent hours 0.97 was not accepted; 2 clauses");
  const auto some = planned(d, of({clause("hours"), clause("martian")}));
  EXPECT_EQ(some.children[1].text, "please martian");
  d.understanding.unclear = "small_talk";
  const auto skill = planned(d, of({clause("", false, false)}));
  EXPECT_EQ(skill.op, plan_op::call);
  EXPECT_EQ(skill.skill, "small_talk");
  EXPECT_EQ(skill.note, "unclear: no intent was found");
}

TEST(planner, without_anybody_to_ask_there_is_no_plan_but_a_reason) {
  auto d = support();
  for (const char* unclear : {"", "human:"}) {
    d.understanding.unclear = unclear;
    std::string problem;
    EXPECT_FALSE(make_plan(wish_of(d), of({clause("hours"), clause("martian")}), problem));
    EXPECT_EQ(
        problem,
        "domain support names nobody for what is unclear: intent martian 0.97 is not one of domain "
        "support: \"please martian\"");
  }
  std::string problem;
  EXPECT_FALSE(make_plan(wish_of(d), of({clause("nowhere")}), problem));
  EXPECT_EQ(problem, "intent nowhere of domain support names neither a skill nor a domain");
  EXPECT_FALSE(make_plan(wish_of(d), of({}), problem));
  EXPECT_FALSE(
      make_plan(wish_of(d), of(std::vector<understood_clause>(33, clause("hours"))), problem));
}

TEST(planner, entities_go_where_they_are_mentioned) {
  const auto d = support();
  const json order{{"type", "order"}, {"value", "A-1"}}, mail{{"type", "email"}, {"value", "x@y"}},
      amount{{"type", "money"}, {"value", 12}};
  const auto tree = planned(
      d, of({{"cancel A-1", "cancel", 1, true, false}, {"refund 12", "refund", 1, true, false}},
            {order, mail, amount}));
  EXPECT_EQ(tree.children[0].input["entities"], (json{order, mail}));
  EXPECT_EQ(tree.children[1].input["entities"], (json{mail, amount}));
}

TEST(planner, what_leans_back_is_given_the_only_one_that_it_can_mean) {
  const auto d = support();
  const json one{{"type", "order"}, {"value", "A-1"}}, other{{"type", "order"}, {"value", "B-2"}};
  const auto given = [&](const char* first, const char* second, json entities) -> json {
    const auto tree = planned(
        d, of({{first, "refund", 1, true, false}, {second, "cancel", 1, true, false}}, entities));
    for (const auto& step : tree.children)
      if (step.name == "cancel")
        return step.input.is_object() ? step.input["entities"] : json{};
    return "no such step";
  };
  EXPECT_EQ(given("refund A-1", "and cancel it", {one}), json::array({one}));
  EXPECT_EQ(given("refund A-1", "Cancel That", {one}), json::array({one}));
  EXPECT_EQ(given("refund A-1", "cancel my order", {one}), json{}) << "may be another one";
  EXPECT_EQ(given("refund A-1", "cancel the item", {one}), json{}) << "no word of its own";
  EXPECT_EQ(given("refund A-1 and B-2", "cancel it", {one, other}), json{}) << "which?";
  EXPECT_EQ(given("refund A-1", "cancel it, B-2", {one, other}), json::array({other}));
}

TEST(planner, composite_skills_become_their_trees) {
  auto d = support();
  plan_node check, pay, line;
  check.name = "check";
  check.skill = "refund.check";
  check.text = "its own words";
  pay.name = "cancel";
  pay.skill = "refund.pay";
  pay.urgency = priority::urgent;
  line.op = plan_op::sequence;
  line.name = "line";
  line.children = {check, pay};
  d.plans["refund.issue"] = line;
  const auto tree = planned(d, of({clause("cancel"), clause("refund")}));
  EXPECT_EQ(shape(tree), "in_order[cancel>refund[check>cancel_2]]");
  const auto& refund = tree.children[1];
  EXPECT_EQ(refund.note, "intent refund 0.97; after cancel");
  EXPECT_EQ(refund.children[0].text, "its own words");
  EXPECT_EQ(refund.children[1].text, "please refund");
  EXPECT_EQ(refund.children[1].urgency, priority::urgent);
  // Composites may use each other; one that leads back to itself is left as a call.
  plan_node again;
  again.name = "again";
  again.skill = "refund.issue";
  d.plans["refund.pay"] = again;
  const auto looped = planned(d, of({clause("refund")}));
  EXPECT_EQ(shape(looped), "refund[check>cancel]");
  EXPECT_EQ(looped.children[1].skill, "refund.issue");
}

TEST(planner, composites_that_multiply_are_cut_off) {
  auto d = support();
  for (int i = 0; i < 24; ++i) {
    plan_node fan, one;
    one.skill = "s" + std::to_string(i + 1);
    fan.op = plan_op::parallel;
    fan.children = {one, one, one};
    d.plans["s" + std::to_string(i)] = fan;
  }
  d.understanding.intents["hours"].skill = "s0";
  std::string problem;
  const auto tree = make_plan(wish_of(d), of({clause("hours")}), problem);
  ASSERT_TRUE(tree);
  EXPECT_THROW((void)plan::of(*tree), std::invalid_argument);
}

TEST(planner, the_most_clauses_there_may_be_make_a_plan_that_can_be_laid_out) {
  const auto d = support();
  std::vector<understood_clause> many;
  const char* intents[] = {"cancel", "refund", "hen", "egg", "hours", "martian", "upgrade"};
  for (std::size_t i = 0; i < understanding::max_clauses; ++i)
    many.push_back(clause(intents[i % 7], i % 3 == 0));
  (void)planned(d, of(std::move(many)));
}

TEST(understanding, the_contract_is_read_and_what_breaks_it_is_named) {
  const json good{{"text", "a"},
                  {"intent", "hours"},
                  {"confidence", 0.5},
                  {"accepted", true},
                  {"after_previous", false}};
  const auto with = [&](const char* member, json value) {
    json c = good;
    c[member] = std::move(value);
    return json{{"clauses", {good, c}}};
  };
  const auto without = [&](const char* member) {
    json c = good;
    c.erase(member);
    return json{{"clauses", json::array({c})}};
  };
  const struct {
    json data;
    const char* problem;
  } table[] = {
      {{{"clauses", json::array({good})}}, ""},
      {with("begin", 5), ""},
      {with("confidence", 1), ""},
      {{{"clauses", json::array({good})},
        {"complexity", "compound"},
        {"entities", {{{"type", "x"}, {"value", 1}}}}},
       ""},
      {nullptr, "the understanding must be an object"},
      {json::array(), "the understanding must be an object"},
      {json::object(), "clauses: must be a list of 1 to 32"},
      {{{"clauses", json::array()}}, "clauses: must be a list of 1 to 32"},
      {{{"clauses", good}}, "clauses: must be a list of 1 to 32"},
      {{{"clauses", std::vector<json>(33, good)}}, "clauses: must be a list of 1 to 32"},
      {{{"clauses", json::array({5})}}, "clauses[0]: must be an object"},
      {with("text", 5), "clauses[1].text: must be a text"},
      {with("intent", nullptr), "clauses[1].intent: must be a text"},
      {with("confidence", "1"), "clauses[1].confidence: must be a number from 0 to 1"},
      {with("confidence", 1.01), "clauses[1].confidence: must be a number from 0 to 1"},
      {with("confidence", -0.1), "clauses[1].confidence: must be a number from 0 to 1"},
      {with("accepted", 1), "clauses[1].accepted: must be true or false"},
      {with("after_previous", "no"), "clauses[1].after_previous: must be true or false"},
      {without("text"), "clauses[0].text: must be a text"},
      {without("accepted"), "clauses[0].accepted: must be true or false"},
      {{{"clauses", json::array({good})}, {"complexity", "hard"}},
       "complexity: must be \"simple\" or \"compound\""},
      {{{"clauses", json::array({good})}, {"entities", 5}},
       "entities: must be a list of at most 256"},
      {{{"clauses", json::array({good})}, {"entities", {{{"type", "x"}}}}},
       "entities[0]: must be an object with a text \"type\" and a \"value\""},
  };
  for (const auto& row : table) {
    std::string problem;
    EXPECT_EQ(read_understanding(row.data, problem).has_value(), *row.problem == '\0') << row.data;
    EXPECT_EQ(problem, row.problem);
  }
  std::string problem;
  EXPECT_EQ(read_understanding({{"clauses", json::array({good})}}, problem)->clauses[0],
            (understood_clause{"a", "hours", 0.5, true, false}));
}

TEST(planner, steps_have_the_scores_of_their_clauses_where_they_are_routed_by_content) {
  auto d = support();
  auto first = clause("hours"), second = clause("hours"), vague = clause("refund", false, false);
  first.scores = {{"hours", 0.9f}, {"refund", 0.1f}};
  second.scores = {{"hours", 0.6f}, {"cancel", 0.3f}};
  const auto said = of({first, second, vague});
  for (const auto& step : planned(d, said).children)
    EXPECT_TRUE(step.scores.empty()) << step.name;
  d.routing.tiers["gold"].strategy = route_strategy::classifier;
  const auto tree = planned(d, said);
  ASSERT_EQ(shape(tree), "answer[hours,unclear]");
  EXPECT_EQ(tree.children[0].scores,
            (std::vector<intent_score>{{"hours", 0.9f}, {"refund", 0.1f}, {"cancel", 0.3f}}));
  // Without scores, what is said of the one intent counts.
  EXPECT_EQ(tree.children[1].scores, (std::vector<intent_score>{{"refund", 0.97f}}));
  EXPECT_TRUE(tree.scores.empty());
}

} // namespace planner_cases
} // namespace troupe
