#include "policies/failure_table.hpp"
#include "tests/policies/plan_stage.hpp"

#include <gtest/gtest.h>

namespace troupe {
namespace plan_undo_cases {

using namespace testing;
using plan_op::compensate;
using plan_op::parallel;
using plan_op::race;
using plan_op::sequence;

plan_node booking() {
  return group(compensate, "booking", {undoable("flight"), undoable("hotel"), call("pay")});
}

TEST(plan_compensate, is_a_sequence_when_all_goes_well) {
  stage s{booking()};
  s.start();
  EXPECT_EQ(s.look(), "call flight");
  s.succeed("flight", {{"seat", 7}});
  EXPECT_EQ(s.run.given_to(s.index("hotel"))["previous"]["flight"]["data"]["seat"], 7);
  s.succeed("hotel");
  s.succeed("pay");
  EXPECT_EQ(s.look(), "call hotel, call pay, finish");
  EXPECT_TRUE(s.run.result()->ok());
  EXPECT_FALSE(s.run.result()->data.contains("undone"));
  EXPECT_EQ(s.status("unhotel"), step_status::idle);
}

TEST(plan_compensate, undoes_what_was_done_the_last_first_and_then_fails) {
  stage s{booking()};
  s.start();
  s.succeed("flight", {{"seat", 7}});
  s.succeed("hotel", {{"room", 12}});
  s.look();
  s.fail("pay");
  EXPECT_EQ(s.look(), "call unhotel");
  EXPECT_FALSE(s.run.ended());
  EXPECT_EQ(s.run.given_to(s.index("unhotel"))["undo_of"],
            (json{{"text", "hotel"}, {"data", {{"room", 12}}}}));
  s.succeed("unhotel");
  EXPECT_EQ(s.look(), "call unflight");
  s.succeed("unflight");
  EXPECT_EQ(s.look(), "finish");
  const auto& x = *s.run.result();
  EXPECT_EQ(x.failed.why, reason::invalid_input);
  EXPECT_EQ(x.data["undone"], (json{"hotel", "flight"}));
  EXPECT_FALSE(x.data.contains("not_undone"));
}

TEST(plan_compensate, has_nothing_to_undo_when_its_first_step_fails) {
  stage s{booking()};
  s.start();
  s.fail("flight");
  EXPECT_EQ(s.look(), "call flight, finish");
  EXPECT_FALSE(s.run.result()->data.is_object() && s.run.result()->data.contains("undone"));
}

TEST(plan_compensate, repeats_an_undo_by_the_failure_table_and_says_when_it_cannot) {
  stage s{booking()};
  s.start();
  s.succeed("flight");
  s.succeed("hotel");
  s.fail("pay");
  s.look();
  s.assign("unhotel");
  s.fail("unhotel", reason::crash);
  EXPECT_EQ(s.look(), "call unhotel"); // Once more at once.
  s.fail("unhotel", reason::policy_denied);
  EXPECT_EQ(s.look(), "call unflight"); // The others are undone all the same.
  s.succeed("unflight");
  const auto& x = *s.run.result();
  EXPECT_EQ(x.data["undone"], (json{"flight"}));
  EXPECT_EQ(x.data["not_undone"],
            (json{{{"step", "hotel"}, {"reason", "policy_denied"}, {"detail", "because"}}}));
}

TEST(plan_compensate, asks_a_person_for_what_cannot_be_undone) {
  auto how = std::make_shared<plan>(*plan::of(booking()));
  how->human_queue = "desk";
  stage s{how};
  s.start();
  s.succeed("flight");
  s.fail("hotel");
  s.fail("unflight", reason::policy_denied);
  EXPECT_EQ(s.look(), "call flight, call hotel, call unflight, ask unflight");
  EXPECT_EQ(s.run.target_of(s.index("unflight")).queue, "desk");
  s.feed(event_kind::asked, "unflight");
  s.feed(event_kind::answered, "unflight", std::make_shared<const outcome>(said("called them")));
  ASSERT_TRUE(s.run.ended());
  EXPECT_EQ(s.run.result()->data["undone"], (json{"flight"}));
}

TEST(plan_compensate, undoes_when_the_task_is_cancelled_and_the_end_waits_for_it) {
  stage s{booking()};
  s.start();
  s.succeed("flight");
  s.assign("hotel");
  s.look();
  s.cancel();
  EXPECT_EQ(s.look(), "stop hotel, call unflight");
  EXPECT_FALSE(s.run.ended());
  EXPECT_FALSE(s.cancel());
  s.succeed("unflight");
  EXPECT_EQ(s.look(), "finish");
  const auto& x = *s.run.result();
  EXPECT_EQ(x.failed.why, reason::cancelled);
  EXPECT_EQ(x.data["undone"], (json{"flight"}));
  // The hotel may or may not have been booked: nobody here knows.
  EXPECT_EQ(x.data["uncertain"], (json{"hotel"}));
}

TEST(plan_compensate, undoes_after_the_deadline_within_the_limits_of_the_undo_itself) {
  auto root = booking();
  root.children[0].undo[0].timeout = milliseconds{2000};
  stage s{std::move(root), milliseconds{10000}};
  s.start();
  s.succeed("flight");
  s.assign("hotel", "x", false);
  s.look();
  s.now = at_ms(10000);
  s.next_timer(); // The step's own limit or the task's, whichever is first.
  while (!s.run.ended() && s.status("unflight") != step_status::wanted)
    s.next_timer();
  EXPECT_EQ(s.run.next_timer(), no_deadline);
  s.now = at_ms(20000);
  s.assign("unflight");
  EXPECT_EQ(s.run.next_timer(), at_ms(22000));
  s.next_timer();
  EXPECT_EQ(s.status("unflight"), step_status::waiting); // To be repeated, past all deadlines.
  s.next_timer();
  s.succeed("unflight");
  ASSERT_TRUE(s.run.ended());
  EXPECT_EQ(s.run.result()->failed.why, reason::timeout);
  EXPECT_EQ(s.run.result()->data["undone"], (json{"flight"}));
}

TEST(plan_compensate, out_of_its_own_time_undoes_before_what_follows_goes_on) {
  auto part = booking();
  part.timeout = milliseconds{3000};
  stage s{group(parallel, "both", {std::move(part), call("other")})};
  s.start();
  s.succeed("flight");
  s.assign("hotel");
  s.succeed("other");
  s.look();
  s.now = at_ms(3000);
  s.next_timer();
  EXPECT_EQ(s.look(), "stop hotel, call unflight");
  EXPECT_EQ(s.status("booking"), step_status::running);
  s.succeed("unflight");
  ASSERT_TRUE(s.run.ended());
  EXPECT_EQ(s.status("booking"), step_status::failed);
  EXPECT_EQ(s.state("booking").result->data["undone"], (json{"flight"}));
  EXPECT_TRUE(s.run.result()->partial);
  EXPECT_EQ(s.run.result()->data["undone"], (json{"flight"}));
}

TEST(plan_compensate, that_loses_a_race_is_undone_while_the_winner_goes_on) {
  stage s{group(
      sequence, "seq",
      {group(race, "race", {group(compensate, "left", {undoable("a"), call("b")}), call("right")}),
       call("next")})};
  s.start();
  s.succeed("a");
  s.assign("b");
  s.look();
  s.succeed("right");
  EXPECT_EQ(s.look(), "stop b, call una, call next");
  s.succeed("next");
  EXPECT_FALSE(s.run.ended()); // All is there, but not all is undone.
  s.succeed("una");
  ASSERT_TRUE(s.run.ended());
  EXPECT_TRUE(s.run.result()->ok());
  EXPECT_EQ(s.run.result()->data["undone"], (json{"a"}));
}

TEST(plan_compensate, undoes_what_groups_below_it_did_in_the_order_of_time) {
  auto inner = group(compensate, "inner", {undoable("c"), undoable("d")});
  stage s{group(
      compensate, "outer",
      {group(parallel, "par", {undoable("a"), undoable("b")}), std::move(inner), call("last")})};
  s.start();
  s.succeed("b");
  s.succeed("a");
  s.succeed("c");
  s.succeed("d");
  s.fail("last");
  s.look();
  std::vector<std::string> order;
  while (!s.run.ended()) {
    std::vector<plan_action> open;
    s.run.open_actions(open);
    ASSERT_EQ(open.size(), 1u);
    order.push_back(s.run.table().name(open[0].step));
    s.succeed(order.back());
  }
  EXPECT_EQ(order, (std::vector<std::string>{"und", "unc", "una", "unb"}));
}

TEST(plan_compensate, what_an_inner_group_has_undone_an_outer_one_does_not_undo_again) {
  auto inner = group(compensate, "inner", {undoable("b"), call("c")});
  stage s{group(compensate, "outer", {undoable("a"), std::move(inner)})};
  s.start();
  s.succeed("a");
  s.succeed("b");
  s.look();
  s.fail("c");
  EXPECT_EQ(s.look(), "call unb");
  s.succeed("unb");
  EXPECT_EQ(s.look(), "call una");
  s.succeed("una");
  EXPECT_EQ(s.look(), "finish");
  EXPECT_EQ(s.run.result()->data["undone"], (json{"b", "a"}));
}

TEST(plan_compensate, cancelled_while_an_inner_group_undoes_takes_over_from_it) {
  auto inner = group(compensate, "inner", {undoable("b"), undoable("c"), call("d")});
  stage s{group(compensate, "outer", {undoable("a"), std::move(inner)})};
  s.start();
  for (const auto* name : {"a", "b", "c"})
    s.succeed(name);
  s.fail("d");
  s.look();
  s.cancel();
  EXPECT_EQ(s.look(), ""); // The undo of c goes on, and nothing beside it.
  s.succeed("unc");
  EXPECT_EQ(s.look(), "call unb");
  s.succeed("unb");
  s.succeed("una");
  EXPECT_EQ(s.look(), "call una, finish");
  EXPECT_EQ(s.run.result()->data["undone"], (json{"c", "b", "a"}));
  EXPECT_EQ(s.run.result()->failed.why, reason::cancelled);
}

TEST(plan_compensate, undoes_the_items_of_a_map) {
  stage s{group(compensate, "all", {map_of("each", undoable("item"), 2), call("last")})};
  s.start();
  s.list("each", {"x", "y", "z"});
  s.succeed("item[1]");
  s.succeed("item[0]");
  s.succeed("item[2]");
  s.look();
  s.fail("last");
  EXPECT_EQ(s.run.given_to(s.index("unitem[2]"))["item"], "z");
  s.succeed("unitem[2]");
  s.succeed("unitem[0]");
  s.succeed("unitem[1]");
  EXPECT_EQ(s.look(), "call unitem[2], call unitem[0], call unitem[1], finish");
  EXPECT_EQ(s.run.result()->data["undone"], (json{"item[2]", "item[0]", "item[1]"}));
}

void begin_acting(stage& s, effects does) {
  auto r = std::make_shared<route>();
  r->agent = "d/x";
  r->does = does;
  r->repeatable = does != effects::unsafe;
  s.feed(event_kind::assigned, "hotel", route_ptr{std::move(r)});
}

/// What the booking says in the end when its second step fails so, as often as it is tried.
json end_of_booking(effects does, reason why) {
  stage s{booking()};
  s.start();
  s.succeed("flight");
  while (!s.run.ended()) {
    if (s.status("unflight") == step_status::wanted) {
      s.succeed("unflight");
    } else if (s.status("hotel") == step_status::waiting) {
      s.next_timer();
    } else {
      begin_acting(s, does);
      s.fail("hotel", why);
    }
  }
  EXPECT_EQ(difference(s.run, s.replayed()), "");
  return s.run.result()->data;
}

TEST(plan_compensate, says_of_a_step_that_may_have_acted_that_nobody_knows) {
  using enum effects;
  for (auto does : {none, idempotent, queryable, unsafe})
    for (std::size_t i = 1; i < enum_names<reason>::value.size(); ++i) {
      const auto why = static_cast<reason>(i);
      SCOPED_TRACE(std::string{to_string(does)} + ", " + std::string{to_string(why)});
      const auto data = end_of_booking(does, why);
      EXPECT_EQ(data["undone"], (json{"flight"}));
      const bool lost = why == reason::crash || why == reason::timeout;
      if (lost || (does != none && default_line(why).may_have_acted))
        EXPECT_EQ(data.value("uncertain", json{}), (json{"hotel"}));
      else
        EXPECT_FALSE(data.contains("uncertain"));
    }
}

TEST(plan_compensate, undoes_what_has_happened_though_the_word_of_it_was_refused) {
  using enum effects;
  for (auto does : {idempotent, queryable, unsafe})
    for (auto why : {reason::invalid_output, reason::low_confidence, reason::contradiction}) {
      SCOPED_TRACE(std::string{to_string(does)} + ", " + std::string{to_string(why)});
      auto how = std::make_shared<plan>(*plan::of(booking()));
      how->retry.max_retries = 0;
      stage s{how};
      s.start();
      s.succeed("flight");
      begin_acting(s, does);
      s.look();
      auto x = said("booked", {{"room", 12}});
      x.failed = {why, "not as it was said", {}};
      EXPECT_TRUE(s.complete("hotel", std::move(x)));
      EXPECT_EQ(s.look(), "call unhotel");
      EXPECT_EQ(s.run.given_to(s.index("unhotel"))["undo_of"],
                (json{{"text", "booked"}, {"data", {{"room", 12}}}}));
      s.succeed("unhotel");
      s.succeed("unflight");
      ASSERT_TRUE(s.run.ended());
      EXPECT_EQ(s.run.result()->failed.why, why);
      EXPECT_EQ(s.run.result()->data["undone"], (json{"hotel", "flight"}));
      EXPECT_FALSE(s.run.result()->data.contains("uncertain"));
      EXPECT_EQ(s.resumes_everywhere(), "");
    }
}

TEST(plan_compensate, of_a_step_that_was_given_out_again_does_not_believe_that_nothing_was_done) {
  for (auto does : {effects::none, effects::idempotent}) {
    auto how = std::make_shared<plan>(*plan::of(booking()));
    how->retry.max_retries = 0;
    stage s{how};
    s.start();
    s.succeed("flight");
    begin_acting(s, does);
    begin_acting(s, does); // Behind a restart, of the same attempt.
    s.fail("hotel", reason::rate_limited);
    s.succeed("unflight");
    ASSERT_TRUE(s.run.ended());
    EXPECT_EQ(s.run.result()->data["undone"], (json{"flight"}));
    EXPECT_EQ(s.run.result()->data.contains("uncertain"), does != effects::none);
    EXPECT_EQ(s.resumes_everywhere(), "");
  }
}

TEST(plan_compensate, cancelled_between_two_attempts_does_not_forget_the_first) {
  for (bool known : {false, true}) {
    stage s{booking()};
    s.start();
    s.succeed("flight");
    begin_acting(s, effects::idempotent);
    if (known) {
      auto how = said("booked");
      how.failed = {reason::invalid_output, "no room", {}};
      s.complete("hotel", std::move(how));
      begin_acting(s, effects::idempotent);
      s.fail("hotel", reason::unavailable);
    } else {
      s.fail("hotel", reason::timeout);
    }
    ASSERT_EQ(s.status("hotel"), step_status::waiting);
    s.cancel();
    if (known)
      s.succeed("unhotel");
    s.succeed("unflight");
    ASSERT_TRUE(s.run.ended());
    EXPECT_EQ(s.run.result()->data["undone"], known ? (json{"hotel", "flight"}) : (json{"flight"}));
    EXPECT_EQ(s.run.result()->data.contains("uncertain"), !known);
  }
}

TEST(plan_compensate, every_prefix_of_its_history_resumes_where_it_was) {
  auto inner = group(compensate, "inner", {undoable("b"), undoable("c"), call("d")});
  stage s{group(compensate, "outer", {undoable("a"), std::move(inner)})};
  s.start();
  for (const auto* name : {"a", "b", "c"})
    s.succeed(name);
  s.fail("d");
  s.cancel();
  for (const auto* name : {"unc", "unb", "una"})
    s.succeed(name);
  ASSERT_TRUE(s.run.ended());
  EXPECT_EQ(s.resumes_everywhere(), "");
}

} // namespace plan_undo_cases
} // namespace troupe
