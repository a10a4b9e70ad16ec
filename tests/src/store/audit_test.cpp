#include "src/store/audit.hpp"

#include "src/digest/digest.hpp"
#include "src/store/sqlite_audit.hpp"
#include "src/store/store.hpp"
#include "tests/src/store/postgres_kit.hpp"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <filesystem>
#include <fstream>

using namespace troupe;

namespace audit_cases {

namespace fs = std::filesystem;

/// A trail of five records in a folder of its own.
class trail {
 public:
  explicit trail(std::string key = {})
      : key_(std::move(key)) {
    dir_ =
        fs::path{::testing::TempDir()} /
        ("audit-" + std::string{::testing::UnitTest::GetInstance()->current_test_info()->name()});
    fs::remove_all(dir_);
    fs::create_directories(dir_);
    add(1, 5);
  }
  ~trail() { fs::remove_all(dir_); }

  void add(int first, int last) {
    sqlite_settings settings;
    settings.audit_key = key_;
    auto s = open_sqlite_store(path(), settings);
    for (int i = first; i <= last; ++i)
      s->apply(std::vector<store_write>{write(i)});
  }
  static store_write write(int i) {
    store_write w;
    w.what = store_write::kind::audit;
    w.id = "r" + std::to_string(i);
    w.body = R"({"what":"effect.begun","n":)" + std::to_string(i) + "}";
    return w;
  }
  void sql(const std::string& text) const {
    sqlite3* db = nullptr;
    ASSERT_EQ(sqlite3_open(path().c_str(), &db), SQLITE_OK);
    char* why = nullptr;
    EXPECT_EQ(sqlite3_exec(db, text.c_str(), nullptr, nullptr, &why), SQLITE_OK) << why;
    sqlite3_close(db);
  }
  [[nodiscard]] std::string path() const { return (dir_ / "journal.db").string(); }
  /// What is wrong with the trail; empty: nothing.
  [[nodiscard]] std::string fault(const std::string& key = {}, bool with_head = true) const {
    audit_verifier check{key};
    const auto head = read_audit_head(path());
    if (with_head && head)
      check.watch(*head);
    for (const auto& row : read_sqlite_audit(path(), 0, 1000))
      check.take(row);
    if (with_head && head)
      check.end_at(*head);
    return check.fault();
  }

 private:
  std::string key_;
  fs::path dir_;
};

TEST(audit, an_untouched_trail_is_good) {
  const trail t;
  EXPECT_EQ(t.fault(), "");
  const auto rows = read_sqlite_audit(t.path(), 3, 10);
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].n, 4u);
  EXPECT_EQ(rows[0].id, "r4");
}

TEST(audit, a_flipped_byte_is_found_at_its_record) {
  const trail t;
  t.sql("UPDATE audit SET body = replace(body, 'begun', 'begum') WHERE n = 3");
  EXPECT_TRUE(t.fault().starts_with("record 3: its hash")) << t.fault();
}

TEST(audit, a_changed_id_is_found) {
  const trail t;
  t.sql("UPDATE audit SET id = 'r22' WHERE n = 2");
  EXPECT_TRUE(t.fault().starts_with("record 2: its hash")) << t.fault();
}

TEST(audit, a_deleted_record_is_missed) {
  const trail t;
  t.sql("DELETE FROM audit WHERE n = 2");
  EXPECT_EQ(t.fault(), "record 2: it is missing; the next one there is 3");
}

TEST(audit, records_that_changed_places_are_found) {
  const trail t;
  t.sql("UPDATE audit SET n = 100 WHERE n = 2; UPDATE audit SET n = 2 WHERE n = 3;"
        "UPDATE audit SET n = 3 WHERE n = 100");
  EXPECT_TRUE(t.fault().starts_with("record 2: its hash")) << t.fault();
}

TEST(audit, a_missing_end_is_found_by_the_head_beside_it) {
  const trail t;
  t.sql("DELETE FROM audit WHERE n > 3");
  EXPECT_EQ(t.fault({}, false), "") << "what is left is a good trail";
  EXPECT_EQ(t.fault(), "record 4: it is missing: the trail ended with record 5 once");
}

