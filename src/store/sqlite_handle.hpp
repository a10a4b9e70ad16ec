#pragma once

#include "src/store/store.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace troupe {

/// An open SQLite database. Not thread safe: SQLite's own locking between threads is switched off,
/// one thread at a time uses the handle and its statements.
class sqlite_handle {
 public:
  /// Opens or creates the file. Throws `store_error`.
  explicit sqlite_handle(const std::string& path);

  /// Runs SQL that gives no rows. Throws `store_error`.
  void run(const std::string& sql);

  /// The single number that `sql` asks for; 0 if it gives no row. Throws `store_error`.
  [[nodiscard]] std::int64_t number(const std::string& sql);

  [[nodiscard]] bool in_transaction() const noexcept;
  [[nodiscard]] std::int64_t changed_rows() const noexcept; ///< by the last statement that ran
  [[nodiscard]] sqlite3* get() const noexcept { return db_.get(); }
  [[nodiscard]] const std::string& path() const noexcept { return path_; }

  /// Throws what the last call's error code says.
  [[noreturn]] void raise() const;

 private:
  struct closer {
    void operator()(sqlite3* db) const noexcept;
  };
  std::string path_;
  std::unique_ptr<sqlite3, closer> db_;
};

/// A prepared statement. Texts that are bound must stay where they are until it was run. Must not
/// outlive its handle.
class sqlite_statement {
 public:
  sqlite_statement(sqlite_handle& db, std::string_view sql);

  sqlite_statement& text(int at, std::string_view value);
  sqlite_statement& blob(int at, std::string_view value);
  sqlite_statement& number(int at, std::int64_t value);

  /// Runs it to its end and makes it ready to run again. Throws `store_error`.
  void run();

  /// Steps to the next row; false when there is none, and then it is ready to run again. Throws
  /// `store_error`.
  [[nodiscard]] bool next();

  /// Makes it ready to run again before its last row was read.
  void stop() noexcept;

  [[nodiscard]] std::int64_t number_at(int column) const noexcept;
  [[nodiscard]] std::string_view bytes_at(int column) const noexcept; ///< until the next step

 private:
  struct closer {
    void operator()(sqlite3_stmt* s) const noexcept;
  };
  sqlite_handle* db_;
  std::unique_ptr<sqlite3_stmt, closer> statement_;
};

/// Stops a statement when the scope that reads its rows is left, in whichever way.
class sqlite_rows {
 public:
  explicit sqlite_rows(sqlite_statement& s) noexcept
      : s_(s) {}
  sqlite_rows(const sqlite_rows&) = delete;
  sqlite_rows& operator=(const sqlite_rows&) = delete;
  ~sqlite_rows() { s_.stop(); }
  [[nodiscard]] bool next() { return s_.next(); }
  [[nodiscard]] std::int64_t number(int column) const noexcept { return s_.number_at(column); }
  [[nodiscard]] std::string_view bytes(int column) const noexcept { return s_.bytes_at(column); }

 private:
  sqlite_statement& s_;
};

} // namespace troupe
