// What survives the journal and its store: killed, full, busy.
#include "actors/journal.hpp"
#include "tests/fixtures/long_way.hpp"
#include "tests/fixtures/stage.hpp"

#include <gtest/gtest.h>

using namespace troupe;
using namespace troupe::testing;
using namespace std::chrono_literals;

namespace journal_cases {

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
    EXPECT_EQ(second->refusals[0].why, refusal::not_stored);
    // Nobody hangs for as long as the disk is full.
    ASSERT_EQ(first->refusals.size(), 1u);
    EXPECT_EQ(first->refusals[0].why, refusal::not_stored);
    // What needs no disk still works.
    auto r = wants("a");
    r.keep = durability::none;
    EXPECT_TRUE(s->ask(r)->done());
    EXPECT_EQ(s->find(before->id())->what->id, before->id());
    s.around->disk->failing.reset();
    s->advance(2s);
    EXPECT_TRUE(before->done());
    EXPECT_TRUE(first->accepted.empty());
    EXPECT_TRUE(s->questions().empty());
    first = s->submit(wants("", "go"));
    s->run();
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
  ASSERT_EQ(second->refusals.size(), 1u);
  EXPECT_EQ(second->refusals[0].why, refusal::not_stored);
  s.around->disk->repair();
  s->advance(10s);
  EXPECT_TRUE(s->failures.empty());
  EXPECT_EQ(s->questions().size(), 1u);
  second = s->submit(wants("", "go"));
  s->run();
  ASSERT_EQ(s->questions().size(), 2u);
  for (const auto& q : s->questions())
    s->answer(q->id, say("yes"));
  s->advance(1s);
  EXPECT_TRUE(t->done());
  EXPECT_TRUE(second->done());
  s->advance(1s);
  EXPECT_EQ(s->find(id)->state, task_state::completed);
}

TEST(full_disk, a_second_copy_that_is_not_stored_holds_up_nothing_behind_it) {
  stage s{long_way()};
  auto disk = std::make_shared<shaky_disk>();
  auto log = s->system().spawn(journal, s->shipped().parts(), std::make_shared<shaky_store>(disk));
  std::vector<std::uint64_t> stored;
  auto writer = s->system().spawn([&](caf::event_based_actor* self) -> caf::behavior {
    return {[self, log](const journal_append& x) { self->send(log, x); },
            [&](const journal_stored& x) { stored.push_back(x.token); },
            [](const journal_failed&) {}};
  });
  const auto append = [&](std::uint64_t token) {
    caf::anon_send(writer,
                   journal_append{token, std::make_shared<std::vector<store_write>>(), token});
    s->run();
  };
  append(1);
  append(2);
  // Nobody had heard yet that it was stored, so that it was sent again.
  disk->failing = store_error::kind::full;
  append(2);
  disk->failing.reset();
  append(3);
  EXPECT_EQ(stored, (std::vector<std::uint64_t>{1, 2, 3}));
  for (const auto& x : {writer, log})
    caf::anon_send_exit(x, caf::exit_reason::user_shutdown);
  s->run();
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

} // namespace journal_cases
