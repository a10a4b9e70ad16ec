// One idempotency key and requests that come to different shards: never two tasks.
#include "policies/placement.hpp"
#include "tests/fixtures/stage.hpp"

#include <gtest/gtest.h>

using namespace troupe;
using namespace troupe::testing;
using namespace std::chrono_literals;

namespace one_key_cases {

constexpr std::uint32_t shards = 4;

fleet_spec talk(when_busy busy, durability keep = durability::step) {
  auto d = a_domain("d", {an_agent("chat", "script")});
  d.keep = keep;
  d.sessions.busy = busy;
  d.sessions.queue_limit = 16;
  auto f = a_fleet(d);
  f.shards = shards;
  return f;
}

/// A session that belongs to this shard.
std::string session_in(std::uint32_t shard) {
  for (int i = 0;; ++i)
    if (const auto id = "s" + std::to_string(i); shard_for(id, shards) == shard)
      return id;
}

task_request turn_in(std::uint32_t shard, const std::string& key = "k") {
  auto r = wants("chat", "of shard " + std::to_string(shard));
  r.context_id = session_in(shard);
  r.idempotency_key = key;
  return r;
}

bool is_refused(const heard_ptr& x, refusal why) {
  return x->ended.empty() && x->refusals.size() == 1 && x->refusals[0].why == why;
}

/// The key is of another request, and always will be.
bool is_conflict(const heard_ptr& x) {
  return is_refused(x, refusal::conflict);
}

/// The key is claimed for a request that is not stored yet.
bool is_put_off(const heard_ptr& x) {
  return is_refused(x, refusal::busy) && x->refusals[0].retry_after > 0ms;
}

std::size_t tasks_in(const stage& s) {
  std::size_t out = 0;
  for (const auto& t : s.around->disk->kept->tasks({}))
    out += t.key == "k" ? 1 : 0;
  return out;
}

TEST(one_key, asked_for_in_two_shards_at_once_makes_one_task) {
  for (const auto keep : {durability::step, durability::task}) {
    SCOPED_TRACE(std::string{to_string(keep)});
    stage s;
    s.up(talk(when_busy::queue, keep));
    const auto a = s->submit(turn_in(0));
    const auto b = s->submit(turn_in(1));
    s->advance(1s);
    ASSERT_TRUE(a->done() != b->done());
    const std::uint32_t first = a->done() ? 0 : 1;
    EXPECT_TRUE(is_put_off(a->done() ? b : a));
    for (const bool restarted : {false, true}) {
      if (restarted)
        s.restart();
      EXPECT_EQ(s->ask(turn_in(first))->record().what->id, (a->done() ? a : b)->id());
      EXPECT_TRUE(is_conflict(s->ask(turn_in(1 - first))));
    }
    EXPECT_EQ(s.room.count("chat"), 1u);
    EXPECT_EQ(tasks_in(s), 1u);
  }
}

TEST(one_key, with_a_session_and_without_one_makes_one_task) {
  stage s;
  s.up(talk(when_busy::queue));
  auto plain = wants("chat");
  plain.idempotency_key = "k";
  const auto a = s->submit(turn_in((shard_for("k", shards) + 1) % shards));
  const auto b = s->submit(plain);
  s->advance(1s);
  EXPECT_TRUE(a->done() != b->done());
  EXPECT_TRUE(is_put_off(a) || is_put_off(b));
  EXPECT_EQ(s.room.count("chat"), 1u);
}

TEST(one_key, many_at_once_each_make_one_task) {
  stage s;
  s.up(talk(when_busy::queue));
  std::vector<std::pair<task_request, heard_ptr>> all;
  for (int i = 0; i < 12; ++i)
    for (std::uint32_t shard = 0; shard < shards; ++shard)
      for (int again = 0; again < 2; ++again) {
        auto r = wants("chat");
        r.idempotency_key = "k" + std::to_string(i);
        r.context_id = session_in(shard) + "/" + std::to_string(i);
        all.emplace_back(r, s->submit(r));
      }
  s->advance(2s);
  std::size_t done = 0;
  for (const auto& [r, x] : all) {
    // Who was put off asks again, and hears what the others have heard.
    EXPECT_TRUE(x->done() || is_conflict(x) || (is_put_off(x) && is_conflict(s->ask(r))));
    done += x->done() ? 1 : 0;
  }
  EXPECT_EQ(s.room.count("chat"), 12u);
  // Whoever asked for the same once more has the same task.
  EXPECT_EQ(done, 24u);
}

TEST(one_key, of_a_request_that_waits_in_its_session_is_not_given_to_another_shard) {
  stage s;
  s.up(talk(when_busy::queue));
  s.around->pool->held = true;
  s->submit(turn_in(0, "first"));
  s->run();
  auto r = turn_in(0);
  r.timeout = 5s;
  const auto waits = s->submit(r);
  s->run();
  EXPECT_TRUE(is_put_off(s->ask(turn_in(1), 1s)));
  // The journal that had its claim ends; the next one knows of it.
  s->kill_part("journal");
  s->advance(1s);
  EXPECT_TRUE(is_put_off(s->ask(turn_in(1), 1s)));
  EXPECT_EQ(waits->finals(), 0u);
  // Refused while it waits, it gives its key up, in the store as well.
  s->advance(6s);
  ASSERT_EQ(waits->refusals.size(), 1u);
  EXPECT_EQ(waits->refusals[0].why, refusal::timeout);
  s.around->pool->held = false;
  EXPECT_TRUE(s->ask(turn_in(1))->done());
  EXPECT_EQ(tasks_in(s), 1u);
}

TEST(one_key, of_a_request_that_a_busy_session_refuses_is_free) {
  stage s;
  s.up(talk(when_busy::reject));
  s.around->pool->held = true;
  s->submit(turn_in(0, "first"));
  s->run();
  EXPECT_TRUE(is_conflict(s->ask(turn_in(0), 1s))) << "the session is busy";
  const auto other = s->submit(turn_in(1));
  s->run();
  EXPECT_EQ(other->accepted.size(), 1u);
  s.around->pool->held = false;
  s->advance(1s);
  EXPECT_TRUE(other->done());
}

TEST(one_key, of_a_request_that_a_full_session_refuses_is_free) {
  stage s;
  auto f = talk(when_busy::queue);
  f.domains[0].sessions.queue_limit = 1;
  s.up(f);
  s.around->pool->held = true;
  for (const auto* key : {"first", "second"}) {
    s->submit(turn_in(0, key));
    s->run();
  }
  const auto t = s->ask(turn_in(0), 1s);
  ASSERT_EQ(t->refusals.size(), 1u);
  EXPECT_EQ(t->refusals[0].why, refusal::busy);
  s.around->pool->held = false;
  EXPECT_TRUE(s->ask(turn_in(1))->done());
}

// The machine stops at the write that opens the task: the key is claimed, the task is not there.
TEST(one_key, claimed_by_a_request_that_ended_with_its_machine_is_free) {
  for (const bool other_body : {false, true}) {
    SCOPED_TRACE(other_body ? "another request" : "the same request");
    stage s;
    s.up(talk(when_busy::queue));
    s->run();
    auto& disk = *s.around->disk;
    disk.crash_at = disk.writes + 1;
    const auto lost = s->submit(turn_in(0));
    s->run();
    ASSERT_TRUE(disk.crashed);
    EXPECT_TRUE(lost->accepted.empty());
    EXPECT_EQ(tasks_in(s), 0u);
    const std::vector<key_claim> probe{{"k", "probe", s.around->wall}};
    const auto held = disk.kept->claim_keys("d", 1, 1, probe);
    EXPECT_FALSE(held.at(0).id == "probe" || held[0].opened) << "it was claimed before";
    s.crash();
    const auto again = s->ask(turn_in(other_body ? 1 : 0));
    EXPECT_TRUE(again->done());
    EXPECT_TRUE(is_conflict(s->ask(turn_in(other_body ? 0 : 1))));
    EXPECT_EQ(tasks_in(s), 1u);
    EXPECT_EQ(s.room.count("chat"), 1u);
  }
}

// The machine stops when the task has been opened and nobody knows: it exists.
TEST(one_key, of_a_task_that_was_opened_and_never_confirmed_is_the_tasks) {
  stage s;
  s.up(talk(when_busy::queue));
  s->run();
  auto& disk = *s.around->disk;
  disk.crash_at = disk.writes + 1;
  disk.crash_applies = true;
  s->submit(turn_in(0));
  s->run();
  ASSERT_TRUE(disk.crashed);
  const auto id = disk.kept->task_by_key("d", "k");
  ASSERT_TRUE(id);
  disk.crash_applies = false;
  s.crash();
  EXPECT_TRUE(is_conflict(s->ask(turn_in(1))));
  EXPECT_EQ(s->ask(turn_in(0))->record().what->id, *id);
  EXPECT_EQ(tasks_in(s), 1u);
}

TEST(one_key, outlives_an_orchestrator_once) {
  stage s;
  s.up(talk(when_busy::queue));
  s.around->pool->held = true;
  s->submit(turn_in(0, "first"));
  s->run();
  const auto t = s->submit(turn_in(0));
  s->run();
  s->kill_orchestrator("d", 0);
  const auto u = s->submit(turn_in(1));
  s->advance(5s);
  s.around->pool->held = false;
  s->advance(5s);
  ASSERT_TRUE(t->done() != u->done());
  EXPECT_TRUE(is_put_off(t->done() ? u : t));
  EXPECT_EQ(tasks_in(s), 1u);
}

TEST(one_key, is_claimed_when_the_store_takes_writes_again) {
  stage s;
  s.up(talk(when_busy::queue));
  s->run();
  s.around->disk->failing = store_error::kind::full;
  const auto a = s->submit(turn_in(0));
  const auto b = s->submit(turn_in(1));
  s->advance(2s);
  EXPECT_EQ(a->finals() + b->finals(), 0u);
  s.around->disk->failing.reset();
  s->advance(2s);
  EXPECT_TRUE(a->done() != b->done());
  EXPECT_TRUE(is_put_off(a) || is_put_off(b));
  EXPECT_EQ(s.room.count("chat"), 1u);
}

} // namespace one_key_cases
