#pragma once

#include <sqlite3.h>

#include <stdexcept>
#include <string>

namespace troupe::kill {

/// The back end's database: what was really refunded. It knows keys, and never refuses a second
/// refund by itself. One object per thread that uses it.
class books {
 public:
  explicit books(const std::string& dir) {
    if (sqlite3_open((dir + "/books.db").c_str(), &db_) != SQLITE_OK)
      fail();
    sqlite3_busy_timeout(db_, 10000);
    begin();
    run("PRAGMA synchronous=OFF");
    run("CREATE TABLE IF NOT EXISTS refunds(charge TEXT NOT NULL, kind TEXT NOT NULL, key TEXT NOT "
        "NULL)");
    run("CREATE INDEX IF NOT EXISTS by_key ON refunds(key)");
    run("CREATE INDEX IF NOT EXISTS by_charge ON refunds(charge, kind)");
  }
  books(const books&) = delete;
  books& operator=(const books&) = delete;
  ~books() { sqlite3_close(db_); }

  void refund(const std::string& charge, const std::string& kind, const std::string& key) {
    ask("INSERT INTO refunds VALUES(?1, ?2, ?3)", charge, kind, key);
  }
  [[nodiscard]] bool knows(const std::string& key) {
    return ask("SELECT count(*) FROM refunds WHERE key = ?1", key, {}, {}) > 0;
  }
  [[nodiscard]] int count(const std::string& charge, const std::string& kind) {
    return ask("SELECT count(*) FROM refunds WHERE charge = ?1 AND kind = ?2", charge, kind, {});
  }
  [[nodiscard]] int all() { return ask("SELECT count(*) FROM refunds", {}, {}, {}); }

 private:
  /// Two who open the file together get in each other's way, and SQLite waits for neither.
  void begin() {
    constexpr int looks = 1000;
    for (int n = 1;
         sqlite3_exec(db_, "PRAGMA journal_mode=WAL", nullptr, nullptr, nullptr) != SQLITE_OK;
         ++n) {
      if (n == looks || sqlite3_errcode(db_) != SQLITE_BUSY)
        fail();
      sqlite3_sleep(10);
    }
  }
  [[noreturn]] void fail() const { throw std::runtime_error{sqlite3_errmsg(db_)}; }
  void run(const char* sql) {
    if (sqlite3_exec(db_, sql, nullptr, nullptr, nullptr) != SQLITE_OK)
      fail();
  }
  int ask(const char* sql, const std::string& a, const std::string& b, const std::string& c) {
    sqlite3_stmt* s = nullptr;
    if (sqlite3_prepare_v2(db_, sql, -1, &s, nullptr) != SQLITE_OK)
      fail();
    const int wanted = sqlite3_bind_parameter_count(s);
    const std::string* const values[] = {&a, &b, &c};
    for (int i = 0; i < wanted; ++i)
      sqlite3_bind_text(s, i + 1, values[i]->data(), static_cast<int>(values[i]->size()),
                        SQLITE_STATIC);
    const int end = sqlite3_step(s);
    const int out = end == SQLITE_ROW ? sqlite3_column_int(s, 0) : 0;
    sqlite3_finalize(s);
    if (end != SQLITE_ROW && end != SQLITE_DONE)
      fail();
    return out;
  }
  sqlite3* db_ = nullptr;
};

} // namespace troupe::kill
