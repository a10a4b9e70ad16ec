// What only the PostgreSQL store has to prove: several processes at once, and a server that goes
// away. Two store objects are as two processes: they share nothing but the server.
#include "src/store/postgres_address.hpp"
#include "src/store/postgres_batch.hpp"
#include "src/store/postgres_store.hpp"
#include "tests/src/store/postgres_kit.hpp"
#include "tests/src/store/store_fixture.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <functional>
#include <thread>

namespace troupe {
namespace postgres_store_cases {

using testing::HasSubstr;
using testing::Not;

void apply(store& s, std::vector<store_write> batch) {
  s.apply(batch);
}

store_write owned(store_write w, std::uint64_t epoch, std::uint32_t shard = 1) {
  w.domain = "support";
  w.shard = shard;
  w.epoch = epoch;
  return w;
}

/// The kind of the error that `work` ends with, and its text.
std::pair<store_error::kind, std::string> error_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const store_error& e) {
    return {e.why(), e.what()};
  }
  ADD_FAILURE() << "nothing was thrown";
  return {store_error::kind::corrupt, ""};
}

TEST(postgres_store, the_former_owner_in_another_process_is_refused) {
  const auto settings = schema_of_test();
  auto a = open_postgres_store(settings);
  auto b = open_postgres_store(settings);
  EXPECT_EQ(a->take_shard("support", 1), 1u);
  apply(*a, {owned(opened(1), 1)});
  EXPECT_EQ(b->take_shard("support", 1), 2u);
  const auto late = error_of([&] { apply(*a, {opened(2), owned(appended(1, 1, "late"), 1)}); });
  EXPECT_EQ(late.first, store_error::kind::fenced);
  EXPECT_THAT(late.second, HasSubstr("shard 1 of support is owned under epoch 2"));
  EXPECT_FALSE(a->task(id_of(2)));
  EXPECT_TRUE(b->task(id_of(1))->events.empty());
  apply(*b, {owned(appended(1, 1, "mine"), 2)});
  apply(*a, {opened(3)});
  EXPECT_EQ(a->task(id_of(1))->events, std::vector<std::string>{"mine"});
}

TEST(postgres_store, what_another_process_did_counts_at_once) {
  const auto settings = schema_of_test();
  auto a = open_postgres_store(settings);
  auto b = open_postgres_store(settings);
  apply(*a, {opened(1)});
  apply(*b, {appended(1, 1, "b"), closed(1)});
  apply(*a, {appended(1, 2, "too late"), closed(1), opened(1)});
  const auto t = a->task(id_of(1));
  EXPECT_EQ(t->events, std::vector<std::string>{"b"});
  EXPECT_EQ(t->state, task_state::completed);
  EXPECT_TRUE(a->open_tasks("support", 1).empty());
}

TEST(postgres_store, a_batch_in_any_order_means_what_it_says) {
  auto s = open_postgres_store(schema_of_test());
  auto m = make_memory_store();
  auto other = opened(1);
  other.body = "other";
  const std::vector<store_write> batch{appended(1, 1, "before it is there"),
                                       closed(1),
                                       opened(1),
                                       other,
                                       appended(1, 2, "a"),
                                       appended(1, 2, "again"),
                                       opened(2),
                                       closed(2),
                                       appended(2, 1, "late"),
                                       appended(1, 3, "b"),
                                       opened(2),
                                       closed(1),
                                       closed(1)};
  apply(*s, batch);
  apply(*m, batch);
  for (const int i : {1, 2}) {
    const auto mine = s->task(id_of(i));
    const auto theirs = m->task(id_of(i));
    EXPECT_EQ(mine->events, theirs->events) << i;
    EXPECT_EQ(mine->task_body, theirs->task_body) << i;
    EXPECT_EQ(mine->state, theirs->state) << i;
    EXPECT_EQ(mine->outcome_body, theirs->outcome_body) << i;
  }
}

TEST(postgres_store, once_a_shard_is_taken_nothing_of_the_former_owner_arrives) {
  const auto settings = schema_of_test();
  auto a = open_postgres_store(settings);
  auto b = open_postgres_store(settings);
  apply(*a, {opened(1)});
  std::uint32_t n = 0;
  for (int round = 0; round < 20; ++round) {
    const auto mine = a->take_shard("support", 1);
    std::atomic<std::uint32_t> written{n};
    std::atomic<bool> fenced{false};
    std::thread writer{[&] {
      try {
        for (;;) {
          apply(*a, {owned(appended(1, written + 1, "e"), mine)});
          ++written;
        }
      } catch (const store_error& e) {
        fenced = e.why() == store_error::kind::fenced;
      }
    }};
    EXPECT_TRUE(eventually([&] { return written > n + 3 || fenced; }));
    EXPECT_EQ(b->take_shard("support", 1), mine + 1);
    const auto seen = b->task(id_of(1))->events.size();
    writer.join();
    ASSERT_TRUE(fenced);
    EXPECT_EQ(b->task(id_of(1))->events.size(), seen);
    EXPECT_EQ(written, seen) << "and all that was acknowledged is there";
    n = written;
  }
}

