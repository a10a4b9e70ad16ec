#include "tests/policies/plan_stage.hpp"

#include <gtest/gtest.h>

namespace troupe {
namespace plan_expand_cases {

using namespace testing;
using plan_op::judge;
using plan_op::loop;
using plan_op::parallel;
using plan_op::sequence;

json numbers(std::size_t n) {
  auto out = json::array();
  for (std::size_t i = 0; i < n; ++i)
    out.push_back(i * 10);
  return out;
}

// -- map ----------------------------------------------------------------------

TEST(plan_map, goes_through_its_list_a_few_at_once_and_gives_the_results_in_order) {
  stage s{map_of("all", call("one"), 2)};
  s.start();
  EXPECT_EQ(s.look(), "expand all");
  EXPECT_TRUE(s.list("all", {"a", "b", "c"}));
  EXPECT_EQ(s.look(), "call one[0], call one[1]");
  EXPECT_EQ(s.run.given_to(s.index("one[1]")), (json{{"item", "b"}, {"index", 1}}));
  s.succeed("one[1]", {{"n", 1}});
  EXPECT_EQ(s.look(), "call one[2]");
  s.succeed("one[2]", {{"n", 2}});
  EXPECT_EQ(s.look(), "");
  s.succeed("one[0]", {{"n", 0}});
  EXPECT_EQ(s.look(), "finish");
  const auto& x = *s.run.result();
  EXPECT_TRUE(x.ok());
  EXPECT_FALSE(x.partial);
  EXPECT_EQ(x.data, (json{{"items", {{{"n", 0}}, {{"n", 1}}, {{"n", 2}}}}}));
  EXPECT_EQ(x.text, "one[0]\n\none[1]\n\none[2]");
}

TEST(plan_map, of_nothing_is_done_and_of_one_is_still_a_list) {
  stage nothing{map_of("all", call("one"))};
  nothing.start();
  EXPECT_TRUE(nothing.list("all", json::array()));
  EXPECT_EQ(nothing.look(), "expand all, finish");
  EXPECT_TRUE(nothing.run.result()->ok());
  EXPECT_EQ(nothing.run.result()->data, (json{{"items", json::array()}}));

  stage one{map_of("all", call("one"))};
  one.start();
  one.list("all", {7});
  one.succeed("one[0]", {{"n", 7}});
  EXPECT_EQ(one.run.result()->data, (json{{"items", {{{"n", 7}}}}}));
}

TEST(plan_map, that_has_no_list_or_too_long_a_one_fails_as_invalid_input) {
  const json too_many = numbers(plan::max_items + 1);
  for (const auto& list : {json{{"not", "a list"}}, json(), json("text"), too_many}) {
    stage s{map_of("all", call("one"))};
    s.start();
    EXPECT_TRUE(s.list("all", list));
    ASSERT_TRUE(s.run.ended());
    EXPECT_EQ(s.run.result()->failed.why, reason::invalid_input);
  }
  stage s{map_of("all", call("one"))};
  s.start();
  EXPECT_TRUE(s.feed(event_kind::step_failed, "all",
                     std::make_shared<const failure>(failure{reason::invalid_input, "x", {}})));
  EXPECT_EQ(s.run.result()->failed.detail, "x");
}

TEST(plan_map, says_which_items_failed_and_fails_when_all_do) {
  stage s{map_of("all", call("one"))};
  s.start();
  s.list("all", numbers(3));
  s.succeed("one[0]", {{"n", 0}});
  s.fail("one[1]");
  s.succeed("one[2]", {{"n", 2}});
  const auto& x = *s.run.result();
  EXPECT_TRUE(x.ok());
  EXPECT_TRUE(x.partial);
  EXPECT_EQ(x.data["items"], (json{{{"n", 0}}, nullptr, {{"n", 2}}}));
  EXPECT_EQ(x.data["missing"][0]["step"], "one[1]");
  EXPECT_EQ(x.data["missing"][0]["index"], 1);

  stage bad{map_of("all", call("one"))};
  bad.start();
  bad.list("all", numbers(2));
  bad.fail("one[0]");
  bad.fail("one[1]", reason::policy_denied);
  EXPECT_EQ(bad.run.result()->failed.why, reason::invalid_input);
  EXPECT_EQ(bad.run.result()->failed.detail, "every item failed; first one[0]: because");
}

TEST(plan_map, merges_when_it_is_told_to) {
  auto root = map_of("all", call("one"));
  root.how = join::merge;
  stage s{std::move(root)};
  s.start();
  s.list("all", numbers(3));
  s.succeed("one[0]", {{"a", 1}, {"same", 1}});
  s.succeed("one[1]", {{"b", 2}, {"same", 1}});
  s.succeed("one[2]", {{"b", 3}});
  const auto& data = s.run.result()->data;
  EXPECT_EQ(data["a"], 1);
  EXPECT_EQ(data["same"], 1);
  EXPECT_EQ(data["contradictions"]["b"], (json{{"one[1]", 2}, {"one[2]", 3}}));
  EXPECT_TRUE(s.run.result()->partial);
}

TEST(plan_map, retries_each_item_for_itself) {
  stage s{map_of("all", call("one"), 1)};
  s.start();
  s.list("all", numbers(2));
  s.look();
  s.assign("one[0]", "x");
  s.fail("one[0]", reason::crash);
  EXPECT_EQ(s.look(), "call one[0]"); // Again at once, and the second item still waits.
  EXPECT_EQ(s.state("one[0]").attempt, 2u);
  s.succeed("one[0]");
  EXPECT_EQ(s.look(), "call one[1]");
  EXPECT_EQ(s.state("one[1]").retries, 0u);
}

TEST(plan_map, items_may_be_whole_plans_and_maps_may_stand_in_maps) {
  stage s{map_of("outer", group(sequence, "line", {call("a"), map_of("inner", call("b"))}), 1)};
  s.start();
  s.list("outer", {"x", "y"});
  EXPECT_EQ(s.look(), "expand outer, call a[0]");
  s.succeed("a[0]");
  EXPECT_EQ(s.look(), "expand inner[0]");
  EXPECT_EQ(s.run.given_to(s.index("inner[0]"))["item"], "x");
  s.list("inner[0]", {1, 2});
  EXPECT_EQ(s.look(), "call b[0][0], call b[0][1]");
  EXPECT_EQ(s.run.given_to(s.index("b[0][1]"))["item"], 2);
  EXPECT_EQ(s.run.given_to(s.index("b[0][1]"))["previous"]["a"]["text"], "a[0]");
  s.succeed("b[0][0]");
  s.succeed("b[0][1]");
  EXPECT_EQ(s.look(), "call a[1]");
  s.succeed("a[1]");
  s.list("inner[1]", {3});
  EXPECT_EQ(s.look(), "expand inner[1], call b[1][0]");
  EXPECT_EQ(s.run.given_to(s.index("b[1][0]"))["item"], 3);
  EXPECT_EQ(s.run.given_to(s.index("b[1][0]"))["previous"]["a"]["text"], "a[1]");
  s.succeed("b[1][0]", {{"n", 3}});
  ASSERT_TRUE(s.run.ended());
  EXPECT_EQ(s.run.result()->data["items"][1]["inner"]["items"], (json{{{"n", 3}}}));
}

TEST(plan_map, out_of_time_hands_over_what_it_has) {
  auto root = map_of("all", call("one"), 1);
  root.timeout = milliseconds{5000};
  stage s{group(sequence, "seq", {std::move(root), call("after")})};
  s.start();
  s.list("all", numbers(3));
  s.succeed("one[0]", {{"n", 0}});
  s.assign("one[1]");
  s.look();
  s.now = at_ms(5000);
  s.next_timer();
  EXPECT_EQ(s.look(), "stop one[1], call after");
  const auto& x = *s.state("all").result;
  EXPECT_TRUE(x.ok());
  EXPECT_TRUE(x.partial);
  EXPECT_EQ(x.data["missing"].size(), 2u);
}

TEST(plan_map, that_is_cancelled_before_its_list_is_known_asks_for_nothing_more) {
  stage s{group(parallel, "both", {map_of("all", call("one")), call("b")})};
  s.start();
  s.cancel();
  EXPECT_FALSE(s.list("all", numbers(2)));
  EXPECT_EQ(s.run.result()->failed.why, reason::cancelled);
}

TEST(plan_map, keeps_to_the_number_of_steps_that_a_task_may_come_to) {
  auto line = group(sequence, "line", {});
  for (int i = 0; i < 40; ++i)
    line.children.push_back(call("c" + std::to_string(i)));
  stage s{map_of("all", std::move(line), 10000)};
  s.start();
  s.list("all", numbers(plan::max_items));
  ASSERT_TRUE(s.run.ended());
  EXPECT_EQ(s.run.result()->failed.why, reason::budget_exhausted);
  EXPECT_LE(s.run.size(), step_table::max_steps);
}

// -- loop and judge -----------------------------------------------------------

TEST(plan_loop, goes_round_until_its_condition_holds) {
  stage s{rounds(loop, "again", {call("draft")}, 5)};
  s.start();
  EXPECT_EQ(s.look(), "call draft");
  EXPECT_EQ(s.run.given_to(s.index("draft")), (json{{"round", 1}}));
  s.succeed("draft", {{"ok", false}});
  EXPECT_EQ(s.look(), "call draft#2");
  EXPECT_EQ(s.run.given_to(s.index("draft#2")),
            (json{{"round", 2},
                  {"previous", {{"draft", {{"text", "draft"}, {"data", {{"ok", false}}}}}}}}));
  s.succeed("draft#2", {{"ok", true}});
  EXPECT_EQ(s.look(), "finish");
  EXPECT_TRUE(s.run.result()->ok());
  EXPECT_EQ(s.run.result()->text, "draft#2");
}

TEST(plan_loop, ends_with_its_last_round_and_says_what_was_wrong) {
  stage s{rounds(loop, "again", {call("draft")}, 2)};
  s.start();
  s.succeed("draft", {{"ok", 1}});
  s.succeed("draft#2", {{"ok", 2}});
  const auto& x = *s.run.result();
  EXPECT_EQ(x.failed.why, reason::invalid_output);
  EXPECT_EQ(x.failed.detail, "loop again, after 2 rounds: needs /data/ok equals true, found 2");
  EXPECT_EQ(x.text, "draft#2");

  auto sure = rounds(loop, "again", {call("draft")}, 1);
  sure.when = {"/confidence", gate_test::at_least, 0.9};
  stage t{std::move(sure)};
  t.start();
  auto doubtful = said("hm");
  doubtful.confidence = 0.5;
  t.assign("draft");
  t.complete("draft", doubtful);
  EXPECT_EQ(t.run.result()->failed.why, reason::low_confidence);
}

TEST(plan_loop, ends_with_a_round_that_fails) {
  stage s{rounds(loop, "again", {call("draft")}, 5)};
  s.start();
  s.succeed("draft", {{"ok", false}});
  s.fail("draft#2", reason::policy_denied);
  EXPECT_EQ(s.run.result()->failed.why, reason::policy_denied);
  EXPECT_EQ(s.run.result()->text, "");
}

TEST(plan_loop, adds_up_what_its_rounds_used) {
  stage s{rounds(loop, "again", {call("draft")}, 5)};
  s.start();
  for (const auto* name : {"draft", "draft#2", "draft#3"}) {
    auto x = said("t", {{"ok", std::string{name} == "draft#3"}});
    x.used.calls = 1;
    s.assign(name);
    s.complete(name, x);
  }
  EXPECT_EQ(s.run.result()->used.calls, 3u);
}

TEST(plan_judge, hands_on_what_passes) {
  stage s{rounds(judge, "fine", {call("draft"), call("critic")}, 3)};
  s.start();
  EXPECT_EQ(s.look(), "call draft");
  s.succeed("draft", {{"v", 1}});
  EXPECT_EQ(s.look(), "call critic");
  EXPECT_EQ(s.run.given_to(s.index("critic"))["candidate"],
            (json{{"text", "draft"}, {"data", {{"v", 1}}}}));
  s.succeed("critic", {{"ok", true}});
  EXPECT_EQ(s.look(), "finish");
  EXPECT_EQ(s.run.result()->text, "draft");
  EXPECT_EQ(s.run.result()->data, (json{{"v", 1}}));
}

TEST(plan_judge, sends_back_what_does_not_pass_with_the_judgement) {
  stage s{rounds(judge, "fine", {call("draft"), call("critic")}, 3)};
  s.start();
  s.succeed("draft", {{"v", 1}});
  s.succeed("critic", {{"ok", false}, {"why", "too short"}});
  s.look();
  const auto given = s.run.given_to(s.index("draft#2"));
  EXPECT_EQ(given["feedback"]["data"]["why"], "too short");
  EXPECT_EQ(given["previous"]["draft"]["data"]["v"], 1);
  EXPECT_EQ(given["round"], 2);
  s.succeed("draft#2", {{"v", 2}});
  EXPECT_EQ(s.run.given_to(s.index("critic#2"))["candidate"]["data"]["v"], 2);
  s.succeed("critic#2", {{"ok", true}});
  EXPECT_EQ(s.run.result()->data, (json{{"v", 2}}));
}

TEST(plan_judge, fails_with_the_judges_words_when_nothing_passes) {
  stage s{rounds(judge, "fine", {call("draft"), call("critic")}, 1)};
  s.start();
  s.succeed("draft");
  s.assign("critic");
  s.complete("critic", said("no charges were looked up", {{"ok", false}}));
  const auto& x = *s.run.result();
  EXPECT_EQ(x.failed.why, reason::low_confidence);
  EXPECT_EQ(x.failed.detail, "judge fine, after 1 rounds: needs /data/ok equals true, found "
                             "false: no charges were looked up");
  EXPECT_EQ(x.text, "draft");
}

TEST(plan_judge, passes_nothing_that_could_not_be_judged) {
  stage s{rounds(judge, "fine", {call("draft"), call("critic")}, 3)};
  s.start();
  s.succeed("draft");
  s.fail("critic");
  EXPECT_EQ(s.run.result()->failed.why, reason::invalid_input);
  EXPECT_EQ(s.run.result()->failed.detail, "judge fine could not judge: because");
}

// -- resuming -----------------------------------------------------------------

TEST(plan_expand, every_prefix_of_a_history_resumes_where_it_was) {
  auto line = group(sequence, "line",
                    {rounds(judge, "fine", {call("draft"), call("critic")}, 3),
                     rounds(loop, "again", {call("polish")}, 3)});
  stage s{map_of("all", std::move(line), 2)};
  s.start();
  s.list("all", numbers(4));
  for (int i = 0; i < 1000 && !s.run.ended(); ++i) {
    std::vector<plan_action> open;
    s.run.open_actions(open);
    ASSERT_FALSE(open.empty());
    const auto name = s.run.table().name(open[static_cast<std::size_t>(i) % open.size()].step);
    if (i % 7 == 3)
      s.fail(name, reason::crash);
    else
      s.succeed(name, {{"ok", i % 3 == 0}});
  }
  ASSERT_TRUE(s.run.ended());
  EXPECT_EQ(s.resumes_everywhere(), "");
}

TEST(plan_expand, five_thousand_items_are_each_asked_for_once) {
  stage s{map_of("all", call("one"), 16)};
  s.start();
  s.list("all", numbers(5000));
  std::set<std::int64_t> seen;
  std::size_t at = 0;
  while (!s.run.ended()) {
    ASSERT_LT(at, s.todo.size());
    const auto a = s.todo[at++];
    if (a.what != plan_action::kind::call)
      continue;
    EXPECT_LE(s.todo.size() - at, 16u);
    EXPECT_TRUE(seen.insert(s.run.given_to(a.step)["index"].get<std::int64_t>()).second);
    event e;
    e.step = a.step;
    e.attempt = a.attempt;
    e.kind = event_kind::assigned;
    ASSERT_TRUE(s.feed(e));
    e.kind = event_kind::step_completed;
    e.body = std::make_shared<const outcome>(said("", {{"n", a.step}}));
    ASSERT_TRUE(s.feed(e));
  }
  EXPECT_EQ(seen.size(), 5000u);
  EXPECT_EQ(s.run.result()->data["items"].size(), 5000u);
  EXPECT_EQ(difference(s.run, s.replayed()), "");
}

} // namespace plan_expand_cases
} // namespace troupe
