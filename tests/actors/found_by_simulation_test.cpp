// What the simulation found, each as a play of its own: seeds change their meaning with every
// change of what they draw, these do not.
#include "tests/fixtures/plan_parts.hpp"
#include "tests/fixtures/stage.hpp"
#include "tests/fixtures/turns.hpp"

#include "actors/call_messages.hpp"
#include "actors/journal_messages.hpp"

#include <gtest/gtest.h>

using namespace troupe;
using namespace troupe::testing;
using namespace std::chrono_literals;

namespace found_by_simulation_cases {

TEST(found_by_simulation, a_task_kept_in_memory_does_not_hide_what_is_stored_of_its_session) {
  stage s{a_domain("d", {an_agent("chat")})};
  ASSERT_TRUE(s->ask(turn_of("s1"))->done());
  s.restart();
  auto light = turn_of("s1");
  light.keep = durability::none;
  ASSERT_TRUE(s->ask(light)->done());
  ASSERT_TRUE(s->ask(turn_of("s1"))->done());
  s.restart();
  ASSERT_TRUE(s->ask(turn_of("s1"))->done());
  auto found = s->session("s1");
  ASSERT_TRUE(found.what);
  // Three that are stored, and the light one between them as long as its session was in memory.
  EXPECT_EQ(found.what->turns.size(), 4u);
}

TEST(found_by_simulation, nobody_hears_of_an_end_that_is_not_stored) {
  stage s{a_domain("d", {an_agent("chat", "script")})};
  s.around->pool->held = true;
  auto t = s->submit(wants("chat"));
  s->run();
  ASSERT_EQ(t->accepted.size(), 1u);
  s.around->disk->failing = store_error::kind::full;
  s.around->pool->held = false;
  s->advance(1s);
  auto late = s->watch(t->id());
  EXPECT_TRUE(t->ended.empty());
  EXPECT_TRUE(late->ended.empty());
  auto seen = s->find(t->id());
  ASSERT_TRUE(seen);
  EXPECT_FALSE(is_final(seen->state));
  EXPECT_FALSE(seen->result);
  EXPECT_EQ(count_of(*seen, event_kind::finished), 0u);
  s.around->disk->failing.reset();
  s->advance(2s);
  EXPECT_TRUE(t->done());
  EXPECT_TRUE(late->done());
}

TEST(found_by_simulation, a_call_that_hangs_after_its_race_was_lost_gives_its_slot_back) {
  auto d = a_domain("d", {an_agent("slow", "script"), an_agent("fast")});
  d.step_timeout = 5s;
  d.plans["race"] = around(plan_op::race, "race", {step("slow"), step("fast")});
  stage s{d};
  s.around->pool->held = true; // Whatever runs on the pool hangs.
  ASSERT_TRUE(s->ask(wants("race"))->done());
  EXPECT_EQ(s->seat_of("d/slow")->load.load(), 1u);
  s->advance(10s);
  EXPECT_EQ(s->seat_of("d/slow")->load.load(), 0u);
  EXPECT_EQ(s->seat_of("d/slow")->now().incarnation, 2u);
}

TEST(found_by_simulation, whoever_has_left_its_seat_with_a_call_is_told_to_stop_it) {
  auto d = a_domain("d", {an_agent("slow", "script")});
  d.step_timeout = 5s;
  d.retry.max_retries = 0;
  stage s{d};
  std::vector<std::string> heard;
  const auto sitter = [&](const std::string& name) {
    return s->system().spawn([&heard, name](caf::event_based_actor*) -> caf::behavior {
      return {[&heard, name](const run_call&) { heard.push_back(name + " runs"); },
              [&heard, name](const stop_call& x) {
                heard.push_back(name + (x.hung ? " stops what hangs" : " stops"));
              }};
    });
  };
  const auto place = s->seat_of("d/slow");
  const auto usual = place->now().handle;
  place->take(sitter("former"));
  const auto t = s->submit(wants("slow"));
  s->run();
  place->take(sitter("next"));
  s->advance(6s);
  EXPECT_TRUE(t->done());
  EXPECT_EQ(heard, (std::vector<std::string>{"former runs", "former stops what hangs"}));
  place->take(usual);
}

TEST(found_by_simulation, a_question_about_an_act_that_never_ends_has_an_end) {
  auto a = an_agent("work", "script");
  a.card.does = effects::queryable;
  stage s{a_domain("d", {a})};
  // A thread that nobody can end is at it for ever.
  const auto act = s->shipped().parts()->acts->begin("t1/0/0");
  std::vector<reason> heard;
  const auto me = s->system().spawn([&](caf::event_based_actor*) -> caf::behavior {
    return {[&](const call_ended& x) { heard.push_back(x.x->failed.why); }};
  });
  auto what = std::make_shared<agent_call>();
  what->about = std::make_shared<task>();
  what->skill = "work";
  what->deadline = s->now() + 1s;
  what->idempotency_key = "t1/0/0";
  what->query = true;
  caf::send_as(me, s->seat_of("d/work")->now().handle, run_call{1, what, false});
  s->advance(900ms);
  EXPECT_TRUE(heard.empty());
  s->advance(200ms);
  EXPECT_EQ(heard, std::vector{reason::timeout});
}

TEST(found_by_simulation, a_call_whose_orchestrator_is_gone_does_not_hold_its_slot_for_ever) {
  auto d = a_domain("d", {an_agent("slow", "script")});
  d.step_timeout = 5s;
  d.retry.max_retries = 0;
  stage s{d};
  s.around->pool->held = true;
  auto light = wants("slow");
  light.keep = durability::none;
  s->submit(light);
  s->run();
  s->kill_orchestrator("d");
  s->advance(10s);
  s.around->pool->forget();
  s.around->pool->held = false;
  // Its slot is taken by a call that nobody minds. The next one notices; the one after it is
  // served.
  s->ask(wants("slow"));
  EXPECT_TRUE(s->ask(wants("slow"))->result().ok());
}

TEST(found_by_simulation, whoever_asks_a_front_desk_that_ends_hears_that) {
  stage s{a_domain("d", {an_agent("chat")})};
  auto desk = s->shipped().resolve({address_kind::node, "local/front_desk"});
  ASSERT_TRUE(desk);
  caf::anon_send_exit(desk, caf::exit_reason::kill);
  auto t = s->submit(wants("chat"));
  auto listed = refusal::none;
  s->api().list_tasks({}, [&](const auto&, const refused& why) { listed = why.why; });
  s->run();
  ASSERT_EQ(t->refusals.size(), 1u);
  EXPECT_EQ(t->refusals[0].why, refusal::stopping);
  EXPECT_EQ(listed, refusal::stopping);
}

TEST(found_by_simulation, who_asked_by_a_key_hears_that_a_task_in_memory_is_lost) {
  stage s{a_domain("d", {an_agent("chat", "script")})};
  s.around->pool->held = true;
  auto light = wants("chat");
  light.keep = durability::none;
  light.idempotency_key = "k";
  auto first = s->submit(light);
  auto second = s->submit(light);
  s->run();
  ASSERT_EQ(second->accepted.size(), 1u);
  s->kill_orchestrator("d");
  s->advance(1s);
  EXPECT_TRUE(first->done());
  ASSERT_TRUE(second->done());
  EXPECT_EQ(second->result().failed.why, reason::crash);
  EXPECT_EQ(second->record().what->id, first->id());
}

TEST(found_by_simulation, what_one_sender_stores_is_stored_in_its_order) {
  stage s{a_domain("d", {an_agent("chat")})};
  auto journal = s->shipped().resolve({address_kind::node, "local/journal"});
  ASSERT_TRUE(journal);
  std::vector<std::string> heard;
  auto batch = [](store_write::kind what, const std::string& id) {
    store_write w;
    w.what = what;
    w.id = id;
    w.domain = "d";
    w.state = what == store_write::kind::close ? task_state::failed : task_state::submitted;
    return std::make_shared<const std::vector<store_write>>(1, w);
  };
  auto sender = s->system().spawn([&](caf::event_based_actor*) -> caf::behavior {
    return {[&](const journal_stored& x) { heard.push_back("stored " + std::to_string(x.token)); },
            [&](const journal_failed& x) { heard.push_back("failed " + std::to_string(x.token)); }};
  });
  const auto append = [&](std::uint64_t token, store_write::kind what) {
    caf::send_as(sender, journal, journal_append{token, batch(what, "t"), 1});
    s->run();
  };
  s.around->disk->failing = store_error::kind::full;
  append(1, store_write::kind::open);
  s.around->disk->failing.reset();
  append(2, store_write::kind::close);
  EXPECT_FALSE(s.around->disk->kept->task("t"));
  append(1, store_write::kind::open);
  append(2, store_write::kind::close);
  EXPECT_EQ(heard, (std::vector<std::string>{"failed 1", "failed 2", "stored 1", "stored 2"}));
  auto kept = s.around->disk->kept->task("t");
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->state, task_state::failed);
  caf::anon_send_exit(sender, caf::exit_reason::kill);
  s->run();
}

