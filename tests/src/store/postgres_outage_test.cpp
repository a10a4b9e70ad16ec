// A server that crashes, hangs or is lost with its machine: what was acknowledged is there, and the
// same store object goes on when there is a server again.
#include "src/store/postgres_store.hpp"
#include "tests/src/store/postgres_kit.hpp"
#include "tests/src/store/store_fixture.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <csignal>
#include <optional>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

namespace troupe {
namespace postgres_outage_cases {

using testing::HasSubstr;

void apply(store& s, std::vector<store_write> batch) {
  s.apply(batch);
}

/// The text of the `io` that `work` has to end with.
template <class F>
std::string io_of(F&& work) {
  try {
    work();
  } catch (const store_error& e) {
    EXPECT_EQ(e.why(), store_error::kind::io) << e.what();
    return e.what();
  }
  ADD_FAILURE() << "nothing was thrown";
  return {};
}

/// Writes one batch after the other until one fails, on a thread of its own.
class writer {
 public:
  writer(store& s, int first)
      : confirmed_(first - 1)
      , thread_([this, &s, first] {
        try {
          for (int i = first;; ++i) {
            apply(s, {opened(i), appended(i, 1, std::string(3000, 'e')), closed(i - 1)});
            confirmed_ = i;
          }
        } catch (const store_error& e) {
          why_ = e.why();
        }
      }) {}
  ~writer() { thread_.join(); }
  [[nodiscard]] int confirmed() const { return confirmed_; }
  /// After its thread has ended.
  store_error::kind join() {
    thread_.join();
    thread_ = std::thread{[] {}};
    return why_;
  }

