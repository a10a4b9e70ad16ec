#include "tests/policies/plan_stage.hpp"

#include <gtest/gtest.h>

namespace troupe {
namespace plan_layout_cases {

using namespace testing;

plan_node changed(plan_node n, void (*change)(plan_node&)) {
  change(n);
  return n;
}

TEST(plan_layout, parents_come_first_and_the_tree_comes_back) {
  const auto tree = group(plan_op::sequence, "s",
                          {call("a"), group(plan_op::parallel, "p", {call("b"), human("h")}),
                           gate("g", "/data/x", gate_test::at_most, 3), domain("d")});
  const auto p = plan::of(tree);
  ASSERT_EQ(p->steps.size(), 7u);
  EXPECT_EQ(p->steps[0].children, (std::vector<std::uint32_t>{1, 2, 5, 6}));
  EXPECT_EQ(p->steps[2].children, (std::vector<std::uint32_t>{3, 4}));
  for (std::uint32_t i = 1; i < p->steps.size(); ++i)
    EXPECT_LT(p->steps[i].parent, i);
  EXPECT_EQ(p->tree(), tree);
}

TEST(plan_layout, an_undo_stands_behind_the_steps_of_what_it_undoes) {
  auto part = group(plan_op::parallel, "p", {undoable("a"), call("b")});
  part.undo.push_back(call("unp"));
  const auto tree = group(plan_op::compensate, "c", {part, call("d")});
  const auto p = plan::of(tree);
  ASSERT_EQ(p->steps.size(), 7u);
  EXPECT_EQ(p->steps[2].undo, 3u); // a, una
  EXPECT_EQ(p->steps[1].undo, 5u);
  EXPECT_EQ(p->steps[5].parent, 1u);
  EXPECT_EQ(p->steps[1].children, (std::vector<std::uint32_t>{2, 4}));
  EXPECT_EQ(p->tree(), tree);
}

TEST(plan_layout, names_are_made_for_steps_without_and_never_clash) {
  auto unnamed = call("x");
  unnamed.name.clear();
  auto late = call("call1");
  const auto p = plan::of(group(plan_op::parallel, "", {unnamed, unnamed, late}));
  EXPECT_EQ(p->steps[0].node.name, "parallel0");
  EXPECT_EQ(p->steps[1].node.name, "call1_2");
  EXPECT_EQ(p->steps[2].node.name, "call2");
  EXPECT_EQ(p->steps[3].node.name, "call1");
}

TEST(plan_layout, bad_plans_are_refused_and_say_why) {
  const auto g = gate("g", "/text", gate_test::exists, nullptr);
  const struct {
    plan_node tree;
    const char* says;
  } table[] = {
      {group(plan_op::map, "x", {call("y"), call("z")}), "map 'x': needs exactly one step"},
      {group(plan_op::judge, "x", {call("y")}), "the one that does it and the one that judges"},
      {group(plan_op::loop, "x", {g}), "cannot have a gate as its step"},
      {rounds(plan_op::loop, "x", {call("y")}, 0), "needs at least one round"},
      {map_of("x", call("y"), 0), "needs at least one item at once"},
      {changed(map_of("x", call("y")), [](auto& n) { n.items = "list"; }),
       "needs a JSON pointer such as /input/orders, not 'list'"},
      {group(plan_op::sequence, "x", {undoable("y")}), "stands below no compensate"},
      {undoable("y"), "stands below no compensate"},
      {changed(group(plan_op::compensate, "x", {undoable("y")}),
               [](auto& n) { n.children[0].undo.push_back(call("z")); }),
       "can be undone by one step only"},
      {changed(group(plan_op::compensate, "x", {undoable("y")}),
               [](auto& n) { n.children[0].undo[0].undo.push_back(call("z")); }),
       "cannot be undone itself"},
      {changed(group(plan_op::compensate, "x", {undoable("y")}),
               [](auto& n) { n.children[0].undo[0] = group(plan_op::race, "r", {call("z")}); }),
       "cannot undo a step"},
      {group(plan_op::sequence, "x", {}), "sequence 'x': needs at least one step"},
      {group(plan_op::race, "x", {}), "needs at least one step"},
      {changed(call("x"), [](auto& n) { n.skill.clear(); }), "needs a skill or an agent"},
      {changed(domain("x"), [](auto& n) { n.target.clear(); }), "needs the path of a domain"},
      {changed(human("x"), [](auto& n) { n.target.clear(); }), "needs a queue"},
      {changed(call("x"), [](auto& n) { n.children.push_back(call("y")); }),
       "cannot have steps of its own"},
      {changed(call("x"), [](auto& n) { n.timeout = milliseconds{-1}; }), "timeout below zero"},
      {changed(call("x"), [](auto& n) { n.input = 5; }), "needs an object"},
      {changed(call("x"), [](auto& n) { n.fallback = {"general"}; }),
       "cannot fall back to 'general'"},
      {changed(call("x"), [](auto& n) { n.fallback = {"agent:"}; }),
       "cannot fall back to 'agent:'"},
      {changed(call("x"), [](auto& n) { n.fallback = {"robot:x"}; }),
       "cannot fall back to 'robot:x'"},
      {group(plan_op::parallel, "x", {call("y"), call("y")}),
       "call 'y': has the name of another step"},
      {group(plan_op::parallel, "x", {call("x")}), "has the name of another step"},
      {group(plan_op::quorum, "x", {call("y")}, 0), "needs between 1 and"},
      {group(plan_op::quorum, "x", {call("y")}, 2), "needs between 1 and"},
      {g, "needs a step before it"},
      {group(plan_op::sequence, "x", {g, call("y")}), "needs a step before it"},
      {group(plan_op::parallel, "x", {call("y"), g}), "needs a step before it"},
      {group(plan_op::sequence, "x", {call("y"), gate("g", "data", gate_test::exists, nullptr)}),
       "needs a JSON pointer"},
      {group(plan_op::sequence, "x", {call("y"), gate("g", "/a~2", gate_test::exists, nullptr)}),
       "needs a JSON pointer"},
  };
  for (const auto& row : table) {
    try {
      (void)plan::of(row.tree);
      ADD_FAILURE() << "taken: " << row.says;
    } catch (const std::invalid_argument& problem) {
      EXPECT_NE(std::string{problem.what()}.find(row.says), std::string::npos) << problem.what();
    }
  }
}

TEST(plan_layout, size_and_depth_are_bounded) {
  std::vector<plan_node> many;
  for (std::size_t i = 0; i + 1 < plan::max_steps; ++i)
    many.push_back(call("c" + std::to_string(i)));
  EXPECT_EQ(plan::of(group(plan_op::parallel, "p", many))->steps.size(), plan::max_steps);
  many.push_back(call("one_more"));
  EXPECT_THROW((void)plan::of(group(plan_op::parallel, "p", std::move(many))),
               std::invalid_argument);
  auto deep = call("leaf");
  for (std::size_t i = 1; i < plan::max_depth; ++i)
    deep = group(plan_op::sequence, "s" + std::to_string(i), {deep});
  EXPECT_NO_THROW((void)plan::of(deep));
  EXPECT_THROW((void)plan::of(group(plan_op::sequence, "top", {deep})), std::invalid_argument);
}

} // namespace plan_layout_cases
} // namespace troupe
