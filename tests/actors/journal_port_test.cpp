// An orchestrator's way to the store: batches, questions, and what it says of a store that is away.
#include "actors/journal_port.hpp"
#include "actors/tick.hpp"
#include "tests/fixtures/post_stage.hpp"
#include "tests/fixtures/shaky_disk.hpp"

#include <gtest/gtest.h>

namespace troupe {
namespace journal_port_cases {

using namespace troupe::testing;
using namespace std::chrono_literals;

store_write a_write(const std::string& id) {
  store_write w;
  w.id = id;
  return w;
}

/// Somebody with such a port, and a journal that notes what it is given and says nothing by itself.
struct port_and_journal {
  port_and_journal() {
    me = stage.spawn(std::make_shared<diary>(),
                     caf::message_handler{
                         [this](troupe::flush) { port.flush(now()); }, [this](tick) { ++ticks; },
                         [this](const journal_stored& x) {
                           for (const auto& [slot, generation] : port.stored(x.token, now()))
                             port.reached(slot, x.token);
                         },
                         [this](const journal_failed& x) { port.failed(x.token, now()); }});
    sit();
    with_port([this](caf::event_based_actor* self) { port.begin(self, place, out); });
  }
  ~port_and_journal() {
    caf::anon_send_exit(me, caf::exit_reason::kill);
    stage.run();
  }
  void sit() {
    place->take(stage.spawn(
        std::make_shared<diary>(),
        caf::message_handler{[this](const journal_append& x) { batches.push_back(x); },
                             [this](const journal_ask& x) { questions.push_back(x); }}));
  }
  void with_port(std::function<void(caf::event_based_actor*)> what) {
    stage.make(me, std::move(what));
    stage.run();
  }
  void store(const std::string& id, std::uint32_t slot) {
    with_port([&](caf::event_based_actor*) { port.store(a_write(id), slot, 1); });
  }
  void ask(std::function<void(troupe::store&)> what) {
    with_port([&](caf::event_based_actor*) { port.ask(now(), std::move(what)); });
  }
  void says_stored(std::uint64_t number) {
    caf::anon_send(me, journal_stored{number});
    stage.run();
  }
  void says_failed(std::uint64_t number) {
    caf::anon_send(me, journal_failed{number, "full", false});
    stage.run();
  }
  /// The journal turns to what it was asked last.
  void answers() {
    const auto last = questions.back();
    last.what(where);
    stage.run();
  }
  [[nodiscard]] timestamp now() {
    return timestamp{std::chrono::duration_cast<timestamp::duration>(
        stage.system().clock().now().time_since_epoch())};
  }

