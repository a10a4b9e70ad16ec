#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace troupe {

/// An open SQLite database. Every failure is a `log_error` that names the file. One thread at a
/// time.
class sqlite_file {
 public:
  /// Opens or makes `path`. Waits at most five seconds whenever another connection holds a lock.
  explicit sqlite_file(const std::string& path);

  /// Runs statements that give no rows.
  void run(const char* sql);
  /// The one number that `sql` gives; 0 if it gives none.
  std::int64_t number(const char* sql);
  /// Rows that the last statement changed.
  [[nodiscard]] std::int64_t changed() const;
  [[nodiscard]] std::int64_t last_id() const;
  [[nodiscard]] sqlite3* handle() const noexcept { return db_.get(); }
  [[noreturn]] void fail() const;

 private:
  struct closer {
    void operator()(sqlite3* db) const noexcept;
  };
  std::string path_;
  std::unique_ptr<sqlite3, closer> db_;
};

/// A prepared statement, to be run many times. Must not outlive its database.
class sqlite_statement {
 public:
  sqlite_statement(sqlite_file& db, const char* sql);

  /// Sets the parameters, numbered from 1, and rewinds. Texts are not copied: they must live until
  /// the last `step`.
  template <class... Ts>
  sqlite_statement& with(const Ts&... xs) {
    rewind();
    int i = 0;
    (bind(++i, xs), ...);
    return *this;
  }
  /// Sets one parameter after `with`, where their number is known only at run time.
  void put(int i, std::string_view x) { bind(i, x); }
  /// Goes to the next row; false after the last one.
  bool step();
  /// Runs to the end and rewinds.
  void run() {
    while (step()) {
    }
    rewind();
  }
  void rewind() noexcept;

  [[nodiscard]] std::int64_t number(int column) const noexcept;
  /// Valid until the next step.
  [[nodiscard]] std::string_view text(int column) const noexcept;
  [[nodiscard]] bool is_null(int column) const noexcept;
  [[nodiscard]] bool is_number(int column) const noexcept;

 private:
  void bind(int i, std::int64_t x);
  void bind(int i, std::string_view x);
  void bind(int i, std::nullptr_t);

  struct finalizer {
    void operator()(sqlite3_stmt* s) const noexcept;
  };
  sqlite_file* db_;
  std::unique_ptr<sqlite3_stmt, finalizer> stmt_;
};

/// A transaction: undone at the end of its scope unless `commit` was called.
class sqlite_transaction {
 public:
  explicit sqlite_transaction(sqlite_file& db, const char* begin = "BEGIN IMMEDIATE")
      : db_(&db) {
    db_->run(begin);
  }
  sqlite_transaction(const sqlite_transaction&) = delete;
  sqlite_transaction& operator=(const sqlite_transaction&) = delete;
  ~sqlite_transaction();
  void commit();

 private:
  sqlite_file* db_;
  bool open_ = true;
};

} // namespace troupe