TEST(postgres_store, a_frozen_owner_does_not_hold_up_the_next_one) {
  auto settings = schema_of_test();
  settings.lock_timeout = milliseconds{100};
  auto s = open_postgres_store(settings);
  plain_connection frozen{settings.address};
  frozen.sql("BEGIN");
  frozen.sql("SELECT pg_advisory_xact_lock(" +
             std::to_string(lock_of_shard(settings.schema, "support", 1)) + ")");
  const auto held = error_of([&] { apply(*s, {owned(opened(1), 1)}); });
  EXPECT_EQ(held.first, store_error::kind::busy);
  EXPECT_EQ(s->take_shard("support", 1), 1u);
  apply(*s, {owned(opened(1), 1)});
}

TEST(postgres_store, needs_no_more_than_the_right_to_make_a_schema) {
  auto settings = schema_of_test();
  plain_connection admin{settings.address};
  admin.sql(
      "CREATE ROLE ordinary LOGIN PASSWORD 'p'; GRANT CREATE ON DATABASE postgres TO ordinary");
  const auto host = settings.address.substr(settings.address.find('@'));
  settings.address = "postgresql://ordinary:p" + host;
  settings.lock_timeout = milliseconds{100};
  auto s = open_postgres_store(settings);
  plain_connection frozen{settings.address};
  frozen.sql("BEGIN");
  frozen.sql("SELECT pg_advisory_xact_lock(" +
             std::to_string(lock_of_shard(settings.schema, "support", 1)) + ")");
  EXPECT_EQ(s->take_shard("support", 1), 1u);
  apply(*s, {owned(opened(1), 1), closed(1)});
  EXPECT_EQ(s->prune({time_of(1000)}, 10), 1u);
  (void)s->bytes();
}

TEST(postgres_store, nodes_that_start_together_make_the_tables_once) {
  const auto settings = schema_of_test();
  std::atomic<int> good{0};
  std::vector<std::thread> nodes;
  for (int i = 0; i < 6; ++i)
    nodes.emplace_back([&, i] {
      auto s = open_postgres_store(settings);
      apply(*s, {opened(i)});
      ++good;
    });
  for (auto& n : nodes)
    n.join();
  EXPECT_EQ(good, 6);
  EXPECT_EQ(open_postgres_store(settings)->tasks({}).size(), 6u);
}

TEST(postgres_store, refuses_what_is_not_its_own) {
  auto settings = schema_of_test();
  plain_connection admin{settings.address};
  admin.sql("CREATE SCHEMA " + settings.schema + "; CREATE TABLE " + settings.schema + ".x(y int)");
  const auto foreign = error_of([&] { (void)open_postgres_store(settings); });
  EXPECT_EQ(foreign.first, store_error::kind::foreign);
  EXPECT_THAT(foreign.second, HasSubstr("another application"));

  settings = schema_of_test();
  (void)open_postgres_store(settings);
  admin.sql("UPDATE " + settings.schema + ".about SET version = 99");
  const auto newer = error_of([&] { (void)open_postgres_store(settings); });
  EXPECT_EQ(newer.first, store_error::kind::foreign);
  EXPECT_THAT(newer.second, HasSubstr("newer version of troupe"));

  settings.schema = "Robert'); DROP";
  EXPECT_EQ(error_of([&] { (void)open_postgres_store(settings); }).first,
            store_error::kind::foreign);
}

TEST(postgres_store, says_where_it_was_to_be_and_never_the_password) {
  postgres_settings settings;
  settings.address = "postgresql://ada:s3cr%65t@/base?host=/nowhere/at/all";
  const auto e = error_of([&] { (void)open_postgres_store(settings); });
  EXPECT_EQ(e.first, store_error::kind::io);
  EXPECT_THAT(e.second, HasSubstr("postgresql://ada@/nowhere/at/all/base"));
  EXPECT_THAT(e.second, Not(HasSubstr("s3cr")));
  settings.address = "postgresql://ada:s3cret@host/base?no_such=thing";
  const auto garbage = error_of([&] { (void)open_postgres_store(settings); });
  EXPECT_EQ(garbage.first, store_error::kind::foreign);
  EXPECT_THAT(garbage.second, Not(HasSubstr("s3cret")));
  EXPECT_THAT(postgres_secrets("postgresql://ada:s3cr%65t@/base"),
              testing::ElementsAre("s3cret", "s3cr%65t"));
  EXPECT_THAT(postgres_secrets("host=x password=abc"), testing::ElementsAre("abc"));
}

TEST(postgres_store, a_full_disk_is_told_apart_and_passes) {
  const auto settings = schema_of_test();
  auto s = open_postgres_store(settings);
  plain_connection admin{settings.address};
  admin.sql("CREATE FUNCTION " + settings.schema +
            ".no_room() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            " RAISE EXCEPTION USING ERRCODE = '53100', MESSAGE = 'No space left on device';"
            " END $$; CREATE TRIGGER no_room BEFORE INSERT ON " +
            settings.schema + ".events EXECUTE FUNCTION " + settings.schema + ".no_room()");
  EXPECT_EQ(error_of([&] {
              apply(*s, {opened(1), appended(1, 1, "e")});
            }).first,
            store_error::kind::full);
  EXPECT_FALSE(s->task(id_of(1))) << "all or nothing";
  admin.sql("DROP TRIGGER no_room ON " + settings.schema + ".events");
  apply(*s, {opened(1), appended(1, 1, "e")});
  EXPECT_EQ(s->task(id_of(1))->events.size(), 1u);
}