TEST(audit, a_missing_end_stays_on_record_when_the_trail_goes_on) {
  trail t;
  t.sql("DELETE FROM audit WHERE n > 3");
  t.add(6, 6);
  const auto rows = read_sqlite_audit(t.path(), 3, 10);
  ASSERT_EQ(rows.size(), 2u);
  const auto told = nlohmann::json::parse(rows[0].body);
  EXPECT_EQ(told["what"], "audit.broken");
  EXPECT_GT(told["at"], 1'700'000'000'000'000) << "microseconds since 1970";
  EXPECT_EQ(rows[1].id, "r6");
}

TEST(audit, a_trail_that_went_on_after_a_break_does_not_pass_for_whole) {
  trail t;
  const auto broken_after = [&](std::uint64_t known) {
    audit_verifier check;
    check.known_until(known);
    for (const auto& row : read_sqlite_audit(t.path(), 0, 10))
      check.take(row);
    EXPECT_EQ(check.fault(), "") << "its records are in order";
    return check.found_broken();
  };
  EXPECT_EQ(broken_after(0), 0u);
  t.sql("DELETE FROM audit WHERE n > 3");
  t.add(6, 6);
  EXPECT_EQ(broken_after(0), 4u);
  EXPECT_EQ(broken_after(3), 4u);
  EXPECT_EQ(broken_after(4), 0u) << "somebody has seen that record";
}

TEST(audit, a_trail_made_anew_without_the_key_is_found) {
  const trail t{"a key that only the operator has"};
  EXPECT_EQ(t.fault("a key that only the operator has"), "");
  auto rows = read_sqlite_audit(t.path(), 0, 10);
  auto before = audit_origin();
  std::string forged;
  for (auto& row : rows) {
    row.body[2] = 'W';
    row.hash = audit_link({}, before, row.n, row.id, row.body);
    before = row.hash;
    forged += "UPDATE audit SET body = '" + row.body + "', hash = x'" + hex(row.hash) +
              "' WHERE n = " + std::to_string(row.n) + ";";
  }
  t.sql(forged);
  EXPECT_EQ(t.fault({}, false), "") << "without the key anybody can make a trail";
  EXPECT_TRUE(t.fault("a key that only the operator has", false).starts_with("record 1: its hash"));
}

TEST(audit, a_head_that_is_behind_is_fine_and_another_one_is_not) {
  const trail t;
  const auto rows = read_sqlite_audit(t.path(), 0, 10);
  const auto against = [&](const audit_head& head) {
    audit_verifier check;
    check.watch(head);
    for (const auto& row : rows)
      check.take(row);
    return check.end_at(head);
  };
  EXPECT_TRUE(against({3, rows[2].hash}));
  EXPECT_TRUE(against({5, rows[4].hash}));
  EXPECT_FALSE(against({3, rows[3].hash}));
  EXPECT_FALSE(against({6, rows[4].hash}));
}

TEST(audit, the_same_record_is_there_once_and_a_batch_that_fails_leaves_nothing) {
  trail t;
  t.add(4, 6);
  EXPECT_EQ(read_sqlite_audit(t.path(), 0, 10).size(), 6u);
  EXPECT_EQ(t.fault(), "");
}

TEST(audit, the_other_stores_keep_the_same_trail) {
  const trail t;
  for (const bool in_memory : {true, false}) {
    auto m = in_memory ? make_memory_store() : open_postgres_store(schema_of_test());
    for (int i = 1; i <= 5; ++i) {
      m->apply(std::vector<store_write>{trail::write(i)});
      m->apply(std::vector<store_write>{trail::write(i)});
    }
    const auto mine = m->audit(0, 10);
    const auto theirs = read_sqlite_audit(t.path(), 0, 10);
    ASSERT_EQ(mine.size(), theirs.size());
    EXPECT_EQ(mine.back().hash, theirs.back().hash);
    EXPECT_EQ(m->audit(4, 10).size(), 1u);
  }
}

TEST(audit, heads_are_read_as_they_are_written) {
  const audit_head head{12, sha256("x")};
  EXPECT_EQ(parse_audit_head(to_text(head) + "\n"), head);
  EXPECT_EQ(parse_audit_head("12:" + hex(head.hash)), head);
  for (const auto* bad : {"", "x", "12", "12 abc", "12 zz"})
    EXPECT_FALSE(parse_audit_head(bad)) << bad;
}

} // namespace audit_cases
