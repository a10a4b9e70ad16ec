// What survives: orchestrators killed at every stage, the journal lost, the disk full.
#include "policies/plan_run.hpp"
#include "policies/trial_line.hpp"
#include "tests/fixtures/stage.hpp"

#include <gtest/gtest.h>

using namespace troupe;
using namespace troupe::testing;
using namespace std::chrono_literals;

namespace recovery_cases {

plan_node step(const std::string& name) {
  plan_node n;
  n.name = n.skill = name;
  return n;
}

plan_node people(const std::string& name) {
  plan_node n;
  n.op = plan_op::human;
  n.name = name;
  n.target = "desk";
  return n;
}

/// Understand, then a, then b at a person's word, then c.
domain_spec long_way() {
  auto d = a_domain("d", {an_agent("sort", "script"), an_agent("a", "script"),
                          an_agent("b", "script"), an_agent("c", "script")});
  d.understanding.agent = "sort";
  d.understanding.intents["go"].skill = "all";
  plan_node all;
  all.op = plan_op::sequence;
  all.name = "all";
  all.children = {step("a"), step("b"), people("approve"), step("c")};
  d.plans["all"] = all;
  return d;
}

void understand(script_room& room) {
  room.works["sort"] = [](const agent_call& x) {
    return say("", {{"clauses",
                     {{{"text", x.text},
                       {"intent", "go"},
                       {"confidence", 0.9},
                       {"accepted", true},
                       {"after_previous", false}}}},
                    {"entities", json::array()},
                    {"complexity", "simple"}});
  };
}

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

TEST(recovery, a_killed_journal_is_replaced_and_every_task_goes_on) {
  stage s{long_way()};
  understand(s.room);
  auto t = s->submit(wants("", "go"));
  s->run();
  for (int i = 0; i < 3; ++i) {
    s->kill_part("journal");
    s->advance(6s);
  }
  EXPECT_TRUE(s->failures.empty());
  auto u = s->watch(t->id());
  ASSERT_EQ(s->questions().size(), 1u);
  s->answer(s->questions().at(0)->id, say("yes"));
  s->advance(1s);
  EXPECT_TRUE(u->done());
  EXPECT_EQ(s.room.count("a"), 1u);
}

TEST(full_disk, nothing_is_acknowledged_that_is_not_stored_and_all_goes_on_afterwards) {
  for (auto how : {store_error::kind::full, store_error::kind::busy}) {
    stage s{long_way()};
    understand(s.room);
    auto before = s->submit(wants("", "go"));
    s->run();
    ASSERT_EQ(s->questions().size(), 1u);
    s.around->disk->failing = how;
    auto first = s->submit(wants("", "go"));
    s->run();
    s->answer(s->questions().at(0)->id, say("yes"));
    s->advance(10s);
    EXPECT_TRUE(first->accepted.empty());
    EXPECT_EQ(s.room.count("c"), 0u);
    auto second = s->submit(wants("", "go"));
    s->run();
    ASSERT_EQ(second->refusals.size(), 1u);
    EXPECT_EQ(second->refusals[0].why, refusal::busy);
    // What needs no disk still works.
    auto r = wants("a");
    r.keep = durability::none;
    EXPECT_TRUE(s->ask(r)->done());
    EXPECT_EQ(s->find(before->id())->what->id, before->id());
    s.around->disk->failing.reset();
    s->advance(2s);
    EXPECT_TRUE(before->done());
    EXPECT_EQ(first->accepted.size(), 1u);
    ASSERT_EQ(s->questions().size(), 1u);
    s->answer(s->questions().at(0)->id, say("yes"));
    s->advance(1s);
    EXPECT_TRUE(first->done());
    EXPECT_TRUE(s->failures.empty());
  }
}

TEST(full_disk, a_store_that_fails_and_will_not_open_for_a_while_costs_no_task_and_nobody_else) {
  stage s{long_way()};
  understand(s.room);
  auto t = s->submit(wants("", "go"));
  s->run();
  const auto id = t->id();
  s.around->disk->failing = store_error::kind::io;
  s.around->disk->closed = store_error::kind::io;
  auto second = s->submit(wants("", "go"));
  auto r = wants("a");
  r.keep = durability::none;
  s->run();
  EXPECT_TRUE(second->accepted.empty());
  EXPECT_TRUE(s->ask(r)->done());
  s->advance(60s);
  EXPECT_TRUE(second->accepted.empty());
  s.around->disk->repair();
  s->advance(10s);
  EXPECT_TRUE(s->failures.empty());
  EXPECT_EQ(second->accepted.size(), 1u);
  ASSERT_EQ(s->questions().size(), 2u);
  for (const auto& q : s->questions())
    s->answer(q->id, say("yes"));
  s->advance(1s);
  EXPECT_TRUE(t->done());
  EXPECT_TRUE(second->done());
  s->advance(1s);
  EXPECT_EQ(s->find(id)->state, task_state::completed);
}

TEST(recovery, what_was_asked_of_a_journal_that_dies_is_asked_of_the_next) {
  stage s{long_way()};
  understand(s.room);
  auto r = wants("", "go");
  r.idempotency_key = "k";
  r.context_id = "s";
  // The key is looked up, then the session, each by a journal that does not live to answer.
  auto t = s->submit(r);
  s.around->disk->closed = store_error::kind::io;
  s->kill_part("journal");
  s->advance(1s);
  EXPECT_TRUE(t->accepted.empty());
  s->kill_orchestrator("d");
  s->advance(3s);
  s.around->disk->repair();
  s->advance(10s);
  if (t->accepted.empty())
    t = s->submit(r); // It was given to an orchestrator that died before it was stored.
  s->advance(1s);
  EXPECT_EQ(t->accepted.size(), 1u);
  ASSERT_EQ(s->questions().size(), 1u);
}

/// How many journals there have been.
std::uint64_t journals(stage& s) {
  return s->shipped()
      .parts()
      ->places->find({address_kind::node, s.fleet.node_id + "/journal"})
      ->now()
      .incarnation;
}

TEST(recovery, a_question_that_ends_the_journal_ends_no_more_than_two_of_them) {
  stage s{a_domain("d", {an_agent("a")})};
  const auto id = s->ask(wants("a"))->id();
  s.restart();
  const auto before = journals(s);
  s.around->disk->no_task = store_error::kind::io;
  std::vector<refused> heard;
  s->api().find_task(
      id, [&heard](const task_record_ptr&, const refused& why) { heard.push_back(why); });
  s->advance(4s);
  ASSERT_EQ(heard.size(), 1u);
  EXPECT_EQ(heard[0].why, refusal::busy);
  EXPECT_EQ(heard[0].detail, "the store fails");
  EXPECT_LE(journals(s), before + 2);
  s.around->disk->repair();
  s->advance(1s);
  EXPECT_TRUE(s->find(id));
}

TEST(full_disk, a_question_that_finds_the_store_busy_is_asked_again_of_the_same_journal) {
  for (auto how : {store_error::kind::full, store_error::kind::busy}) {
    stage s{a_domain("d", {an_agent("a")})};
    const auto id = s->ask(wants("a"))->id();
    s.restart();
    const auto before = journals(s);
    s.around->disk->no_task = how;
    task_record_ptr found;
    std::vector<refused> heard;
    const auto find = [&] {
      s->api().find_task(id, [&](task_record_ptr x, const refused& why) {
        found = std::move(x);
        heard.push_back(why);
      });
    };
    find();
    // An orchestrator asks as well: is there a task of this key, and in which session?
    auto r = wants("a");
    r.idempotency_key = "k";
    r.context_id = "s";
    const auto t = s->submit(r);
    s->advance(2s);
    EXPECT_TRUE(heard.empty());
    EXPECT_TRUE(t->accepted.empty());
    s.around->disk->no_task.reset();
    s->advance(2s);
    EXPECT_EQ(heard.size(), 1u);
    EXPECT_TRUE(found);
    EXPECT_TRUE(t->done());
    // But not for ever.
    s.around->disk->no_task = how;
    find();
    s->advance(6s);
    ASSERT_EQ(heard.size(), 2u);
    EXPECT_TRUE(heard[1].why == refusal::busy || heard[1].why == refusal::timeout);
    EXPECT_EQ(journals(s), before);
  }
}

TEST(recovery, a_journal_that_dies_takes_no_task_in_memory_with_it) {
  stage s{long_way()};
  understand(s.room);
  s.around->pool->held = true;
  auto r = wants("a");
  r.keep = durability::none;
  auto t = s->submit(r);
  s->run();
  s->kill_part("journal");
  s->advance(1s);
  s.around->pool->held = false;
  s->advance(1s);
  EXPECT_TRUE(t->done());
  EXPECT_EQ(s.room.count("a"), 1u);
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

TEST(pruning, forgets_what_is_old_in_bites) {
  stage s;
  understand(s.room);
  auto f = a_fleet(long_way());
  f.task_days = 1;
  s.up(f);
  for (int i = 0; i < 150; ++i)
    s->submit(wants("a"));
  s->advance(1s);
  const auto kept = [&] {
    return s.around->disk->kept->tasks({{}, {}, {}, {}, timestamp::max(), 1000}).size();
  };
  EXPECT_EQ(kept(), 150u);
  s->advance(std::chrono::hours{23});
  EXPECT_EQ(kept(), 150u);
  auto young = s->ask(wants("a"));
  s->advance(std::chrono::hours{2});
  EXPECT_EQ(kept(), 1u);
  EXPECT_TRUE(young->done());
}

TEST(pruning, forgets_the_oldest_when_the_store_is_too_large) {
  stage s;
  understand(s.room);
  auto f = a_fleet(long_way());
  f.max_store_bytes = 20'000;
  s.up(f);
  for (int i = 0; i < 200; ++i)
    s->submit(wants("a", std::string(500, 'x')));
  s->advance(1s);
  EXPECT_GT(s.around->disk->kept->bytes(), 100'000u);
  s->advance(std::chrono::minutes{2});
  EXPECT_LE(s.around->disk->kept->bytes(), 20'000u);
}

} // namespace recovery_cases
