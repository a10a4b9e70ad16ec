#include "src/store/open_set.hpp"
#include "src/store/store.hpp"
#include "tests/src/store/store_fixture.hpp"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <fstream>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

namespace troupe {
namespace sqlite_store_cases {

const sqlite_settings impatient{.max_bytes = 0, .busy_timeout = milliseconds{0}, .audit_key = {}};

store_error::kind refusal_of(const std::string& path) {
  try {
    (void)open_sqlite_store(path, impatient);
  } catch (const store_error& e) {
    EXPECT_NE(std::string{e.what()}.find(path), std::string::npos) << e.what();
    return e.why();
  }
  ADD_FAILURE() << "was opened";
  return store_error::kind::io;
}

void run_sql(const std::string& path, const char* sql) {
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &db), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(db, sql, nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(db);
  sqlite3_close(db);
}

std::string bytes_of(const std::string& path) {
  std::ifstream in{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

TEST(sqlite_store, finds_everything_again) {
  temporary_folder folder;
  const auto path = folder.file("a.db");
  {
    auto s = open_sqlite_store(path);
    s->apply(std::vector{opened(1), appended(1, 1, "e", task_state::input_required), opened(2),
                         closed(2), session_of("s", 1, "body")});
  }
  auto s = open_sqlite_store(path);
  EXPECT_EQ(s->open_tasks("support", 1).size(), 1u);
  EXPECT_EQ(s->open_tasks("support", 2).size(), 0u);
  EXPECT_EQ(s->task(id_of(1))->state, task_state::input_required);
  EXPECT_EQ(s->task(id_of(2))->outcome_body, "end");
  EXPECT_EQ(s->session("support", "s"), "body");
}

TEST(sqlite_store, a_task_that_begins_and_ends_at_once_is_like_any_other) {
  temporary_folder folder;
  const auto path = folder.file("a.db");
  auto again = closed(3);
  again.body = "a later end";
  const std::vector batch{
      opened(1),           opened(2), closed(2), appended(3, 1, "too early"), opened(3),
      appended(3, 1, "e"), closed(3), again,     appended(3, 2, "too late")};
  {
    auto s = open_sqlite_store(path);
    s->apply(batch);
    // Whoever does not know whether a batch arrived sends it again.
    s->apply(batch);
    s->apply(std::vector{closed(1)});
  }
  auto s = open_sqlite_store(path);
  for (int i = 1; i <= 3; ++i) {
    const auto t = s->task(id_of(i));
    ASSERT_TRUE(t);
    EXPECT_EQ(t->state, closed(i).state);
    EXPECT_EQ(t->updated, closed(i).at);
    EXPECT_EQ(t->outcome_body, "end");
    for (std::uint32_t shard = 0; shard < 8; ++shard)
      EXPECT_TRUE(s->open_tasks("support", shard).empty());
  }
  ASSERT_EQ(s->task(id_of(3))->events.size(), 1u);
  EXPECT_EQ(s->tasks({}).size(), 3u);
  EXPECT_EQ(s->prune({time_of(1000)}, 10), 3u);
  EXPECT_TRUE(s->tasks({}).empty());
}

TEST(sqlite_store, its_size_is_without_the_audit_trail) {
  temporary_folder folder;
  const auto path = folder.file("a.db");
  auto s = open_sqlite_store(path);
  std::vector<store_write> all;
  for (int i = 0; i < 100; ++i) {
    all.push_back(opened(i));
    all.back().body.assign(5000, 'x');
  }
  s->apply(all);
  const auto before = s->bytes();
  EXPECT_GT(before, 500'000u);
  all.assign(5000, {});
  for (std::size_t i = 0; i < all.size(); ++i) {
    all[i].what = store_write::kind::audit;
    all[i].id = "record/" + std::to_string(i);
    all[i].body.assign(300, 'y');
  }
  s->apply(all);
  // Of the trail, which takes about 1.9 MB, the size is an estimate.
  EXPECT_GT(s->bytes(), before * 3 / 4);
  EXPECT_LT(s->bytes(), before * 5 / 4);
  s.reset();
  s = open_sqlite_store(path);
  EXPECT_LT(s->bytes(), before * 5 / 4);
}

TEST(sqlite_store, finds_open_tasks_however_many_came_after) {
  temporary_folder folder;
  const auto path = folder.file("a.db");
  const int many = static_cast<int>(open_set::generation) * 3 + 100;
  std::size_t open = 0;
  {
    auto s = open_sqlite_store(path);
    std::vector<store_write> batch;
    for (int i = 0; i < many; ++i) {
      batch.push_back(opened(i));
      if (i % 1000 == 0)
        ++open;
      else
        batch.push_back(closed(i));
      if (batch.size() > 4000) {
        s->apply(batch);
        batch.clear();
      }
    }
    s->apply(batch);
  }
  const auto count = [](store& s) {
    std::size_t n = 0;
    for (std::uint32_t shard = 0; shard < 8; ++shard)
      n += s.open_tasks("support", shard).size();
    return n;
  };
  {
    auto s = open_sqlite_store(path);
    EXPECT_EQ(count(*s), open);
    s->apply(std::vector{closed(0), closed(1000), closed(many / 1000 * 1000)});
    EXPECT_EQ(count(*s), open - 3);
  }
  auto s = open_sqlite_store(path);
  EXPECT_EQ(count(*s), open - 3);
}

TEST(sqlite_store, has_one_owner) {
  temporary_folder folder;
  const auto path = folder.file("a.db");
  auto s = open_sqlite_store(path);
  EXPECT_EQ(refusal_of(path), store_error::kind::busy);
  const auto child = fork();
  if (child == 0) {
    try {
      (void)open_sqlite_store(path, impatient);
      _exit(1);
    } catch (const store_error& e) {
      _exit(e.why() == store_error::kind::busy ? 0 : 2);
    }
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  s->apply(std::vector{opened(1)});
  s.reset();
  s = open_sqlite_store(path, impatient);
  EXPECT_TRUE(s->task(id_of(1)));
}

TEST(sqlite_store, leaves_foreign_files_alone) {
  temporary_folder folder;
  const auto text = folder.file("text");
  std::ofstream{text} << std::string(5000, 'x');
  EXPECT_EQ(refusal_of(text), store_error::kind::foreign);
  EXPECT_EQ(bytes_of(text), std::string(5000, 'x'));

  const auto other = folder.file("other.db");
  run_sql(other, "CREATE TABLE theirs(x)");
  const auto before = bytes_of(other);
  EXPECT_EQ(refusal_of(other), store_error::kind::foreign);
  EXPECT_EQ(bytes_of(other), before);

  const auto newer = folder.file("newer.db");
  (void)open_sqlite_store(newer);
  run_sql(newer, "PRAGMA user_version=99");
  EXPECT_EQ(refusal_of(newer), store_error::kind::foreign);

  EXPECT_EQ(refusal_of(folder.file("no/such/folder.db")), store_error::kind::io);
}

TEST(sqlite_store, says_that_a_file_is_damaged) {
  temporary_folder folder;
  const auto path = folder.file("a.db");
  {
    auto s = open_sqlite_store(path);
    for (int i = 0; i < 200; ++i)
      s->apply(std::vector{opened(i), appended(i, 1, std::string(500, 'x'))});
  }
  {
    std::fstream f{path, std::ios::in | std::ios::out | std::ios::binary};
    f.seekp(8192);
    f << std::string(8192 * 12, '\x5a');
  }
  EXPECT_EQ(refusal_of(path), store_error::kind::corrupt);
}

TEST(sqlite_store, works_again_when_there_is_space_again) {
  temporary_folder folder;
  auto s =
      open_sqlite_store(folder.file("a.db"),
                        {.max_bytes = 1 << 20, .busy_timeout = milliseconds{0}, .audit_key = {}});
  int stored = 0;
  bool full = false;
  for (; stored < 1000 && !full; ++stored) {
    auto o = opened(stored);
    o.body.assign(5000, 'x');
    auto half = opened(100000 + stored);
    try {
      s->apply(std::vector{half, o, closed(stored), closed(100000 + stored)});
    } catch (const store_error& e) {
      EXPECT_EQ(e.why(), store_error::kind::full);
      EXPECT_FALSE(s->task(half.id)) << "all or nothing";
      EXPECT_FALSE(s->task(o.id));
      full = true;
      break;
    }
  }
  ASSERT_TRUE(full);
  ASSERT_GT(stored, 10);
  task_filter all;
  all.limit = 1000;
  EXPECT_EQ(s->tasks(all).size(), static_cast<std::size_t>(2 * stored));
  EXPECT_GT(s->prune({time_of(200000)}, 50), 0u);
  auto o = opened(500);
  o.body.assign(5000, 'y');
  s->apply(std::vector{o});
  EXPECT_EQ(s->task(o.id)->task_body, o.body);
  EXPECT_EQ(s->open_tasks("support", o.shard).size(), 1u);
}

TEST(sqlite_store, a_killed_process_loses_nothing_that_was_confirmed) {
  temporary_folder folder;
  const auto path = folder.file("a.db");
  int confirmed = -1;
  int next = 0;
  for (int round = 0; round < 4; ++round) {
    int fds[2];
    ASSERT_EQ(pipe(fds), 0);
    const auto child = fork();
    if (child == 0) {
      try {
        auto s = open_sqlite_store(path);
        for (int i = next;; ++i) {
          std::vector<store_write> batch{opened(i), appended(i, 1, std::string(3000, 'e'))};
          if (i > 0)
            batch.push_back(closed(i - 1));
          s->apply(batch);
          if (write(fds[1], &i, sizeof i) != sizeof i)
            _exit(1);
        }
      } catch (...) {
        _exit(2);
      }
    }
    close(fds[1]);
    int i = 0;
    // The child is in the middle of some apply when it has confirmed this many.
    while (confirmed < next + 100 + 37 * round && read(fds[0], &i, sizeof i) == sizeof i)
      confirmed = i;
    kill(child, SIGKILL);
    while (read(fds[0], &i, sizeof i) == sizeof i)
      confirmed = i;
    close(fds[0]);
    int status = 0;
    waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status));
    ASSERT_GE(confirmed, next + 100);

    auto s = open_sqlite_store(path);
    for (int k = 0; k <= confirmed; ++k) {
      auto t = s->task(id_of(k));
      ASSERT_TRUE(t) << k;
      ASSERT_EQ(t->events.size(), 1u);
      if (k < confirmed) {
        ASSERT_EQ(t->state, task_state::completed) << k;
      }
    }
    std::size_t open = 0;
    for (std::uint32_t shard = 0; shard < 8; ++shard)
      open += s->open_tasks("support", shard).size();
    EXPECT_EQ(open, 1u) << "batches are whole or absent";
    next = s->task(id_of(confirmed + 1)) ? confirmed + 2 : confirmed + 1;
    EXPECT_FALSE(s->task(id_of(next)));
  }
}

} // namespace sqlite_store_cases
} // namespace troupe
