// One answer of several: when somebody is asked to make it, and when what he makes stands.
#include "policies/planner.hpp"
#include "policies/synthesis.hpp"
#include "tests/policies/plan_stage.hpp"

#include <gtest/gtest.h>

namespace troupe {
namespace synthesis_cases {

using namespace testing;

plan_node answered(plan_op op = plan_op::parallel, json agree_on = nullptr) {
  auto last = call("write");
  if (!agree_on.is_null())
    last.input = {{"agree_on", std::move(agree_on)}};
  auto n = group(op, "answer", {call("a"), call("b"), std::move(last)});
  n.how = join::synthesis;
  return n;
}

const json& about(const stage& s) {
  return s.run.result()->data["synthesis"];
}

TEST(synthesis, the_last_step_makes_one_text_of_the_others) {
  stage s{answered()};
  s.start();
  EXPECT_EQ(s.look(), "call a, call b");
  s.assign("a");
  s.assign("b");
  s.complete("a", said("You get $49.00 back.", {{"amount", "$49.00"}}));
  EXPECT_EQ(s.look(), "");
  s.complete("b", said("The plan costs 299 a month.", {{"plan", "pro"}}));
  EXPECT_EQ(s.look(), "call write");
  const auto given = s.run.given_to(s.index("write"));
  EXPECT_EQ(given["previous"].size(), 2u);
  EXPECT_EQ(given["previous"]["a"]["text"], "You get $49.00 back.");
  s.assign("write");
  s.complete("write", said("You get $49.00 back, and the plan costs 299 a month."));
  ASSERT_TRUE(s.run.ended());
  EXPECT_EQ(s.run.result()->text, "You get $49.00 back, and the plan costs 299 a month.");
  EXPECT_EQ(s.run.result()->data["a"]["amount"], "$49.00");
  EXPECT_EQ(about(s)["used"], true);
  EXPECT_EQ(s.resumes_everywhere(), "");
  EXPECT_EQ(difference(s.run, s.replayed()), "");
}

TEST(synthesis, numbers_that_no_answer_has_are_not_taken) {
  for (const auto* text : {"You get $94.00 back.", "You get $7 back.", "It costs 2990."}) {
    stage s{answered()};
    s.start();
    for (const auto* step : {"a", "b"})
      s.assign(step);
    s.complete("a", said("You get $49.00 back."));
    s.complete("b", said("The plan costs 299."));
    s.assign("write");
    s.complete("write", said(text));
    ASSERT_TRUE(s.run.ended());
    EXPECT_EQ(s.run.result()->text, "You get $49.00 back.\n\nThe plan costs 299.") << text;
    EXPECT_EQ(about(s)["used"], false);
  }
}

TEST(synthesis, contradictions_are_found_first_and_shown) {
  stage s{answered(plan_op::parallel, {"status"})};
  s.start();
  s.succeed("a", {{"status", "paid"}, {"topic", "one"}});
  s.succeed("b", {{"status", "open"}, {"topic", "two"}});
  ASSERT_TRUE(s.run.ended()) << "nobody is asked to smooth it over";
  const auto& x = *s.run.result();
  EXPECT_TRUE(x.partial);
  EXPECT_EQ(x.data["contradictions"], (json{{"status", {{"a", "paid"}, {"b", "open"}}}}));
  EXPECT_EQ(s.status("write"), step_status::cancelled);
  EXPECT_EQ(x.text, "a\n\nb");
  // Whoever writes may find one as well.
  stage t{answered(plan_op::parallel, json::array())};
  t.start();
  t.succeed("a", {{"status", "paid"}});
  t.succeed("b", {{"status", "open"}});
  t.assign("write");
  t.complete("write", said("It is paid.", {{"contradictions", {{"status", "both"}}}}));
  EXPECT_EQ(t.run.result()->text, "a\n\nb");
  EXPECT_EQ(about(t)["used"], false);
}

TEST(synthesis, a_failed_writer_costs_the_customer_nothing) {
  stage s{answered()};
  s.start();
  s.succeed("a");
  s.succeed("b");
  s.fail("write", reason::policy_denied);
  ASSERT_TRUE(s.run.ended());
  EXPECT_TRUE(s.run.result()->ok());
  EXPECT_EQ(s.run.result()->text, "a\n\nb");
}

TEST(synthesis, one_answer_needs_nobody_to_join_it) {
  stage s{answered()};
  s.start();
  s.succeed("a");
  s.fail("b", reason::policy_denied);
  ASSERT_TRUE(s.run.ended());
  EXPECT_TRUE(s.run.result()->partial);
  EXPECT_EQ(s.run.result()->text, "a");
}

TEST(synthesis, a_sequence_is_joined_after_its_last_step) {
  stage s{answered(plan_op::sequence)};
  s.start();
  EXPECT_EQ(s.look(), "call a");
  s.succeed("a");
  EXPECT_EQ(s.look(), "call b");
  s.succeed("b");
  EXPECT_EQ(s.look(), "call write");
  s.assign("write");
  s.complete("write", said("both"));
  EXPECT_EQ(s.run.result()->text, "both");
  EXPECT_EQ(s.resumes_everywhere(), "");
  // One that fails in between fails as ever.
  stage t{answered(plan_op::sequence)};
  t.start();
  t.fail("a", reason::policy_denied);
  EXPECT_FALSE(t.run.result()->ok());
}

TEST(synthesis, out_of_time_the_answers_stand_as_they_are) {
  stage s{answered(), milliseconds{1000}};
  s.start();
  s.succeed("a");
  s.succeed("b");
  s.assign("write");
  while (!s.run.ended())
    ASSERT_TRUE(s.next_timer());
  EXPECT_EQ(s.run.result()->text, "a\n\nb");
}

TEST(synthesis, needs_somebody_who_does_it) {
  auto n = answered();
  n.children.pop_back();
  n.children.back() = human("b");
  EXPECT_THROW((void)plan::of(n), std::invalid_argument);
  n = answered(plan_op::race);
  EXPECT_THROW((void)plan::of(n), std::invalid_argument);
}

TEST(synthesis, domains_answer_by_it) {
  domain_spec d;
  d.path = "d";
  d.answer = join::synthesis;
  d.synthesiser = "answers.write";
  d.context["order_id"] = {};
  d.understanding.intents["one"].skill = "s1";
  d.understanding.intents["two"].skill = "s2";
  plan_wish wish;
  wish.domain = &d;
  wish.text = "one and two";
  understanding what;
  what.clauses = {{"one", "one", 0.9, true, false}, {"two", "two", 0.9, true, false}};
  std::string problem;
  const auto root = make_plan(wish, what, problem);
  ASSERT_TRUE(root) << problem;
  EXPECT_EQ(root->how, join::synthesis);
  ASSERT_EQ(root->children.size(), 3u);
  EXPECT_EQ(root->children[2].skill, "answers.write");
  EXPECT_EQ(root->children[2].input["agree_on"], json::array({"order_id"}));
  EXPECT_NO_THROW((void)plan::of(*root));
  what.clauses.pop_back();
  EXPECT_EQ(make_plan(wish, what, problem)->op, plan_op::call);
}

} // namespace synthesis_cases
} // namespace troupe