TEST(postgres_store, a_server_that_was_overtaken_is_refused) {
  auto settings = schema_of_test();
  (void)open_postgres_store(settings);
  EXPECT_EQ(settings.newest_timeline->load(), 1u);
  settings.newest_timeline->store(2);
  const auto e = error_of([&] { (void)open_postgres_store(settings); });
  EXPECT_EQ(e.first, store_error::kind::io);
  EXPECT_THAT(e.second, HasSubstr("promoted"));
}

TEST(postgres_store, the_room_that_tasks_take_is_given_back_by_pruning) {
  const auto settings = schema_of_test();
  auto s = open_postgres_store(settings);
  std::vector<store_write> all;
  for (int i = 0; i < 200; ++i) {
    all.push_back(opened(i));
    all.push_back(appended(i, 1, std::string(1000, static_cast<char>('a' + i % 26))));
    all.push_back(closed(i));
  }
  apply(*s, all);
  // Nothing to forget yet, but the server's counters are up to date afterwards; what they learn
  // later, ANALYZE would have counted twice.
  EXPECT_EQ(s->prune({time_of(-1'000'000)}, 1), 0u);
  plain_connection{settings.address}.sql("ANALYZE");
  EXPECT_TRUE(eventually([&] { return s->bytes() > 200'000; })) << s->bytes();
  const auto before = s->bytes();
  while (s->prune({time_of(100'000)}, 50) == 50) {
  }
  EXPECT_TRUE(eventually([&] { return s->bytes() < before / 5; }))
      << s->bytes() << " of " << before;
}

TEST(postgres_store, its_size_is_without_the_audit_trail) {
  const auto settings = schema_of_test();
  auto s = open_postgres_store(settings);
  std::vector<store_write> all(500);
  for (std::size_t i = 0; i < all.size(); ++i) {
    all[i].what = store_write::kind::audit;
    all[i].id = "record/" + std::to_string(i);
    all[i].body.assign(1000, 'y');
  }
  apply(*s, all);
  for (int i = 0; i < 100; ++i)
    apply(*s, {opened(i), appended(i, 1, std::string(1000, static_cast<char>('a' + i % 26)))});
  EXPECT_EQ(s->prune({time_of(-1'000'000)}, 1), 0u);
  plain_connection{settings.address}.sql("ANALYZE");
  // When the server has counted the tasks, it has counted the older records too.
  EXPECT_TRUE(eventually([&] { return s->bytes() > 100'000; })) << s->bytes();
  EXPECT_LT(s->bytes(), 400'000u);
}

TEST(postgres_audit, is_one_trail_of_all_processes) {
  auto settings = schema_of_test();
  settings.audit_key = "k";
  const auto record = [](const std::string& id) {
    store_write w;
    w.what = store_write::kind::audit;
    w.id = id;
    w.body = "{}";
    return w;
  };
  std::vector<std::thread> nodes;
  for (int k = 0; k < 3; ++k)
    nodes.emplace_back([&, k] {
      auto s = open_postgres_store(settings);
      for (int i = 0; i < 20; ++i)
        for (int tries = 0; tries < 100; ++tries) {
          try {
            apply(*s, {record("own " + std::to_string(k) + "/" + std::to_string(i)), opened(i),
                       record("all " + std::to_string(i))});
            break;
          } catch (const store_error& e) {
            EXPECT_EQ(e.why(), store_error::kind::busy) << e.what();
          }
        }
    });
  for (auto& n : nodes)
    n.join();
  auto s = open_postgres_store(settings);
  const auto rows = s->audit(0, 1000);
  EXPECT_EQ(rows.size(), 80u) << "a record that all of them write is there once";
  audit_verifier check{"k"};
  for (const auto& row : rows)
    check.take(row);
  EXPECT_EQ(check.fault(), "");
  EXPECT_EQ(s->audit(78, 10).size(), 2u);
}

TEST(postgres_audit, a_missing_end_stays_on_record) {
  temporary_folder folder;
  auto settings = schema_of_test();
  settings.audit_head = folder.file("audit.head");
  store_write w;
  w.what = store_write::kind::audit;
  for (const auto* id : {"a", "b", "c"}) {
    w.id = id;
    apply(*open_postgres_store(settings), {w});
  }
  EXPECT_EQ(open_postgres_store(settings)->audit(0, 10).size(), 3u);
  plain_connection{settings.address}.sql("DELETE FROM " + settings.schema + ".audit WHERE n > 1");
  const auto rows = open_postgres_store(settings)->audit(0, 10);
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_THAT(rows[1].body, HasSubstr("audit.broken"));
}

} // namespace postgres_store_cases
} // namespace troupe
