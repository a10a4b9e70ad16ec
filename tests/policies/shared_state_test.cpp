#include "policies/shared_state.hpp"

#include <gtest/gtest.h>

namespace troupe {
namespace shared_state_cases {

domain_spec a_domain(const std::string& type, state_merge how) {
  domain_spec d;
  d.path = "d";
  d.context["x"] = {type, how, false, false, {}, {}};
  d.context["other"] = {type, how, false, false, {}, {}};
  return d;
}

json sets(json value) {
  return {{"context", {{"x", std::move(value)}}}};
}

const std::vector<std::string> writes{"x"};

struct row {
  const char* name;
  const char* type;
  state_merge how;
  json base, theirs, mine;
  json both; ///< null: a contradiction
};

const row rows[] = {
    {"agree", "string", state_merge::none, nullptr, "a", "a", "a"},
    {"disagree", "string", state_merge::none, nullptr, "a", "b", nullptr},
    {"replace", "string", state_merge::replace, "o", "a", "b", "b"},
    {"sum_of_nothing", "integer", state_merge::sum, nullptr, 3, 4, 7},
    {"sum_from_a_base", "integer", state_merge::sum, 10, 13, 14, 17},
    {"equal_sums_both_count", "integer", state_merge::sum, 10, 13, 13, 16},
    {"sum_of_fractions", "number", state_merge::sum, 1.0, 1.5, 2.0, 2.5},
    {"sum_of_negatives", "integer", state_merge::sum, -5, -6, -7, -8},
    {"sum_that_no_number_holds", "integer", state_merge::sum, nullptr, 9223372036854775800, 100,
     nullptr},
    {"sum_below_all_numbers", "integer", state_merge::sum, nullptr, -9223372036854775800, -100,
     nullptr},
    {"sum_of_more_than_a_number_holds", "integer", state_merge::sum, nullptr, 18446744073709551615U,
     1, nullptr},
    {"sum_without_end", "number", state_merge::sum, nullptr, 1.7e308, 1.7e308, nullptr},
    {"lowest", "number", state_merge::lowest, 9, 3, 4, 3},
    {"highest", "number", state_merge::highest, 1, 3, 4, 4},
    {"lists", "array", state_merge::together, {1}, {1, 2}, {1, 3, 2}, {1, 2, 3}},
    {"members",
     "object",
     state_merge::together,
     {{"a", 1}},
     {{"a", 1}, {"b", 2}},
     {{"a", 1}, {"c", 3}},
     {{"a", 1}, {"b", 2}, {"c", 3}}},
    {"one_changed_a_member",
     "object",
     state_merge::together,
     {{"a", 1}},
     {{"a", 2}},
     {{"a", 1}},
     {{"a", 2}}},
    {"the_other_changed_it",
     "object",
     state_merge::together,
     {{"a", 1}, {"b", 1}},
     {{"a", 1}, {"b", 2}},
     {{"a", 5}, {"b", 1}},
     {{"a", 5}, {"b", 2}}},
    {"both_changed_a_member",
     "object",
     state_merge::together,
     {{"a", 1}},
     {{"a", 2}},
     {{"a", 3}},
     nullptr},
};

class concurrent_writes : public ::testing::TestWithParam<row> {};

TEST_P(concurrent_writes, end_in_one_value_or_a_contradiction) {
  const auto& r = GetParam();
  const auto d = a_domain(r.type, r.how);
  json context = json::object();
  if (!r.base.is_null())
    context["x"] = r.base;
  shared_state s;
  s.began(1, 1, context, writes);
  s.began(2, 1, context, writes);
  const auto first = s.merge(1, context, d, writes, sets(r.theirs));
  EXPECT_EQ(first.conflict, "");
  s.take(first, context);
  s.ended(1);
  EXPECT_EQ(context["x"], r.theirs);
  const auto second = s.merge(2, context, d, writes, sets(r.mine));
  if (r.both.is_null()) {
    EXPECT_NE(second.conflict, "");
    EXPECT_EQ(s.version("x"), 1u);
    return;
  }
  EXPECT_EQ(second.conflict, "");
  s.take(second, context);
  EXPECT_EQ(context["x"], r.both);
  EXPECT_EQ(s.version("x"), 2u);
}

INSTANTIATE_TEST_SUITE_P(all, concurrent_writes, ::testing::ValuesIn(rows),
                         [](const auto& i) { return std::string{i.param.name}; });

TEST(shared_state, whoever_began_after_the_last_write_simply_sets) {
  const auto d = a_domain("string", state_merge::none);
  json context = json::object();
  shared_state s;
  s.began(1, 1, context, writes);
  s.take(s.merge(1, context, d, writes, sets("a")), context);
  s.ended(1);
  s.began(2, 1, context, writes);
  const auto change = s.merge(2, context, d, writes, sets("b"));
  EXPECT_EQ(change.conflict, "");
  s.take(change, context);
  EXPECT_EQ(context["x"], "b");
}

TEST(shared_state, another_attempt_of_a_step_sees_what_is_there_by_then) {
  const auto d = a_domain("string", state_merge::none);
  json context = json::object();
  shared_state s;
  s.began(1, 1, context, writes);
  s.began(2, 1, context, writes);
  s.take(s.merge(1, context, d, writes, sets("a")), context);
  EXPECT_NE(s.merge(2, context, d, writes, sets("b")).conflict, "");
  s.began(2, 1, context, writes); // The same attempt: it saw what it saw.
  EXPECT_NE(s.merge(2, context, d, writes, sets("b")).conflict, "");
  s.began(2, 2, context, writes);
  EXPECT_EQ(s.merge(2, context, d, writes, sets("b")).conflict, "");
}

TEST(shared_state, what_is_shown_is_what_the_answer_is_compared_with) {
  const auto d = a_domain("integer", state_merge::sum);
  json context{{"other", 1}};
  shared_state s;
  s.began(1, 1, context, writes);
  s.began(2, 1, context, writes);
  s.take(s.merge(1, context, d, writes, sets(1)), context);
  s.ended(1);
  ASSERT_EQ(context["x"], 1);
  // The second one is called only now, and adds one to what it is shown.
  json shown = context;
  s.rewind(2, shown);
  EXPECT_EQ(shown, (json{{"other", 1}}));
  s.take(s.merge(2, context, d, writes, sets(shown.value("x", 0) + 1)), context);
  s.ended(2);
  EXPECT_EQ(context["x"], 2);
  s.began(3, 1, context, writes);
  s.began(4, 1, context, writes);
  s.take(s.merge(3, context, d, writes, sets(3)), context);
  shown = context;
  s.rewind(4, shown);
  EXPECT_EQ(shown["x"], 2);
  // Of a field that it may not set it sees the latest.
  shown = context;
  s.rewind(5, shown);
  EXPECT_EQ(shown["x"], 3);
}

TEST(shared_state, an_attempt_in_doubt_keeps_what_it_has_seen) {
  const auto d = a_domain("integer", state_merge::sum);
  json context{{"x", 10}};
  shared_state s;
  s.began(1, 1, context, writes);
  s.began(2, 1, context, writes);
  s.take(s.merge(1, context, d, writes, sets(13)), context);
  s.began(2, 2, context, writes, true);
  const std::vector<std::string> both{"x", "other"};
  s.take(s.merge(2, context, d, writes, sets(14)), context);
  EXPECT_EQ(context["x"], 17);
  // Who steps in for it may set more, which counts from now on.
  s.began(2, 3, context, both, true);
  s.take(s.merge(2, context, d, both, {{"context", {{"other", 5}}}}), context);
  EXPECT_EQ(context["other"], 5);
}

TEST(shared_state, answers_of_a_former_run_do_harm_where_several_set_fields_at_once) {
  auto d = a_domain("integer", state_merge::sum);
  agent_spec acting;
  acting.card.does = effects::idempotent;
  acting.writes = writes;
  const auto of = [](plan_op op, plan_op inner) {
    plan_node a, b, root;
    a.op = inner;
    a.name = "a";
    a.skill = "s";
    a.target = inner == plan_op::domain ? "d/e" : "";
    b.name = "b";
    b.skill = "s";
    root.op = op;
    root.name = "root";
    root.children = {a, b};
    return plan::of(root);
  };
  const auto at_once = of(plan_op::parallel, plan_op::call);
  EXPECT_FALSE(meets_old_answers(d, *at_once)) << "nobody acts";
  EXPECT_TRUE(meets_old_answers(d, *of(plan_op::parallel, plan_op::domain)));
  d.agents = {acting};
  EXPECT_TRUE(meets_old_answers(d, *at_once));
  EXPECT_FALSE(meets_old_answers(d, *of(plan_op::sequence, plan_op::call))) << "always in order";
  d.agents[0].writes.clear();
  EXPECT_FALSE(meets_old_answers(d, *at_once)) << "nobody sets anything";
  d.agents = {acting};
  d.context.clear();
  EXPECT_FALSE(meets_old_answers(d, *at_once)) << "there is nothing to set";
}

TEST(shared_state, different_fields_do_not_disturb_each_other_and_a_conflict_takes_over_nothing) {
  const auto d = a_domain("string", state_merge::none);
  const std::vector<std::string> both{"x", "other"};
  json context = json::object();
  shared_state s;
  s.began(1, 1, context, both);
  s.began(2, 1, context, both);
  s.began(3, 1, context, both);
  s.take(s.merge(1, context, d, both, {{"context", {{"other", "o"}}}}), context);
  s.take(s.merge(2, context, d, both, sets("a")), context);
  EXPECT_EQ(context, (json{{"x", "a"}, {"other", "o"}}));
  EXPECT_NE(s.merge(3, context, d, both, {{"context", {{"x", "b"}, {"other", "o"}}}}).conflict, "");
}

TEST(shared_state, what_may_not_be_set_is_refused_by_name) {
  const auto d = a_domain("string", state_merge::none);
  shared_state s;
  const auto change = s.merge(1, json::object(), d, writes,
                              {{"context", {{"x", 5}, {"other", "o"}, {"unknown", 1}}}});
  EXPECT_EQ(change.refused, (std::vector<std::string>{"other", "unknown", "x"}));
  EXPECT_TRUE(change.fields.empty());
}

TEST(shared_state, ephemeral_fields_do_not_last) {
  auto d = a_domain("string", state_merge::none);
  d.context["other"].ephemeral = true;
  EXPECT_EQ(lasting(d, {{"x", "a"}, {"other", "b"}}), (json{{"x", "a"}}));
  EXPECT_TRUE(lasting(d, json()).is_null());
  outcome x;
  x.data = {{"context", {{"x", "a"}, {"other", "b"}}}, {"n", 1}};
  EXPECT_EQ(lasting(d, std::make_shared<const outcome>(x))->data,
            (json{{"context", {{"x", "a"}}}, {"n", 1}}));
  x.data = {{"n", 1}};
  const auto untouched = std::make_shared<const outcome>(x);
  EXPECT_EQ(lasting(d, untouched), untouched);
}

} // namespace shared_state_cases
} // namespace troupe
