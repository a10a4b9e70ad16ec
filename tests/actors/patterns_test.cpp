// Plans that repeat, judge and take back, through the real actors: also when the machine stops.
#include "tests/fixtures/plan_parts.hpp"
#include "tests/fixtures/stage.hpp"

#include <gtest/gtest.h>

#include <set>

using namespace troupe;
using namespace troupe::testing;
using namespace std::chrono_literals;

namespace patterns_cases {

json numbers(std::size_t n) {
  auto out = json::array();
  for (std::size_t i = 0; i < n; ++i)
    out.push_back({{"order", i}});
  return out;
}

/// A domain whose skill "all" is this plan.
domain_spec doing(plan_node all, std::vector<agent_spec> agents) {
  auto d = a_domain("d", std::move(agents));
  d.plans["all"] = std::move(all);
  return d;
}

plan_node each_order() {
  auto n = around(plan_op::map, "orders", {step("check")});
  n.items = "/input/orders";
  return n;
}

TEST(patterns, five_thousand_items_are_each_completed_once_though_the_machine_stops_midway) {
  constexpr std::size_t count = 5000;
  auto d = doing(each_order(), {an_agent("check")});
  d.task_timeout = 1h;
  stage s{d};
  s.room.works["check"] = [](const agent_call& x) {
    return say("", {{"index", x.input.at("index")}, {"order", x.input.at("item").at("order")}});
  };
  auto request = wants("all");
  request.data = {{"orders", numbers(count)}, {"shop", "north"}};
  s.around->disk->crash_at = s.around->disk->writes + 40;
  auto t = s->submit(request);
  s->run();
  const auto id = t->id();
  auto& disk = *s.around->disk;
  int stops = 0;
  while (disk.crashed && stops < 20) {
    s.node->crash();
    s.node.reset();
    disk.repair();
    // The machine stops again while it takes up what there is: five times more, and every other
    // time the last batch is on the disk all the same.
    disk.crash_applies = ++stops % 2 == 0;
    disk.crash_at = stops < 6 ? disk.writes + 40 : 0;
    s.up(s.fleet).advance(1s);
  }
  EXPECT_EQ(stops, 6);
  s->advance(60s);
  const auto record = s->find(id);
  ASSERT_TRUE(record);
  ASSERT_EQ(record->state, task_state::completed) << record->result->failed.detail;
  EXPECT_FALSE(record->result->partial);
  const auto& items = record->result->data.at("items");
  ASSERT_EQ(items.size(), count);
  for (std::size_t i = 0; i < count; ++i)
    ASSERT_EQ(items[i], (json{{"index", i}, {"order", i}}));
  std::set<std::uint32_t> steps;
  for (const auto& e : record->history)
    if (e.kind == event_kind::step_completed) {
      EXPECT_TRUE(steps.insert(e.step).second) << "step " << e.step << " was completed twice";
    }
  EXPECT_EQ(steps.size(), count);
  EXPECT_EQ(count_of(*record, event_kind::expanded), 1u);
  // What was under way when it stopped is asked for again, and nothing else.
  EXPECT_LE(s.room.count("check"), count + 7u * 64u);
  // An item is not given the list that it is from.
  EXPECT_FALSE(s.room.calls.back().second.input.contains("orders"));
  EXPECT_EQ(s.room.calls.back().second.input.at("shop"), "north");
}

TEST(patterns, a_list_may_come_from_a_step_before_or_from_the_context_or_be_missing) {
  auto found = around(plan_op::map, "each", {step("check")});
  found.items = "/previous/find/data/rows";
  auto known = around(plan_op::map, "again", {step("check2")});
  known.items = "/context/rows";
  auto missing = around(plan_op::map, "none", {step("check3")});
  missing.items = "/input/nothing/here";
  auto d = doing(around(plan_op::sequence, "line", {step("find"), found, known, missing}),
                 {an_agent("find"), an_agent("check"), an_agent("check2"), an_agent("check3")});
  d.context["rows"].type = "array";
  d.agents[0].writes = {"rows"};
  stage s{d};
  s.room.works["find"] = [](const agent_call&) {
    return say("", {{"rows", {1, 2}}, {"context", {{"rows", {7, 8, 9}}}}});
  };
  auto t = s->ask(wants("all"));
  ASSERT_TRUE(t->done());
  EXPECT_EQ(s.room.count("check"), 2u);
  EXPECT_EQ(s.room.count("check2"), 3u);
  EXPECT_EQ(s.room.count("check3"), 0u);
  const auto& x = *t->record().result;
  EXPECT_EQ(x.failed.why, reason::invalid_input);
  EXPECT_EQ(x.failed.detail, "map none: /input/nothing/here leads to nothing");
  for (const auto& [name, call] : s.room.calls)
    if (name == "check") {
      EXPECT_FALSE(call.input.contains("previous"));
    }
}

TEST(patterns, an_answer_that_does_not_pass_is_written_again_with_the_judges_words) {
  auto fine = around(plan_op::judge, "fine", {step("write"), step("judge")});
  fine.when = {"/data/fits", gate_test::equals, true};
  fine.max_rounds = 3;
  stage s{doing(fine, {an_agent("write"), an_agent("judge")})};
  s.room.works["write"] = [](const agent_call& x) {
    return x.input.contains("feedback") ? say("Your payment of 12 is pending, not charged; " +
                                              x.input.at("feedback").at("text").get<std::string>())
                                        : say("No charges found.");
  };
  s.room.works["judge"] = [](const agent_call& x) {
    const auto text = x.input.at("candidate").at("text").get<std::string>();
    return text == "No charges found." ? say("say what is pending", {{"fits", false}})
                                       : say("good", {{"fits", true}});
  };
  auto t = s->ask(wants("all", "was I charged?"));
  ASSERT_TRUE(t->done());
  EXPECT_EQ(t->record().result->text,
            "Your payment of 12 is pending, not charged; say what is pending");
  EXPECT_EQ(s.room.count("judge"), 2u);
}

/// Book, charge, then ship, which cannot be done: both are taken back.
domain_spec shop() {
  auto d = doing(around(plan_op::compensate, "order",
                        {undoable("book", "unbook"), undoable("charge", "refund"), step("ship")}),
                 {an_agent("book"), an_agent("charge"), an_agent("ship"), an_agent("unbook"),
                  an_agent("refund")});
  for (auto& a : d.agents)
    a.card.does = effects::idempotent;
  return d;
}

void cannot_ship(script_room& room) {
  room.works["charge"] = [](const agent_call&) { return say("charged", {{"payment", "p1"}}); };
  // It could be done when the others have been taken back: by then nobody may ask for it.
  room.works["ship"] = [&room](const agent_call&) {
    return room.count("refund") > 0 ? say("shipped")
                                    : outcome::of({reason::policy_denied, "no carrier", {}});
  };
}

/// The keys under which `agent` was asked to act.
std::set<std::string> keys_of(const script_room& room, const std::string& agent) {
  std::set<std::string> out;
  for (const auto& [name, call] : room.calls)
    if (name == agent)
      out.insert(call.idempotency_key);
  return out;
}

TEST(patterns, what_was_done_is_taken_back_when_a_later_step_fails) {
  stage s{shop()};
  cannot_ship(s.room);
  auto t = s->ask(wants("all"));
  ASSERT_TRUE(t->done());
  const auto& x = *t->record().result;
  EXPECT_EQ(x.failed.why, reason::policy_denied);
  EXPECT_EQ(x.data.at("undone"), (json{"charge", "book"}));
  std::vector<std::string> order;
  for (const auto& [name, call] : s.room.calls)
    order.push_back(name);
  EXPECT_EQ(order, (std::vector<std::string>{"book", "charge", "ship", "refund", "unbook"}));
  EXPECT_EQ(s.room.calls[3].second.input.at("undo_of").at("data").at("payment"), "p1");
}

class what_is_taken_back : public ::testing::TestWithParam<durability> {
 protected:
  static task_request order() {
    auto what = wants("all");
    what.keep = GetParam();
    return what;
  }
};
INSTANTIATE_TEST_SUITE_P(patterns, what_is_taken_back,
                         ::testing::Values(durability::step, durability::task));

TEST_P(what_is_taken_back, is_so_once_wherever_the_machine_stops) {
  std::uint64_t first = 1;
  std::uint64_t last = 1;
  {
    stage s{shop()};
    cannot_ship(s.room);
    first = s.around->disk->writes + 1;
    s->ask(order());
    last = s.around->disk->writes;
  }
  ASSERT_GT(last, 5u);
  for (std::uint64_t at = first; at <= last; ++at) {
    for (const bool applies : {false, true}) {
      SCOPED_TRACE("batch " + std::to_string(at) + (applies ? ", on disk" : ", lost"));
      stage s{shop()};
      cannot_ship(s.room);
      s.around->disk->crash_applies = applies;
      s.around->disk->crash_at = at;
      auto t = s->submit(order());
      s->run();
      ASSERT_TRUE(s.around->disk->crashed);
      s.crash();
      s->advance(60s);
      const auto all = s->list();
      // The first batch may be lost: then the task was never accepted.
      if (all.empty()) {
        EXPECT_TRUE(t->accepted.empty());
        continue;
      }
      const auto record = s->find(all.at(0)->what->id);
      ASSERT_EQ(record->state, task_state::failed);
      EXPECT_EQ(record->result->data.at("undone"), (json{"charge", "book"}));
      std::map<std::uint32_t, int> completed;
      for (const auto& e : record->history)
        completed[e.step] += e.kind == event_kind::step_completed;
      for (const auto& [i, n] : completed)
        EXPECT_LE(n, 1) << "step " << i;
      // However often it was asked for, it was one and the same effect.
      EXPECT_EQ(keys_of(s.room, "refund").size(), 1u);
      EXPECT_EQ(keys_of(s.room, "unbook").size(), 1u);
    }
  }
}

TEST(patterns, a_cancelled_task_ends_when_all_is_taken_back) {
  auto d = doing(around(plan_op::compensate, "order", {undoable("book", "unbook"), step("wait")}),
                 {an_agent("book"), an_agent("wait", "script"), an_agent("unbook", "script")});
  stage s{d};
  s.around->pool->held = true;
  auto t = s->submit(wants("all"));
  s->run();
  s->cancel(t->id());
  s->run();
  EXPECT_EQ(t->finals(), 0u);
  s.around->pool->held = false;
  s->advance(1s);
  ASSERT_TRUE(t->done());
  EXPECT_EQ(t->record().state, task_state::canceled);
  EXPECT_EQ(t->record().result->data.at("undone"), (json{"book"}));
  EXPECT_EQ(s.room.count("unbook"), 1u);
}

TEST(patterns, what_nobody_could_take_back_is_put_to_a_person) {
  auto d = shop();
  d.human_queue = "desk";
  stage s{d};
  cannot_ship(s.room);
  s.room.works["refund"] = [](const agent_call&) {
    return outcome::of({reason::policy_denied, "the bank is closed", {}});
  };
  auto t = s->submit(wants("all"));
  s->advance(10s);
  const auto open = s->questions("desk");
  ASSERT_EQ(open.size(), 1u);
  EXPECT_NE(open[0]->text.find("charge"), std::string::npos) << open[0]->text;
  EXPECT_EQ(s->answer(open[0]->id, say("paid back in cash")), refusal::none);
  s->advance(10s);
  ASSERT_TRUE(t->done());
  EXPECT_EQ(t->record().result->data.at("undone"), (json{"charge", "book"}));
}

} // namespace patterns_cases
