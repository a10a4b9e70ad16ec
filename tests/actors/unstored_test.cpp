// What the store keeps waiting: nobody hangs for as long as it is away, nothing that was accepted
// is lost by that, and it is known as soon as it is back.
#include "tests/fixtures/little_fleet.hpp"
#include "tests/fixtures/stage.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace troupe;
using namespace troupe::testing;
using namespace std::chrono_literals;
using ::testing::HasSubstr;

namespace unstored_cases {

namespace {

domain_spec talk() {
  auto d = a_domain("d", {an_agent("a", "script")});
  d.sessions.busy = when_busy::queue;
  return d;
}

task_request keyed(const std::string& key) {
  auto r = wants("a");
  r.idempotency_key = key;
  return r;
}

bool is_unstored(const heard_ptr& x) {
  return x->finals() == 1 && x->refusals.size() == 1 && x->refusals[0].why == refusal::not_stored &&
         x->refusals[0].retry_after > 0ms;
}

} // namespace

TEST(unstored, who_waits_too_long_is_refused_and_what_he_asked_for_is_called_off) {
  stage s{talk()};
  EXPECT_TRUE(s->api().stores());
  s.around->disk->failing = store_error::kind::full;
  const auto t = s->submit(wants("a"));
  s->advance(4s);
  EXPECT_EQ(t->finals(), 0u);
  EXPECT_FALSE(s->api().stores());
  s->advance(2s);
  ASSERT_TRUE(is_unstored(t));
  EXPECT_THAT(t->refusals[0].detail, HasSubstr("called off"));
  s.around->disk->failing.reset();
  s->advance(2s);
  EXPECT_TRUE(s->api().stores());
  EXPECT_EQ(s.room.count("a"), 0u);
  EXPECT_TRUE(t->accepted.empty());
  const auto all = s->list();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0]->state, task_state::canceled);
  EXPECT_TRUE(s->ask(wants("a"))->done());
}

TEST(unstored, whoever_asks_again_with_his_key_comes_to_the_same_task) {
  std::size_t handed_over = 0;
  bool over = false;
  for (int moment = 0; !over; ++moment) {
    SCOPED_TRACE(moment);
    stage s{talk()};
    s->run();
    const auto t = s->submit(keyed("k"));
    for (int i = 0; i < moment && !over; ++i)
      over = !s->scheduler().try_run_once();
    s.around->disk->failing = store_error::kind::full;
    s->advance(6s);
    if (t->accepted.empty()) {
      ASSERT_TRUE(is_unstored(t));
      handed_over += t->refusals[0].detail.find("the same idempotency key") != std::string::npos;
    } else {
      EXPECT_TRUE(t->refusals.empty());
    }
    s.around->disk->failing.reset();
    s->advance(3s);
    EXPECT_TRUE(s->ask(keyed("k"))->done());
    EXPECT_EQ(s.room.count("a"), 1u);
    EXPECT_EQ(s->list().size(), 1u);
  }
  EXPECT_GT(handed_over, 0u) << "it was never in the hands of the journal";
}

TEST(unstored, who_waits_for_the_word_on_his_key_is_refused_and_nothing_comes_of_it) {
  stage s{talk()};
  s->run();
  s.around->disk->no_task = store_error::kind::busy;
  const auto t = s->submit(keyed("k"));
  s->advance(6s);
  ASSERT_TRUE(is_unstored(t));
  EXPECT_THAT(t->refusals[0].detail, HasSubstr("nothing was done"));
  s.around->disk->no_task.reset();
  s->advance(3s);
  EXPECT_EQ(s.room.count("a"), 0u);
  EXPECT_TRUE(s->list().empty());
  EXPECT_TRUE(s->api().stores());
  EXPECT_TRUE(s->ask(keyed("k"))->done());
  EXPECT_EQ(s.room.count("a"), 1u);
}