 private:
  std::atomic<int> confirmed_;
  store_error::kind why_ = store_error::kind::corrupt;
  std::thread thread_;
};

void expect_all(store& s, int last) {
  for (int i = 1; i <= last; ++i) {
    const auto t = s.task(id_of(i));
    ASSERT_TRUE(t) << i;
    ASSERT_EQ(t->events.size(), 1u) << i;
    if (i < last) {
      ASSERT_EQ(t->state, task_state::completed) << i;
    }
  }
}

TEST(postgres_outage, a_killed_server_loses_nothing_that_was_confirmed) {
  postgres_server server;
  auto s = server.open();
  int next = 1;
  for (int round = 0; round < 3; ++round) {
    writer w{*s, next};
    ASSERT_TRUE(eventually([&] { return w.confirmed() > next + 60 + 17 * round; }));
    server.process().kill();
    EXPECT_EQ(w.join(), store_error::kind::io);
    io_of([&] { apply(*s, {opened(100000)}); });
    server.process().start();
    expect_all(*s, w.confirmed());
    // The batch whose answer was lost is there as a whole or not at all; again it does no harm.
    const auto lost = s->task(id_of(w.confirmed() + 1));
    EXPECT_EQ(lost ? 1u : 0u, lost ? lost->events.size() : 0u);
    EXPECT_EQ(lost.has_value(), s->task(id_of(w.confirmed()))->state == task_state::completed);
    next = w.confirmed() + 1;
  }
}

TEST(postgres_outage, goes_on_after_the_server_was_started_anew) {
  postgres_server server;
  auto s = server.open();
  apply(*s, {opened(1)});
  server.process().stop();
  EXPECT_THAT(io_of([&] { apply(*s, {opened(2)}); }), HasSubstr("no connection"));
  io_of([&] { (void)s->task(id_of(1)); });
  io_of([&] { (void)s->take_shard("support", 1); });
  server.process().start();
  apply(*s, {opened(2)});
  EXPECT_TRUE(s->task(id_of(1)));
  // A restart in between is not even noticed.
  server.process().stop();
  server.process().start();
  apply(*s, {opened(3)});
  EXPECT_EQ(s->tasks({}).size(), 3u);
}

TEST(postgres_outage, a_server_that_hangs_is_given_up_in_time) {
  postgres_server server;
  auto settings = server.store_settings();
  settings.answer_timeout = milliseconds{300};
  auto s = open_postgres_store(settings);
  apply(*s, {opened(1)});
  plain_connection admin{settings.address};
  const auto pid =
      std::stoi(admin.sql("SELECT pid FROM pg_stat_activity WHERE application_name = 'troupe'"));
  ASSERT_EQ(::kill(pid, SIGSTOP), 0);
  EXPECT_THAT(io_of([&] { apply(*s, {opened(2)}); }), HasSubstr("no answer within 300 ms"));
  apply(*s, {opened(2)}); // on another connection, while the first one still hangs
  ::kill(pid, SIGCONT);
  EXPECT_EQ(s->tasks({}).size(), 2u);
}

TEST(postgres_outage, a_commit_that_did_not_reach_the_standby_is_not_confirmed) {
  postgres_server server;
  auto s = server.open();
  apply(*s, {opened(1)});
  plain_connection admin{server.store_settings().address};
  admin.sql("ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
  admin.sql("SELECT pg_reload_conf()");
  std::string waiting;
  std::thread impatient{[&] {
    // The server's settings change a moment after they were read: until then commits do not wait.
    EXPECT_TRUE(eventually([&] {
      waiting = admin.sql("SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep'");
      return !waiting.empty();
    }));
    admin.sql("SELECT pg_cancel_backend(" + waiting + ")");
  }};
  std::string why;
  int last = 1;
  while (why.empty()) {
    try {
      apply(*s, {opened(++last)});
    } catch (const store_error& e) {
      EXPECT_EQ(e.why(), store_error::kind::io);
      why = e.what();
    }
  }
  impatient.join();
  EXPECT_THAT(why, HasSubstr("gave up waiting for its standby"));
  // The row is there, so that there is nothing to write any more: to be confirmed it has to reach
  // the standby all the same.
  EXPECT_EQ(admin.sql("SELECT count(*) FROM troupe.tasks"), std::to_string(last));
  auto settings = server.store_settings();
  settings.answer_timeout = milliseconds{300};
  auto again = open_postgres_store(settings);
  EXPECT_THAT(io_of([&] { apply(*again, {opened(last)}); }), HasSubstr("no answer"));
  admin.sql("ALTER SYSTEM SET synchronous_standby_names = ''");
  admin.sql("SELECT pg_reload_conf()");
  EXPECT_TRUE(eventually([&] {
    try {
      apply(*again, {opened(last)});
    } catch (const store_error&) {
      return false;
    }
    return true;
  }));
}

/// Two servers, the second one a synchronous standby of the first.
class pair_of_servers {
 public:
  pair_of_servers()
      : first_(in(folder_.path("first"))) {
    const auto second = folder_.path("second");
    std::filesystem::create_directories(second / "data");
    std::filesystem::copy(folder_.path("first") / "password", second / "password");
    std::filesystem::permissions(second / "data", std::filesystem::perms::owner_all);
    struct stat owner {};
    ::stat(first_.data().c_str(), &owner);
    EXPECT_EQ(::chown((second / "data").c_str(), owner.st_uid, owner.st_gid), 0);
    first_.run({private_postgres::program("pg_basebackup"), "-d", first_.address(), "-D",
                (second / "data").string(), "-R", "-X", "stream", "-c", "fast", "--no-sync"});
    second_.emplace(in(second));
    plain_connection admin{first_.address()};
    admin.sql("ALTER SYSTEM SET synchronous_standby_names = '*'");
    admin.sql("SELECT pg_reload_conf()");
    EXPECT_TRUE(eventually([&] {
      return admin.sql("SELECT sync_state FROM pg_stat_replication") == "sync" &&
             admin.sql("SHOW synchronous_standby_names") == "*";
    }));
  }
  [[nodiscard]] postgres_settings both() {
    postgres_settings out;
    out.address = "host='" + first_.socket().string() + "," + second_->socket().string() +
                  "' user=troupe dbname=postgres password=" + first_.password();
    return out;
  }
  private_postgres& first() { return first_; }
  private_postgres& second() { return *second_; }

 private:
  static private_postgres_settings in(const std::filesystem::path& folder) {
    private_postgres_settings out;
    out.folder = folder;
    out.parameters.emplace_back("fsync", "off");
    return out;
  }
  open_folder folder_;
  private_postgres first_;
  std::optional<private_postgres> second_;
};

TEST(postgres_outage, the_promoted_standby_has_all_that_was_confirmed) {
  pair_of_servers servers;
  const auto settings = servers.both();
  auto s = open_postgres_store(settings);
  EXPECT_EQ(s->take_shard("support", 1), 1u);
  writer w{*s, 1};
  ASSERT_TRUE(eventually([&] { return w.confirmed() > 50; }));
  servers.first().kill();
  EXPECT_EQ(w.join(), store_error::kind::io);
  io_of([&] { apply(*s, {opened(100000)}); }); // The standby takes no writes yet.
  plain_connection{servers.second().address()}.sql("SELECT pg_promote()");
  expect_all(*s, w.confirmed());
  // The new primary waits for standbys as the old one did; it has none now.
  plain_connection admin{servers.second().address()};
  admin.sql("ALTER SYSTEM SET synchronous_standby_names = ''");
  admin.sql("SELECT pg_reload_conf()");
  EXPECT_TRUE(eventually([&] { return admin.sql("SHOW synchronous_standby_names").empty(); }));
  EXPECT_EQ(s->take_shard("support", 1), 2u);
  EXPECT_EQ(settings.newest_timeline->load(), 2u);

  // The old primary comes back, first in the list, and believes to be what it was.
  servers.first().start();
  s = open_postgres_store(settings);
  EXPECT_EQ(s->take_shard("support", 1), 3u) << "the promoted server was asked";
  auto alone = settings;
  alone.address = servers.first().address();
  EXPECT_THAT(io_of([&] { (void)open_postgres_store(alone); }), HasSubstr("promoted"));
}

} // namespace postgres_outage_cases
} // namespace troupe