TEST(found_by_simulation,
     a_task_that_is_watched_while_nobody_works_on_its_shard_is_not_begun_again) {
  stage s{a_domain("d", {an_agent("chat", "script")})};
  s.around->pool->held = true;
  auto t = s->submit(wants("chat"));
  s->run();
  ASSERT_EQ(t->accepted.size(), 1u);
  // The second restart waits, so that the watch finds the seat empty.
  s->kill_orchestrator("d");
  s->kill_orchestrator("d");
  auto w = s->watch(t->id());
  s->advance(5s);
  s.around->pool->held = false;
  s->advance(30s);
  ASSERT_TRUE(t->done());
  ASSERT_TRUE(w->done());
  const auto kept = s.around->disk->kept->task(t->id());
  ASSERT_TRUE(kept);
  EXPECT_EQ(w->record().state, kept->state);
  const auto record = s->find(t->id());
  ASSERT_TRUE(record);
  EXPECT_EQ(count_of(*record, event_kind::planned), 1u);
  EXPECT_EQ(count_of(*record, event_kind::finished), 1u);
}

TEST(found_by_simulation, a_supervisor_that_is_killed_leaves_no_seat_of_its_successors_empty) {
  auto d = a_domain("d", {an_agent("chat")});
  d.domains.push_back(a_domain("d/back", {an_agent("look")}));
  stage s{std::move(d)};
  for (const auto* part : {"d", "domains", "d/back", "d/orchestrators", "storage"}) {
    s->kill_part(part);
    s->advance(70s);
    EXPECT_TRUE(s->api().ready()) << part;
    EXPECT_TRUE(s->ask(wants("chat"))->done()) << part;
  }
}

} // namespace found_by_simulation_cases