TEST(unstored, who_waits_for_what_is_stored_of_his_session_is_refused_and_nothing_comes_of_it) {
  stage s{talk()};
  s->run();
  s.around->disk->no_task = store_error::kind::busy;
  auto r = wants("a");
  r.context_id = "s";
  const auto t = s->submit(r);
  s->advance(6s);
  ASSERT_TRUE(is_unstored(t));
  EXPECT_THAT(t->refusals[0].detail, HasSubstr("nothing was done"));
  s.around->disk->no_task.reset();
  s->advance(3s);
  EXPECT_EQ(s.room.count("a"), 0u);
  EXPECT_TRUE(s->ask(r)->done());
}

TEST(unstored, a_message_does_not_wait_for_a_turn_that_cannot_end) {
  stage s{talk()};
  s.around->pool->held = true;
  auto r = wants("a");
  r.context_id = "s";
  const auto first = s->submit(r);
  s->run();
  ASSERT_EQ(first->accepted.size(), 1u);
  const auto second = s->submit(r);
  s->run();
  s->advance(10s);
  EXPECT_EQ(second->finals(), 0u) << "it waits for its turn, and for no store";
  s.around->disk->failing = store_error::kind::full;
  const auto other = s->submit(wants("a"));
  s->advance(4s);
  EXPECT_EQ(second->finals(), 0u);
  s->advance(2s);
  EXPECT_TRUE(is_unstored(second));
  EXPECT_TRUE(is_unstored(other));
  EXPECT_EQ(first->finals(), 0u) << "it was accepted";
  s.around->disk->failing.reset();
  s.around->pool->held = false;
  s->advance(3s);
  EXPECT_TRUE(first->done());
  EXPECT_EQ(s.room.count("a"), 1u);
}

TEST(unstored, the_next_request_is_refused_at_once_until_the_store_has_answered) {
  stage s{talk()};
  ASSERT_TRUE(s->ask(wants("a"))->done());
  // Nothing waits to be stored: nobody but whoever asks hears whether the next journal can.
  s.around->disk->closed = store_error::kind::io;
  s->kill_part("journal");
  for (int i = 0; i < 5; ++i) {
    s->advance(2s);
    const auto t = s->submit(wants("a"));
    s->run();
    EXPECT_TRUE(is_unstored(t)) << i;
    EXPECT_FALSE(s->api().stores()) << i;
  }
  s.around->disk->repair();
  s->advance(10s);
  EXPECT_TRUE(s->api().stores());
  EXPECT_TRUE(s->ask(wants("a"))->done());
  EXPECT_TRUE(s->failures.empty());
}

TEST(unstored, what_was_accepted_is_not_refused_however_long_its_shard_cannot_be_read) {
  stage s{talk()};
  s.around->pool->held = true;
  const auto t = s->submit(wants("a"));
  s->run();
  ASSERT_EQ(t->accepted.size(), 1u);
  s.around->disk->closed = store_error::kind::io;
  s->kill_part("journal");
  s->kill_orchestrator("d");
  const auto late = s->submit(wants("a"));
  s->advance(30s);
  EXPECT_EQ(t->finals(), 0u);
  EXPECT_EQ(late->refusals.size(), 1u);
  s.around->disk->repair();
  s.around->pool->held = false;
  s->advance(30s);
  EXPECT_TRUE(t->done());
  EXPECT_TRUE(s->failures.empty());
}

TEST(unstored, a_journal_that_does_not_sit_yet_is_no_store_that_is_away) {
  stage s{talk()};
  s->run();
  const auto& parts = *s->shipped().parts();
  const auto seat = parts.places->find({address_kind::node, parts.fleet.node_id + "/journal"});
  const auto journal = seat->now().handle;
  seat->leave();
  s->kill_orchestrator("d");
  s->advance(20ms);
  EXPECT_TRUE(s->api().stores());
  seat->take(journal);
  s->advance(20ms);
  EXPECT_TRUE(s->api().stores());
  EXPECT_TRUE(s->ask(wants("a"), 20ms)->done()) << "nor does anybody wait for it to be asked again";
}

} // namespace unstored_cases