  post_stage stage;
  std::shared_ptr<shaky_disk> disk = std::make_shared<shaky_disk>();
  shaky_store where{disk};
  std::shared_ptr<std::atomic<std::uint32_t>> out = std::make_shared<std::atomic<std::uint32_t>>(0);
  seat_ptr place = std::make_shared<seat>(address{address_kind::node, "n/journal"});
  journal_port port;
  caf::actor me;
  std::vector<journal_append> batches;
  std::vector<journal_ask> questions;
  int ticks = 0;
};

TEST(journal_port, what_comes_at_one_moment_is_one_batch_and_each_task_waits_for_its_newest_write) {
  port_and_journal d;
  d.with_port([&](caf::event_based_actor*) {
    d.port.store(a_write("a"), 3, 1);
    d.port.store(a_write("b"), 4, 1);
    d.port.store(a_write("nobody's"));
  });
  ASSERT_EQ(d.batches.size(), 1u);
  EXPECT_EQ(d.batches[0].writes->size(), 3u);
  EXPECT_EQ(d.port.awaited(3), d.batches[0].token);
  EXPECT_EQ(d.port.awaited(5), 0u);
  d.store("a2", 3);
  ASSERT_EQ(d.batches.size(), 2u);
  EXPECT_EQ(d.port.awaited(3), d.batches[1].token);
  d.says_stored(d.batches[0].token);
  EXPECT_EQ(d.port.awaited(4), 0u);
  EXPECT_EQ(d.port.awaited(3), d.batches[1].token) << "there is a newer write of it";
  d.port.forget(3);
  EXPECT_EQ(d.port.awaited(3), 0u);
}

TEST(journal_port, a_batch_that_could_not_be_stored_comes_again_and_the_store_is_out_until_then) {
  port_and_journal d;
  const auto handed_over = d.now();
  d.store("a", 3);
  ASSERT_EQ(d.batches.size(), 1u);
  EXPECT_EQ(d.port.out_since(), no_deadline);
  d.stage.advance(100ms);
  d.says_failed(d.batches[0].token);
  const auto failed_at = d.now();
  EXPECT_TRUE(d.port.is_out());
  EXPECT_EQ(d.out->load(), 1u);
  d.stage.advance(1s);
  ASSERT_EQ(d.batches.size(), 2u);
  EXPECT_EQ(d.batches[1].token, d.batches[0].token);
  EXPECT_EQ(d.port.out_since(), failed_at);
  EXPECT_EQ(d.port.unconfirmed_since(), handed_over);
  d.says_stored(d.batches[0].token);
  EXPECT_FALSE(d.port.is_out());
  EXPECT_EQ(d.out->load(), 0u);
  EXPECT_EQ(d.port.unconfirmed_since(), no_deadline);
}

TEST(journal_port, what_a_journal_was_asked_that_ended_the_next_one_answers_once) {
  port_and_journal d;
  int answered = 0;
  d.ask([&](troupe::store&) { ++answered; });
  ASSERT_EQ(d.questions.size(), 1u);
  d.with_port([&](caf::event_based_actor*) { d.port.down(false, d.now()); });
  d.stage.advance(1ms);
  // Whether the next one can store is asked, too.
  ASSERT_EQ(d.questions.size(), 3u) << "nobody knows whether the former one had come to it";
  d.questions[0].what(d.where);
  d.questions[1].what(d.where);
  EXPECT_EQ(answered, 1);
}

TEST(journal_port, a_question_that_the_store_was_too_busy_for_is_asked_again) {
  port_and_journal d;
  bool busy = true;
  int answered = 0;
  d.ask([&](troupe::store&) {
    if (busy)
      throw store_error{store_error::kind::busy, "busy"};
    ++answered;
  });
  d.answers();
  EXPECT_TRUE(d.port.is_out());
  busy = false;
  d.stage.advance(1s);
  // Nothing waits to be stored: whether the store answers is asked, too.
  ASSERT_EQ(d.questions.size(), 3u);
  d.questions[1].what(d.where);
  EXPECT_EQ(answered, 1);
  EXPECT_TRUE(d.port.is_out()) << "nobody has said that it works";
  d.questions[2].what(d.where);
  d.stage.run();
  EXPECT_FALSE(d.port.is_out());
}

TEST(journal_port, while_nobody_sits_there_nothing_is_lost) {
  port_and_journal d;
  d.place->leave();
  d.store("a", 3);
  d.ask([](troupe::store&) {});
  EXPECT_TRUE(d.port.is_out());
  d.stage.advance(3s);
  EXPECT_TRUE(d.batches.empty());
  d.sit();
  d.stage.advance(1s);
  EXPECT_FALSE(d.batches.empty());
  EXPECT_FALSE(d.questions.empty());
}

TEST(journal_port, who_has_waited_too_long_is_looked_for_as_long_as_somebody_waits) {
  port_and_journal d;
  EXPECT_FALSE(d.port.wants_look(d.now()));
  d.store("a", 3);
  d.stage.advance(journal_port::stored_within - 1ms);
  EXPECT_EQ(d.ticks, 0);
  EXPECT_FALSE(d.port.wants_look(d.now()));
  d.stage.advance(1ms);
  EXPECT_EQ(d.ticks, 1);
  ASSERT_TRUE(d.port.wants_look(d.now()));
  d.with_port([&](caf::event_based_actor*) { d.port.looked(true, d.now()); });
  EXPECT_TRUE(d.port.is_out()) << "it has not failed, and yet nobody can wait for it";
  EXPECT_TRUE(d.questions.empty()) << "the answer to the batch will tell";
  d.stage.advance(500ms);
  EXPECT_EQ(d.ticks, 2);
  d.says_stored(d.batches[0].token);
  EXPECT_FALSE(d.port.is_out());
  EXPECT_FALSE(d.port.wants_look(d.now()));
}

TEST(journal_port, a_store_that_lets_a_question_wait_is_asked_whether_it_answers) {
  port_and_journal d;
  d.ask([](troupe::store&) {});
  d.stage.advance(journal_port::stored_within);
  ASSERT_TRUE(d.port.wants_look(d.now()));
  d.with_port([&](caf::event_based_actor*) { d.port.looked(true, d.now()); });
  EXPECT_TRUE(d.port.is_out());
  ASSERT_EQ(d.questions.size(), 2u);
  d.with_port([&](caf::event_based_actor*) { d.port.looked(true, d.now()); });
  EXPECT_EQ(d.questions.size(), 2u) << "one such question at a time";
  d.answers();
  EXPECT_FALSE(d.port.is_out());
}

} // namespace journal_port_cases
} // namespace troupe
