#include "tests/policies/plan_stage.hpp"

#include <gtest/gtest.h>

namespace troupe {
namespace plan_run_cases {

using namespace testing;
using plan_op::parallel;
using plan_op::quorum;
using plan_op::race;
using plan_op::sequence;

TEST(plan_run, a_call_is_routed_runs_and_ends_the_plan) {
  stage s{call("a")};
  s.start();
  EXPECT_EQ(s.look(), "call a");
  EXPECT_EQ(s.run.phase(), task_phase::delegating);
  EXPECT_TRUE(s.assign("a", "x"));
  EXPECT_EQ(s.run.phase(), task_phase::monitoring);
  EXPECT_EQ(s.state("a").agent, "x");
  EXPECT_TRUE(s.complete("a", said("hello")));
  EXPECT_EQ(s.look(), "finish");
  ASSERT_TRUE(s.run.ended());
  EXPECT_EQ(s.run.result()->text, "hello");
  EXPECT_EQ(s.run.phase(), task_phase::synthesising);
  EXPECT_EQ(s.run.next_timer(), no_deadline);
}

TEST(plan_run, starting_twice_starts_once) {
  stage s{call("a")};
  s.start();
  s.start();
  EXPECT_EQ(s.look(), "call a");
}

TEST(plan_run, a_sequence_goes_in_order_and_hands_on_what_came_before) {
  stage s{group(sequence, "seq", {call("a"), call("b"), call("c")})};
  s.start();
  EXPECT_EQ(s.look(), "call a");
  EXPECT_TRUE(s.run.previous_of(s.index("a")).is_null());
  s.succeed("a", {{"n", 1}});
  EXPECT_EQ(s.look(), "call b");
  EXPECT_EQ(s.run.previous_of(s.index("b")), (json{{"a", {{"text", "a"}, {"data", {{"n", 1}}}}}}));
  s.succeed("b");
  s.succeed("c");
  EXPECT_EQ(s.look(), "call c, finish");
  EXPECT_EQ(s.run.result()->text, "a\n\nb\n\nc");
}

TEST(plan_run, a_sequence_stops_at_its_first_failure) {
  stage s{group(sequence, "seq", {call("a"), call("b"), call("c")})};
  s.start();
  s.succeed("a");
  s.fail("b");
  EXPECT_EQ(s.look(), "call a, call b, finish");
  EXPECT_EQ(s.run.result()->failed.why, reason::invalid_input);
  EXPECT_EQ(s.run.result()->text, "a");
  EXPECT_FALSE(s.run.result()->partial);
  EXPECT_EQ(s.status("c"), step_status::cancelled);
}

TEST(plan_run, parallel_steps_run_at_once_and_some_may_fail) {
  stage s{group(parallel, "par", {call("a"), call("b"), call("c")})};
  s.start();
  EXPECT_EQ(s.look(), "call a, call b, call c");
  s.succeed("c");
  s.fail("b");
  s.succeed("a");
  EXPECT_EQ(s.look(), "finish");
  EXPECT_TRUE(s.run.result()->ok());
  EXPECT_TRUE(s.run.result()->partial);
  EXPECT_EQ(s.run.result()->text, "a\n\nc");
  EXPECT_EQ(s.run.result()->data["missing"][0]["step"], "b");
}

TEST(plan_run, parallel_fails_when_every_step_fails) {
  stage s{group(parallel, "par", {call("a"), call("b")})};
  s.start();
  s.fail("a");
  s.fail("b", reason::policy_denied);
  EXPECT_EQ(s.run.result()->failed.why, reason::invalid_input);
}

TEST(plan_run, a_race_is_won_by_the_first_success_and_the_losers_are_stopped) {
  stage s{group(race, "race", {call("a"), call("b"), call("c")})};
  s.start();
  s.assign("a");
  s.assign("b");
  s.look();
  s.fail("b");
  EXPECT_EQ(s.look(), "");
  s.assign("a");
  // `c` is still on its way to an agent: it has to be taken back as well.
  s.complete("a", said("first"));
  EXPECT_EQ(s.look(), "stop c, finish");
  EXPECT_EQ(s.run.result()->text, "first");
  EXPECT_EQ(s.status("c"), step_status::cancelled);
  EXPECT_EQ(s.status("b"), step_status::failed);
}

TEST(plan_run, a_race_that_all_lose_fails) {
  stage s{group(race, "race", {call("a"), call("b")})};
  s.start();
  s.fail("a");
  EXPECT_FALSE(s.run.ended());
  s.fail("b");
  EXPECT_TRUE(s.run.ended());
  EXPECT_FALSE(s.run.result()->ok());
}

TEST(plan_run, a_quorum_is_done_with_enough_and_stops_the_rest) {
  stage s{group(quorum, "q", {call("a"), call("b"), call("c"), call("d")}, 2)};
  s.start();
  s.assign("d");
  s.look();
  s.succeed("a");
  s.fail("b");
  EXPECT_FALSE(s.run.ended());
  s.succeed("c");
  EXPECT_EQ(s.look(), "stop d, finish");
  EXPECT_TRUE(s.run.result()->ok());
  EXPECT_FALSE(s.run.result()->partial);
}

TEST(plan_run, a_quorum_ends_as_soon_as_it_cannot_be_reached) {
  stage s{group(quorum, "q", {call("a"), call("b"), call("c")}, 2)};
  s.start();
  s.fail("a");
  EXPECT_FALSE(s.run.ended());
  s.fail("b");
  ASSERT_TRUE(s.run.ended());
  EXPECT_EQ(s.run.result()->failed.why, reason::invalid_input);
  EXPECT_NE(s.run.result()->failed.detail.find("2 of 3 had to succeed, 2 failed"),
            std::string::npos);
  EXPECT_EQ(s.look(), "call a, call b, call c, stop c, finish");
}

TEST(plan_run, gates_let_through_or_close) {
  const struct {
    const char* pointer;
    int amount;
    reason why;
  } table[] = {
      {"/data/amount", 100, reason::none},
      {"/data/amount", 101, reason::policy_denied},
      {"/confidence", 0, reason::low_confidence},
      {"/data/nothing", 0, reason::policy_denied},
  };
  for (const auto& row : table) {
    const bool confidence = std::string{row.pointer} == "/confidence";
    stage s{group(sequence, "seq",
                  {call("a"),
                   gate("g", row.pointer, confidence ? gate_test::at_least : gate_test::at_most,
                        confidence ? 2 : 100),
                   call("b")})};
    s.start();
    s.succeed("a", {{"amount", row.amount}});
    if (row.why == reason::none) {
      EXPECT_EQ(s.look(), "call a, call b");
      // Behind a gate comes what came before it.
      EXPECT_TRUE(s.run.previous_of(s.index("b")).contains("a"));
      s.succeed("b");
      EXPECT_EQ(s.run.result()->text, "a\n\nb");
    } else {
      EXPECT_EQ(s.look(), "call a, finish");
      EXPECT_EQ(s.run.result()->failed.why, row.why) << row.pointer;
      EXPECT_NE(s.run.result()->failed.detail.find("gate g"), std::string::npos);
    }
  }
}

TEST(plan_run, thousands_of_gates_in_a_row_are_passed) {
  std::vector<plan_node> line{call("a")};
  for (int i = 0; i < 9000; ++i)
    line.push_back(gate("g" + std::to_string(i), "/text", gate_test::exists, nullptr));
  stage s{group(sequence, "seq", std::move(line))};
  s.start();
  s.succeed("a");
  EXPECT_TRUE(s.run.ended());
  EXPECT_EQ(s.run.result()->text, "a");
}

TEST(plan_run, only_so_many_leaves_run_at_the_same_time) {
  std::vector<plan_node> many;
  for (int i = 0; i < 6; ++i)
    many.push_back(call("c" + std::to_string(i)));
  stage s{group(parallel, "par", std::move(many)), milliseconds{60000}, 2};
  s.start();
  EXPECT_EQ(s.look(), "call c0, call c1");
  EXPECT_EQ(s.status("c2"), step_status::queued);
  s.succeed("c1");
  EXPECT_EQ(s.look(), "call c2");
  s.fail("c0");
  EXPECT_EQ(s.look(), "call c3");
  for (const char* name : {"c2", "c3", "c4", "c5"})
    s.succeed(name);
  EXPECT_TRUE(s.run.ended());
}

TEST(plan_run, queued_leaves_of_a_cancelled_group_never_start_and_places_are_given_on) {
  stage s{group(parallel, "par",
                {group(race, "r", {call("a"), call("b"), call("c")}), call("d"), call("e")}),
          milliseconds{60000}, 2};
  s.start();
  EXPECT_EQ(s.look(), "call a, call b");
  s.succeed("a");
  EXPECT_EQ(s.look(), "stop b, call d, call e");
  EXPECT_EQ(s.status("c"), step_status::cancelled);
  s.succeed("d");
  s.succeed("e");
  EXPECT_EQ(s.look(), "finish");
}

TEST(plan_run, no_parallel_places_at_all_count_as_one) {
  stage s{group(parallel, "par", {call("a"), call("b")}), milliseconds{60000}, 0};
  s.start();
  EXPECT_EQ(s.look(), "call a");
  s.succeed("a");
  EXPECT_EQ(s.look(), "call b");
}

TEST(plan_run, operators_compose) {
  // A pipeline whose second stage is a race inside a parallel.
  stage s{
      group(sequence, "line",
            {call("find"),
             group(parallel, "par", {group(race, "r", {call("fast"), call("slow")}), call("log")}),
             call("tell")})};
  s.start();
  EXPECT_EQ(s.look(), "call find");
  s.succeed("find");
  EXPECT_EQ(s.look(), "call fast, call slow, call log");
  EXPECT_TRUE(s.run.previous_of(s.index("slow")).contains("find"));
  s.assign("slow");
  s.succeed("fast");
  EXPECT_EQ(s.look(), "stop slow");
  EXPECT_FALSE(s.complete("slow", said("late")));
  s.succeed("log");
  EXPECT_EQ(s.look(), "call tell");
  EXPECT_EQ(s.run.previous_of(s.index("tell"))["par"]["text"], "fast\n\nlog");
  s.succeed("tell");
  EXPECT_EQ(s.run.result()->text, "find\n\nfast\n\nlog\n\ntell");
  EXPECT_EQ(difference(s.run, s.replayed()), "");
}

TEST(plan_run, what_does_not_fit_changes_nothing) {
  stage s{group(sequence, "seq", {call("a"), call("b")})};
  s.start();
  const auto ok = std::make_shared<const outcome>(said("x"));
  EXPECT_FALSE(s.complete("a", said("not assigned yet")));
  EXPECT_FALSE(s.feed(event_kind::delegated, "a"));
  EXPECT_FALSE(s.feed(event_kind::asked, "a"));
  EXPECT_FALSE(s.feed(event_kind::retry_due, "a"));
  EXPECT_FALSE(s.feed(event_kind::time_up, "a"));
  EXPECT_FALSE(s.feed(event_kind::planned, "a"));
  EXPECT_FALSE(s.feed(event_kind::assigned, "b"));
  // A group has no attempts of its own.
  EXPECT_FALSE(s.feed(event_kind::step_completed, "seq", ok));
  EXPECT_FALSE(s.feed(event_kind::step_failed, "seq"));
  EXPECT_FALSE(s.feed(event_kind::unroutable, "seq"));
  event stray;
  stray.kind = event_kind::step_completed;
  stray.step = 77;
  stray.body = ok;
  EXPECT_FALSE(s.feed(stray));
  s.assign("a");
  stray.step = s.index("a");
  stray.attempt = 9;
  EXPECT_FALSE(s.feed(stray));
  EXPECT_FALSE(s.feed(event_kind::step_completed, "a"));
  EXPECT_EQ(s.look(), "call a");
  EXPECT_EQ(s.status("a"), step_status::running);
  EXPECT_EQ(difference(s.run, s.replayed()), "");
  s.succeed("a");
  s.succeed("b");
  EXPECT_FALSE(s.cancel());
  EXPECT_FALSE(s.complete("b", said("again")));
}

TEST(plan_run, a_resumed_run_asks_again_for_what_is_open) {
  stage s{group(parallel, "par", {call("a"), call("b"), domain("d"), human("h"), call("c")})};
  s.start();
  s.assign("a", "first");
  s.feed(event_kind::delegated, "d");
  s.feed(event_kind::asked, "h");
  s.succeed("c");
  auto again = s.replayed();
  EXPECT_EQ(difference(s.run, again), "");
  std::vector<plan_action> open;
  again.open_actions(open);
  using kind = plan_action::kind;
  const std::vector<plan_action> wanted{{kind::call, 1, 1, false},
                                        {kind::call, 2, 1, false},
                                        {kind::delegate, 3, 1, false},
                                        {kind::ask, 4, 1, false}};
  EXPECT_EQ(open, wanted);
  // What runs may be handed out anew; a person who has been asked keeps the time that was set.
  const auto due = s.state("h").due;
  s.now = at_ms(5000);
  EXPECT_TRUE(s.assign("a", "second"));
  EXPECT_EQ(s.state("a").agent, "second");
  EXPECT_TRUE(s.feed(event_kind::asked, "h"));
  EXPECT_EQ(s.state("h").due, due);
  EXPECT_TRUE(s.feed(event_kind::delegated, "d"));
}

} // namespace plan_run_cases
} // namespace troupe
