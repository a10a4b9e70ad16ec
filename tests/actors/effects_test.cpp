// What agents do to the world outside is done once: the machine stops at every instant around it,
// agents hang and die, answers come late.
#include "tests/fixtures/plan_parts.hpp"
#include "tests/fixtures/stage.hpp"

#include <gtest/gtest.h>

#include <map>

using namespace troupe;
using namespace troupe::testing;
using namespace std::chrono_literals;

namespace effects_cases {

/// The world outside: what was really done, by key. It remembers over crashes.
struct world {
  enum class blow : std::uint8_t { none, before, after };
  effects does = effects::idempotent;
  std::map<std::string, int> done;
  std::map<std::string, std::string> answers;
  int calls = 0;
  int queries = 0;
  blow at_call = blow::none; ///< the machine stops before or after the next act
  std::shared_ptr<shaky_disk> disk;

  outcome act(const agent_call& x) {
    if (x.query) {
      ++queries;
      const auto known = answers.find(x.idempotency_key);
      if (known == answers.end())
        return say("", {{"happened", false}});
      return say(known->second, {{"happened", true}, {"result", {{"receipt", 7}}}});
    }
    ++calls;
    if (std::exchange(at_call, at_call == blow::before ? blow::none : at_call) == blow::before) {
      disk->crashed = true;
      return say("never heard");
    }
    if (does != effects::idempotent || !answers.contains(x.idempotency_key)) {
      ++done[x.idempotency_key];
      answers[x.idempotency_key] = "refunded " + x.text;
    }
    if (std::exchange(at_call, blow::none) == blow::after)
      disk->crashed = true;
    return say(answers[x.idempotency_key], {{"receipt", 7}});
  }
};

/// Look, refund, tell: only the second acts outside.
fleet_spec shop(effects does, durability keep) {
  auto refund = an_agent("refund", "script");
  refund.card.does = does;
  refund.timeout = 5s;
  auto d = a_domain("d", {an_agent("look"), refund, an_agent("tell")});
  d.keep = keep;
  d.human_queue = "desk";
  d.step_timeout = 5s;
  d.task_timeout = 600s;
  d.plans["all"] = around(plan_op::sequence, "all", {step("look"), step("refund"), step("tell")});
  return a_fleet(d);
}

struct shop_stage : stage {
  world outside;
  shop_stage(effects does, durability keep) {
    outside.does = does;
    outside.disk = around->disk;
    room.works["refund"] = [this](const agent_call& x) { return outside.act(x); };
    around->disk->kept = make_memory_store();
    fleet = shop(does, keep);
  }
  /// Whoever is asked looks into the books and tells the truth.
  void people() {
    for (int i = 0; i < 4; ++i) {
      for (const auto& q : node->questions()) {
        const auto key = q->task + "/2/0";
        EXPECT_TRUE(q->text.starts_with("Has this happened?")) << q->text;
        if (outside.answers.contains(key)) {
          (*node).answer(q->id, say(outside.answers[key], {{"receipt", 7}}));
        } else {
          auto no = outcome::of({reason::policy_denied, "no trace of it", {}});
          (*node).answer(q->id, no);
        }
      }
      node->advance(10s);
    }
  }
};

task_request a_refund() {
  auto r = wants("all", "the charge");
  r.idempotency_key = "client-1";
  return r;
}

/// One refund with a blow somewhere. True if the blow came.
template <class Blow>
bool once_whatever_happens(effects does, durability keep, Blow blow) {
  shop_stage s{does, keep};
  blow(s);
  s.up(shop(does, keep));
  auto first = s->submit(a_refund());
  s->advance(20s);
  const bool struck = s.around->disk->crashed;
  if (struck)
    s.crash();
  s->advance(20s);
  s.people();
  auto again = s->ask(a_refund());
  s->advance(20s);
  s.people();
  EXPECT_TRUE(again->done());
  if (again->done()) {
    EXPECT_EQ(again->record().state, task_state::completed)
        << again->record().result->failed.detail;
    const auto lines = s.around->disk->kept->effects({again->record().what->id, {}, 10});
    EXPECT_EQ(lines.size(), 1u);
    for (const auto& x : lines)
      EXPECT_EQ(x.state, effect_state::committed);
  }
  EXPECT_EQ(s.outside.done.size(), 1u);
  for (const auto& [key, times] : s.outside.done)
    EXPECT_EQ(times, 1) << key;
  if (does == effects::unsafe) {
    EXPECT_LE(s.outside.calls, 2);
  }
  return struck;
}

const effects kinds[] = {effects::idempotent, effects::queryable, effects::unsafe};

TEST(effects, are_done_once_when_the_machine_stops_at_any_write) {
  for (auto keep : {durability::step, durability::task})
    for (auto does : kinds)
      for (bool reached : {false, true}) {
        std::uint64_t n = 1;
        for (; !HasFailure(); ++n) {
          SCOPED_TRACE(std::string{to_string(keep)} + ", " + std::string{to_string(does)} +
                       ", write " + std::to_string(n) + (reached ? " on disk" : " lost"));
          if (!once_whatever_happens(does, keep, [&](shop_stage& s) {
                s.around->disk->crash_at = n;
                s.around->disk->crash_applies = reached;
              }))
            break;
        }
        EXPECT_GT(n, 3u);
      }
}

TEST(effects, are_done_once_when_the_machine_stops_around_the_act_itself) {
  for (auto keep : {durability::step, durability::task})
    for (auto does : kinds)
      for (auto when : {world::blow::before, world::blow::after}) {
        SCOPED_TRACE(std::string{to_string(keep)} + ", " + std::string{to_string(does)});
        EXPECT_TRUE(
            once_whatever_happens(does, keep, [&](shop_stage& s) { s.outside.at_call = when; }));
      }
}

TEST(effects, keep_their_key_over_attempts_and_show_the_owner_of_the_shard) {
  shop_stage s{effects::idempotent, durability::step};
  int left = 2;
  s.room.works["refund"] = [&](const agent_call& x) {
    auto out = s.outside.act(x);
    if (left-- > 0)
      throw std::runtime_error{"after the act"};
    return out;
  };
  s.up(s.fleet);
  auto t = s->ask(a_refund());
  ASSERT_TRUE(t->done());
  EXPECT_TRUE(t->result().ok());
  EXPECT_EQ(s.outside.done[t->id() + "/2/0"], 1);
  std::uint32_t attempt = 0;
  for (const auto& [who, call] : s.room.calls) {
    if (who != "refund") {
      EXPECT_TRUE(call.idempotency_key.empty());
      continue;
    }
    EXPECT_EQ(call.idempotency_key, t->id() + "/2/0");
    EXPECT_EQ(call.attempt, ++attempt);
    EXPECT_EQ(call.epoch, 1u);
    EXPECT_FALSE(call.query);
  }
  EXPECT_EQ(attempt, 3u);
  s.restart();
  auto r = wants("all", "another");
  s->ask(r);
  EXPECT_EQ(s.room.calls.at(s.room.calls.size() - 2).second.epoch, 2u);
}

TEST(effects, of_a_queryable_agent_are_asked_for_before_they_are_repeated) {
  shop_stage s{effects::queryable, durability::step};
  s.up(s.fleet);
  // It acts, and its answer never arrives.
  s.around->pool->held = true;
  auto t = s->submit(a_refund());
  s->advance(4s);
  EXPECT_EQ(s.outside.calls, 0);
  s->advance(3s);
  s.around->pool->held = false;
  s->advance(60s);
  ASSERT_TRUE(t->done());
  EXPECT_TRUE(t->result().ok());
  EXPECT_GE(s.outside.queries, 1);
  EXPECT_EQ(s.outside.done[t->id() + "/2/0"], 1);
  EXPECT_GE(count_of(t->record(), event_kind::reconciled), 1u);
}

TEST(effects, that_nobody_can_answer_for_go_to_a_person_and_to_no_other_agent) {
  shop_stage s{effects::queryable, durability::step};
  auto rescue = an_agent("rescue");
  rescue.card.domain = "d";
  rescue.card.does = effects::unsafe;
  s.fleet.domains[0].agents.push_back(rescue);
  s.fleet.domains[0].plans["all"].children[1].fallback = {"agent:d/rescue"};
  s.room.works["refund"] = [&](const agent_call& x) {
    if (x.query)
      return outcome::of({reason::unavailable, "the books are closed", {}});
    s.outside.act(x);
    return outcome::of({reason::timeout, "it took too long", {}});
  };
  s.up(s.fleet);
  auto t = s->submit(a_refund());
  s->advance(120s);
  ASSERT_EQ(s->questions("desk").size(), 1u);
  EXPECT_EQ(s.room.count("rescue"), 0u);
  // Restarts change nothing about it.
  s.restart();
  ASSERT_EQ(s->questions("desk").size(), 1u);
  auto u = s->watch(s->list().at(0)->what->id);
  s->answer(s->questions().at(0)->id, say("it stands in the books", {{"receipt", 9}}));
  s->advance(10s);
  ASSERT_TRUE(u->done());
  EXPECT_TRUE(u->result().ok());
  EXPECT_EQ(s.outside.calls, 1);
  EXPECT_EQ(s.room.count("rescue"), 0u);
  const auto line = s.around->disk->kept->effects({u->record().what->id, {}, 10}).at(0);
  EXPECT_EQ(line.state, effect_state::committed);
}

TEST(effects, stay_undone_in_the_books_when_nobody_says_what_happened) {
  shop_stage s{effects::unsafe, durability::step};
  s.room.works["refund"] = [&](const agent_call& x) {
    s.outside.act(x);
    return outcome::of({reason::crash, "the line went dead", {}});
  };
  s.up(s.fleet);
  auto t = s->submit(a_refund());
  s->advance(10s);
  ASSERT_EQ(s->questions().size(), 1u);
  s->advance(std::chrono::hours{25});
  ASSERT_TRUE(t->done());
  EXPECT_EQ(t->record().state, task_state::failed);
  EXPECT_EQ(s.outside.calls, 1);
  const auto open = s.around->disk->kept->effects({{}, effect_state::pending, 10});
  ASSERT_EQ(open.size(), 1u);
  EXPECT_EQ(open[0].agent, "d/refund");
}

TEST(effects, that_a_person_denies_are_tried_again_as_the_question_says) {
  for (const bool mends : {true, false}) {
    shop_stage s{effects::unsafe, durability::step};
    s.fleet.domains[0].retry.max_retries = 1;
    bool sure = false;
    s.room.works["refund"] = [&](const agent_call& x) {
      return sure ? s.outside.act(x)
                  : outcome::of({reason::low_confidence, "not on your account", {}});
    };
    s.up(s.fleet);
    auto t = s->submit(wants("all", "the charge"));
    s->advance(10s);
    ASSERT_EQ(s->questions().size(), 1u);
    EXPECT_NE(s->questions()[0]->text.find("deny it, and it will be tried again."),
              std::string::npos)
        << s->questions()[0]->text;
    sure = mends;
    s->answer(s->questions()[0]->id, outcome::of({reason::policy_denied, "no trace of it", {}}));
    s->advance(10s);
    EXPECT_EQ(s.room.count("refund"), 2u);
    if (mends) {
      ASSERT_TRUE(t->done());
      EXPECT_TRUE(t->result().ok());
      continue;
    }
    // It is not tried a third time, and nobody is told that it would be.
    ASSERT_EQ(s->questions().size(), 1u);
    EXPECT_NE(s->questions()[0]->text.find("or deny it, and the step has failed."),
              std::string::npos)
        << s->questions()[0]->text;
    s->answer(s->questions()[0]->id, outcome::of({reason::policy_denied, "no trace of it", {}}));
    s->advance(10s);
    ASSERT_TRUE(t->done());
    EXPECT_EQ(t->result().failed.why, reason::low_confidence);
    EXPECT_EQ(s.room.count("refund"), 2u);
  }
}

TEST(effects, known_not_to_have_happened_may_be_tried_again_at_once) {
  shop_stage s{effects::unsafe, durability::step};
  int left = 1;
  s.room.works["refund"] = [&](const agent_call& x) {
    if (left-- > 0)
      return outcome::of({reason::unavailable, "closed", {}});
    return s.outside.act(x);
  };
  s.up(s.fleet);
  auto t = s->ask(a_refund());
  ASSERT_TRUE(t->done());
  EXPECT_TRUE(t->result().ok());
  EXPECT_EQ(s.outside.calls, 1);
  EXPECT_TRUE(s->questions().empty());
}

TEST(effects, whose_answer_comes_late_end_the_doubt) {
  shop_stage s{effects::unsafe, durability::step};
  s.fleet.domains[0].agents[1].settings["function"] = "script";
  s.up(s.fleet);
  auto t = s->submit(a_refund());
  // The deadline passes while the answer is on its way to the orchestrator.
  s.around->pool->held = true;
  s->run();
  s->advance(6s);
  s.around->pool->held = false;
  s->advance(10s);
  if (!t->done())
    s.people();
  ASSERT_TRUE(t->done());
  EXPECT_TRUE(t->result().ok());
  EXPECT_EQ(s.outside.done[t->id() + "/2/0"], 1);
}

TEST(effects, of_a_task_that_is_not_stored_are_in_the_ledger_all_the_same) {
  shop_stage s{effects::idempotent, durability::none};
  s.up(s.fleet);
  auto t = s->ask(a_refund());
  ASSERT_TRUE(t->done());
  EXPECT_FALSE(s.around->disk->kept->task(t->record().what->id));
  const auto lines = s.around->disk->kept->effects({t->record().what->id, {}, 10});
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0].state, effect_state::committed);
}

TEST(effects, committed_in_an_earlier_run_of_a_task_are_taken_from_the_ledger) {
  shop_stage s{effects::unsafe, durability::task};
  s.room.works["tell"] = [&](const agent_call&) {
    if (s.outside.disk && s.room.count("tell") == 1)
      s.around->disk->crashed = true;
    return say("told");
  };
  s.up(s.fleet);
  auto t = s->submit(a_refund());
  s->advance(10s);
  ASSERT_TRUE(s.around->disk->crashed);
  s.crash();
  auto u = s->ask(a_refund());
  ASSERT_TRUE(u->done());
  EXPECT_TRUE(u->result().ok());
  EXPECT_EQ(s.outside.calls, 1);
  EXPECT_EQ(s.room.count("look"), 2u);
  EXPECT_EQ(count_of(u->record(), event_kind::reconciled), 1u);
  EXPECT_EQ(count_of(u->record(), event_kind::planned), 1u);
}

} // namespace effects_cases
