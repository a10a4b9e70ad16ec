// What survives: orchestrators killed at every stage, restarts, another owner; and what is
// forgotten.
#include "policies/plan_run.hpp"
#include "policies/trial_line.hpp"
#include "tests/fixtures/long_way.hpp"
#include "tests/fixtures/stage.hpp"

#include <gtest/gtest.h>

using namespace troupe;
using namespace troupe::testing;
using namespace std::chrono_literals;

namespace recovery_cases {

TEST(recovery, an_orchestrator_killed_at_every_stage_finishes_its_task_once) {
  stage s{long_way()};
  understand(s.room);
  s.around->pool->held = true;
  auto t = s->submit(wants("", "go"));
  s->run();
  const std::vector<std::string> order{"sort", "a", "b"};
  for (const auto& name : order) {
    // Once while the call is out, then it is let through, then once more after it was stored.
    s->kill_orchestrator("d");
    s->advance(100ms);
    ASSERT_GT(s.around->pool->waiting(), 0u) << name;
    s.around->pool->held = false;
    s->run();
    s.around->pool->held = true;
    // All that could run has run up to the question; go on step by step only for the first.
    s->kill_orchestrator("d");
    s->advance(6s);
    if (s->questions().size() == 1)
      break;
  }
  auto open = s->questions("desk");
  ASSERT_EQ(open.size(), 1u);
  s->kill_orchestrator("d");
  s->advance(6s);
  ASSERT_EQ(s->questions().size(), 1u);
  s->kill_part("human_desk");
  s->advance(6s);
  open = s->questions("desk");
  ASSERT_EQ(open.size(), 1u);
  EXPECT_EQ(s->answer(open[0]->id, say("yes")), refusal::none);
  s.around->pool->held = false;
  s->advance(20s);
  // The front desk was restarted with the human desk; its callers were told so.
  EXPECT_EQ(t->finals(), 1u);
  auto record = s->find(t->id());
  ASSERT_TRUE(record);
  EXPECT_EQ(record->state, task_state::completed) << record->result->failed.detail;
  EXPECT_EQ(count_of(*record, event_kind::understood), 1u);
  EXPECT_EQ(count_of(*record, event_kind::planned), 1u);
  EXPECT_EQ(count_of(*record, event_kind::answered), 1u);
  EXPECT_EQ(count_of(*record, event_kind::step_completed), 4u);
}

TEST(recovery, what_an_agent_works_on_is_not_begun_again_when_its_orchestrator_dies) {
  stage s{a_domain("d", {an_agent("work", "script")})};
  s.around->pool->held = true;
  auto t = s->submit(wants("work"));
  s->advance(100ms);
  s->kill_orchestrator("d");
  s->advance(100ms);
  EXPECT_EQ(s.around->pool->waiting(), 1u);
  s.around->pool->held = false;
  s->advance(1s);
  EXPECT_EQ(s.room.count("work"), 1u);
  auto record = s->find(t->id());
  ASSERT_TRUE(record);
  EXPECT_EQ(record->state, task_state::completed);
  EXPECT_EQ(count_of(*record, event_kind::assigned), 2u);
}

TEST(recovery, completed_steps_are_not_run_again_nor_the_plan_made_again) {
  auto d = long_way();
  stage s{d};
  understand(s.room);
  auto t = s->submit(wants("", "go"));
  s->run();
  ASSERT_EQ(s->questions().size(), 1u);
  s.crash();
  auto u = s->watch(t->id());
  auto open = s->questions();
  ASSERT_EQ(open.size(), 1u);
  EXPECT_EQ(s->answer(open[0]->id, say("yes")), refusal::none);
  s->advance(1s);
  ASSERT_TRUE(u->done());
  EXPECT_TRUE(u->result().ok());
  for (const auto* name : {"sort", "a", "b", "c"})
    EXPECT_EQ(s.room.count(name), 1u) << name;
}

TEST(recovery, what_is_stored_as_a_task_only_runs_again_from_its_start) {
  stage s{long_way()};
  understand(s.room);
  auto r = wants("", "go");
  r.keep = durability::task;
  auto t = s->submit(r);
  s->run();
  s.crash();
  auto u = s->watch(t->id());
  s->advance(1s);
  EXPECT_EQ(s.room.count("a"), 2u);
  auto open = s->questions();
  ASSERT_EQ(open.size(), 1u);
  s->answer(open[0]->id, say("yes"));
  s->advance(1s);
  EXPECT_TRUE(u->done());
}

TEST(recovery, what_is_not_stored_is_lost_with_its_orchestrator_and_the_caller_is_told) {
  stage s{long_way()};
  understand(s.room);
  s.around->pool->held = true;
  auto r = wants("", "go");
  r.keep = durability::none;
  auto t = s->submit(r);
  s->run();
  s->kill_orchestrator("d");
  s->advance(1s);
  ASSERT_TRUE(t->done());
  EXPECT_EQ(t->record().state, task_state::failed);
  EXPECT_EQ(t->result().failed.why, reason::crash);
  EXPECT_EQ(s->seat_of("d/sort")->load.load(), 0u);
}

TEST(recovery, an_unsafe_call_is_not_repeated_after_a_crash) {
  auto a = an_agent("pay", "script");
  a.card.does = effects::unsafe;
  a.fallback = {"human:desk"};
  stage s{a_domain("d", {a})};
  s.around->pool->held = true;
  auto t = s->submit(wants("pay"));
  s->run();
  s.crash();
  s.around->pool->held = false;
  s->advance(10s);
  EXPECT_EQ(s.room.count("pay"), 0u);
  ASSERT_EQ(s->questions("desk").size(), 1u);
}

TEST(recovery, an_act_goes_on_when_its_orchestrator_dies_whatever_its_effects) {
  for (const auto does : {effects::idempotent, effects::queryable, effects::unsafe}) {
    SCOPED_TRACE(to_string(does));
    auto a = an_agent("pay", "script");
    a.card.does = does;
    a.fallback = {"human:desk"};
    stage s{a_domain("d", {a})};
    s.around->pool->held = true;
    const auto t = s->submit(wants("pay"));
    s->run();
    ASSERT_EQ(s.around->pool->waiting(), 1u);
    for (int i = 0; i < 3; ++i) {
      s->kill_orchestrator("d");
      s->advance(1s);
    }
    EXPECT_EQ(s.around->pool->waiting(), 1u);
    s.around->pool->held = false;
    s->advance(1s);
    EXPECT_TRUE(s->questions("desk").empty());
    EXPECT_EQ(s.room.count("pay"), 1u);
    const auto record = s->find(t->id());
    ASSERT_TRUE(record);
    EXPECT_EQ(record->state, task_state::completed);
    const auto lines = s.around->disk->kept->effects({t->id(), {}, 10});
    ASSERT_EQ(lines.size(), 1u);
    EXPECT_EQ(lines[0].state, effect_state::committed);
  }
}

struct a_payment_outlives_its_orchestrator {
  a_payment_outlives_its_orchestrator() {
    s.around->pool->held = true;
    t = s->submit(wants("pay"));
    s->run();
    s->kill_orchestrator("d");
    // Its thread goes on, and nobody is left who could be asked for the answer.
    s->kill_agent("d/pay");
    s->advance(2s);
    EXPECT_TRUE(s->questions("desk").empty()) << "nobody can know yet what it does";
  }
  static domain_spec domain() {
    auto a = an_agent("pay", "script");
    a.card.does = effects::unsafe;
    a.fallback = {"human:desk"};
    return a_domain("d", {a});
  }
  stage s{domain()};
  heard_ptr t;
};

TEST(recovery, a_person_is_asked_what_an_act_has_done_when_it_is_over) {
  a_payment_outlives_its_orchestrator x;
  x.s.around->pool->held = false;
  x.s->advance(1s);
  EXPECT_EQ(x.s.room.count("pay"), 1u);
  EXPECT_EQ(x.s->questions("desk").size(), 1u);
}

TEST(recovery, a_person_is_asked_at_last_what_an_act_has_done_that_does_not_end) {
  a_payment_outlives_its_orchestrator x;
  x.s->advance(10s);
  EXPECT_EQ(x.s.room.count("pay"), 0u);
  EXPECT_EQ(x.s->questions("desk").size(), 1u);
  x.s.around->pool->held = false;
}

TEST(recovery, of_many_that_were_under_way_when_nodes_ended_one_is_held_guilty) {
  for (const auto does : {effects::none, effects::queryable}) {
    auto a = an_agent("a", "script");
    a.card.does = does;
    a.slots = 4;
    stage s{a_domain("d", {a})};
    s.room.works["a"] = [](const agent_call& x) {
      return x.query ? say("", {{"happened", false}}) : say("done");
    };
    s.around->pool->held = true;
    std::vector<std::string> ids;
    for (int i = 0; i < 6; ++i) {
      const auto t = s->submit(wants("a"));
      s->run();
      ids.push_back(t->id());
    }
    const auto failures_of = [&](const std::string& id) {
      const auto record = s->find(id);
      EXPECT_TRUE(record) << id;
      return record ? count_of(*record, event_kind::step_failed) +
                          count_of(*record, event_kind::interrupted)
                    : 0;
    };
    for (std::uint32_t ends = 1; ends <= trial_line::trusted; ++ends) {
      s.crash();
      s->advance(500ms);
    }
    // All have been under way each time. From here on it is one at a time.
    std::vector<std::size_t> before;
    for (const auto& id : ids)
      before.push_back(failures_of(id));
    for (auto ends = trial_line::trusted; ends < plan_run::most_interruptions; ++ends) {
      EXPECT_EQ(s.around->pool->waiting(), 1u) << ends << " " << to_string(does);
      s.crash();
      s->advance(500ms);
    }
    std::size_t guilty = 0;
    for (std::size_t i = 0; i < ids.size(); ++i)
      guilty += failures_of(ids[i]) > before[i] ? 1 : 0;
    EXPECT_EQ(guilty, 1u) << to_string(does);
    s.around->pool->held = false;
    s->advance(60s);
    for (const auto& id : ids)
      EXPECT_EQ(s->find(id)->state, task_state::completed) << to_string(does);
  }
}

TEST(recovery, a_suspect_that_works_on_for_long_does_not_keep_the_others) {
  auto a = an_agent("a", "script");
  a.slots = 4;
  stage s{a_domain("d", {a})};
  s.around->pool->held = true;
  for (int i = 0; i < 3; ++i)
    s->submit(wants("a"));
  s->run();
  for (std::uint32_t ends = 1; ends <= trial_line::trusted; ++ends)
    s.crash();
  s->advance(500ms);
  EXPECT_EQ(s.around->pool->waiting(), 1u);
  s->advance(trial_line::turn);
  EXPECT_EQ(s.around->pool->waiting(), 2u);
  s->advance(trial_line::turn);
  EXPECT_EQ(s.around->pool->waiting(), 3u);
}

TEST(recovery, a_cancellation_that_comes_while_the_shard_is_loaded_is_not_lost) {
  stage s{long_way()};
  understand(s.room);
  auto t = s->submit(wants("", "go"));
  s->run();
  const auto id = t->id();
  s->kill_orchestrator("d");
  EXPECT_EQ(s->cancel(id), refusal::none);
  s->advance(1s);
  auto record = s->find(id);
  ASSERT_TRUE(record);
  EXPECT_EQ(record->state, task_state::canceled);
}

TEST(recovery, the_front_desk_finds_lists_watches_and_forgets_after_a_restart) {
  stage s{long_way()};
  understand(s.room);
  auto t = s->submit(wants("", "go"));
  s->run();
  const auto id = t->id();
  s.restart();
  ASSERT_TRUE(s->find(id));
  EXPECT_EQ(s->find(id)->state, task_state::input_required);
  ASSERT_EQ(s->list().size(), 1u);
  auto forgetful = s->watch(id);
  auto patient = s->watch(id, true);
  ASSERT_FALSE(patient->progress.empty());
  s->api().forget(forgetful->number);
  s->answer(s->questions().at(0)->id, say("yes"));
  s->advance(1s);
  EXPECT_EQ(forgetful->finals(), 0u);
  EXPECT_TRUE(patient->done());
  s.restart();
  EXPECT_TRUE(s->watch(id)->done());
  EXPECT_EQ(s->find(id)->state, task_state::completed);
  ASSERT_EQ(s->list().size(), 1u);
  EXPECT_EQ(s->watch("00000000000000000000000000zz")->refusals.at(0).why, refusal::unknown_task);
}

TEST(recovery, a_killed_front_desk_tells_its_callers_and_works_again) {
  stage s{long_way()};
  understand(s.room);
  auto t = s->submit(wants("", "go"));
  s->run();
  s->kill_part("front_desk");
  s->advance(100ms);
  EXPECT_EQ(t->finals(), 1u);
  auto u = s->watch(t->id());
  s->answer(s->questions().at(0)->id, say("yes"));
  s->advance(100ms);
  EXPECT_TRUE(u->done());
}

TEST(two_owners, the_former_one_of_a_shard_stops_and_records_nothing_more) {
  stage s{long_way()};
  understand(s.room);
  auto t = s->submit(wants("", "go"));
  s->run();
  ASSERT_EQ(s->questions().size(), 1u);
  const auto id = t->id();
  // Somebody else takes the shard over while this node still believes to own it.
  EXPECT_EQ(s.around->disk->kept->take_shard("d", 0), 2u);
  const auto before = s.around->disk->kept->task(id)->events.size();
  s->answer(s->questions().at(0)->id, say("yes"));
  s->advance(10s);
  EXPECT_EQ(s.room.count("c"), 0u);
  EXPECT_EQ(s.around->disk->kept->task(id)->events.size(), before);
  EXPECT_FALSE(s->shipped().resolve(directory::orchestrator_of("d", 0)));
  EXPECT_TRUE(s->failures.empty());
  // The next owner goes on from what was stored.
  s.restart();
  ASSERT_EQ(s->questions().size(), 1u);
  s->answer(s->questions().at(0)->id, say("yes"));
  s->advance(1s);
  EXPECT_EQ(s->find(id)->state, task_state::completed);
  EXPECT_EQ(s.room.count("c"), 1u);
}

TEST(recovery, why_a_step_is_there_is_known_after_a_restart) {
  stage s{a_domain("d", {an_agent("a")})};
  const auto id = s->ask(wants("a"))->id();
  const auto why = [&] {
    const auto found = s->find(id);
    return found && found->how ? found->how->steps.at(0).node.note : "there is no plan";
  };
  EXPECT_EQ(why(), "the request asks for this skill");
  s.restart();
  EXPECT_EQ(why(), "the request asks for this skill");
}

TEST(idempotency, a_key_with_another_request_is_refused_wherever_the_first_one_is) {
  stage s{long_way()};
  understand(s.room);
  auto r = wants("a");
  r.idempotency_key = "k";
  auto other = r;
  other.text = "something else";
  const auto refused_now = [&] {
    auto t = s->ask(other);
    return t->refusals.size() == 1 && t->refusals[0].why == refusal::conflict;
  };
  s.around->pool->held = true;
  auto first = s->submit(r);
  s->run();
  EXPECT_TRUE(refused_now()) << "while it runs";
  s.around->pool->held = false;
  s->advance(1s);
  ASSERT_TRUE(first->done());
  EXPECT_TRUE(refused_now()) << "after its end";
  EXPECT_EQ(s->ask(r)->id(), first->id());
  s.restart();
  EXPECT_TRUE(refused_now()) << "after a restart";
  EXPECT_EQ(s->ask(r)->record().what->id, first->id());
  EXPECT_EQ(s.room.count("a"), 1u);
}

} // namespace recovery_cases
