// A sub-task that has acted outside and failed is not done by somebody else as well.
#include "tests/fixtures/plan_parts.hpp"
#include "tests/fixtures/stage.hpp"

#include <gtest/gtest.h>

using namespace troupe;
using namespace troupe::testing;
using namespace std::chrono_literals;

namespace sub_task_deeds_cases {

agent_spec acting(const std::string& name, effects does) {
  auto a = an_agent(name);
  a.card.does = does;
  return a;
}

/// `shop` has `bank` settle: pay, which acts, then check. `again` acts as well, and stands behind
/// the bank on the ladder.
fleet_spec shop_and_bank(effects does, plan_op how = plan_op::sequence) {
  auto bank =
      a_domain("bank", {acting("pay", does), acting("unpay", does), an_agent("check", "script")});
  bank.human_queue = "desk";
  const auto pay = how == plan_op::compensate ? undoable("pay", "unpay") : step("pay");
  bank.plans["settle"] = around(how, "settle", {pay, step("check")});
  auto shop = a_domain("shop", {acting("again", effects::unsafe)});
  shop.human_queue = "desk";
  auto buy = to_domain("over_to_bank", "bank", "settle");
  buy.fallback = {"skill:again"};
  shop.plans["buy"] = buy;
  auto out = a_fleet(std::move(shop));
  out.domains.push_back(std::move(bank));
  return out;
}

void check_fails(script_room& room) {
  room.works["check"] = [](const agent_call&) {
    return outcome::of({reason::policy_denied, "over the limit", {}});
  };
}

TEST(sub_task_deeds, one_that_acted_and_failed_is_left_to_a_person) {
  for (const auto does : {effects::idempotent, effects::queryable, effects::unsafe})
    for (const bool answered : {true, false}) {
      SCOPED_TRACE(to_string(does));
      stage s;
      check_fails(s.room);
      s.up(shop_and_bank(does));
      auto t = s->submit(wants("buy"));
      s->advance(5s);
      EXPECT_EQ(s.room.count("pay"), 1u);
      EXPECT_EQ(s.room.count("again"), 0u) << "it would act a second time";
      const auto open = s->questions("desk");
      ASSERT_EQ(open.size(), 1u);
      EXPECT_TRUE(open[0]->text.starts_with("Part of this has happened: \"please\""))
          << open[0]->text;
      EXPECT_NE(open[0]->text.find("domain bank as task " + child_task_id(t->id(), 0)),
                std::string::npos)
          << open[0]->text;
      auto said =
          answered ? say("paid in the end") : outcome::of({reason::policy_denied, "leave it", {}});
      EXPECT_EQ(s->answer(open[0]->id, said), refusal::none);
      s->advance(5s);
      ASSERT_TRUE(t->done());
      EXPECT_EQ(t->result().ok(), answered);
      EXPECT_EQ(s.room.count("again"), 0u);
      EXPECT_EQ(t->result().acted, deeds::done) << "whoever has delegated this hears it too";
    }
}

TEST(sub_task_deeds, one_that_did_nothing_falls_back_at_once) {
  stage s;
  s.room.works["pay"] = [](const agent_call&) {
    return outcome::of({reason::policy_denied, "the account is closed", {}});
  };
  s.up(shop_and_bank(effects::unsafe));
  auto t = s->ask(wants("buy"));
  ASSERT_TRUE(t->done());
  EXPECT_TRUE(t->result().ok()) << t->result().failed.detail;
  EXPECT_EQ(s.room.count("again"), 1u);
  EXPECT_TRUE(s->questions().empty());
}

TEST(sub_task_deeds, one_that_has_taken_back_what_it_did_falls_back_at_once) {
  stage s;
  check_fails(s.room);
  s.up(shop_and_bank(effects::unsafe, plan_op::compensate));
  auto t = s->ask(wants("buy"));
  ASSERT_TRUE(t->done());
  EXPECT_TRUE(t->result().ok()) << t->result().failed.detail;
  EXPECT_EQ(s.room.count("unpay"), 1u);
  EXPECT_EQ(s.room.count("again"), 1u);
}

TEST(sub_task_deeds, without_people_the_step_fails_and_says_why) {
  stage s;
  check_fails(s.room);
  auto f = shop_and_bank(effects::unsafe);
  f.domains[0].human_queue.clear();
  s.up(f);
  auto t = s->ask(wants("buy"));
  ASSERT_TRUE(t->done());
  EXPECT_EQ(t->result().failed.why, reason::policy_denied);
  EXPECT_NE(t->result().failed.detail.find(
                "bank has acted and must not act twice, and there is nobody to ask"),
            std::string::npos)
      << t->result().failed.detail;
  EXPECT_EQ(s.room.count("again"), 0u);
}

TEST(sub_task_deeds, of_one_that_does_not_answer_in_time_a_person_is_asked) {
  auto f = shop_and_bank(effects::unsafe);
  f.domains[0].plans["buy"].timeout = 5s;
  stage s;
  s.up(f);
  s.around->pool->held = true; // It has paid, and is never through with its check.
  auto t = s->submit(wants("buy"));
  s->advance(20s);
  EXPECT_EQ(s.room.count("pay"), 1u);
  EXPECT_EQ(s.room.count("again"), 0u);
  EXPECT_EQ(s->questions("desk").size(), 1u);
  EXPECT_FALSE(t->done());
}

TEST(sub_task_deeds, of_one_that_cannot_act_nobody_is_asked_when_its_time_is_up) {
  auto f = shop_and_bank(effects::none);
  f.domains[0].plans["buy"].timeout = 5s;
  stage s;
  s.up(f);
  s.around->pool->held = true;
  auto t = s->ask(wants("buy"));
  ASSERT_TRUE(t->done());
  EXPECT_EQ(s.room.count("again"), 1u);
  EXPECT_TRUE(s->questions().empty());
}

TEST(sub_task_deeds, are_told_through_a_domain_between) {
  auto f = shop_and_bank(effects::unsafe);
  auto office = a_domain("office", {});
  office.plans["settle"] = to_domain("on", "bank", "settle");
  f.domains.push_back(std::move(office));
  f.domains[0].plans["buy"].target = "office";
  stage s;
  check_fails(s.room);
  s.up(f);
  auto t = s->submit(wants("buy"));
  s->advance(5s);
  EXPECT_EQ(s.room.count("again"), 0u);
  EXPECT_EQ(s->questions("desk").size(), 1u);
}

TEST(sub_task_deeds, are_known_to_a_parent_whose_orchestrator_was_killed) {
  for (const bool ended_first : {false, true}) {
    SCOPED_TRACE(ended_first);
    stage s;
    check_fails(s.room);
    s.up(shop_and_bank(effects::unsafe));
    s.around->pool->held = true;
    auto t = s->submit(wants("buy"));
    s->advance(1s);
    ASSERT_EQ(s.room.count("pay"), 1u);
    if (ended_first) {
      s.around->pool->held = false;
      s->advance(1s);
    }
    s->kill_orchestrator("shop");
    s->advance(100ms);
    s.around->pool->held = false;
    s->advance(5s);
    EXPECT_EQ(s.room.count("again"), 0u);
    EXPECT_EQ(s->questions("desk").size(), 1u);
    s.restart();
    s->advance(5s);
    EXPECT_EQ(s.room.count("again"), 0u);
    EXPECT_EQ(s->questions("desk").size(), 1u);
  }
}

TEST(sub_task_deeds, are_known_wherever_the_machine_stops) {
  for (const auto keep : {durability::step, durability::task})
    for (const bool reached : {false, true}) {
      std::uint64_t n = 1;
      for (; !HasFailure(); ++n) {
        SCOPED_TRACE(std::string{to_string(keep)} + ", write " + std::to_string(n) +
                     (reached ? " on disk" : " lost"));
        stage s;
        check_fails(s.room);
        s.around->disk->kept = make_memory_store();
        s.around->disk->crash_at = n;
        s.around->disk->crash_applies = reached;
        auto f = shop_and_bank(effects::idempotent);
        for (auto& d : f.domains)
          d.keep = keep;
        s.up(f);
        auto r = wants("buy");
        r.idempotency_key = "client-1";
        auto first = s->submit(r);
        s->advance(5s);
        if (!s.around->disk->crashed)
          break;
        s.crash();
        s->advance(5s);
        auto second = s->submit(r);
        s->advance(5s);
        EXPECT_FALSE(second->done());
        EXPECT_GE(s.room.count("pay"), 1u);
        EXPECT_EQ(s.room.count("again"), 0u);
        EXPECT_EQ(s->questions("desk").size(), 1u);
      }
      EXPECT_GT(n, 3u);
    }
}

} // namespace sub_task_deeds_cases
