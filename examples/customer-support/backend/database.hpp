#pragma once

#include <troupe/clock.hpp>

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace troupe::support {

/// The database refused. `busy` tells that another writer held it for too long: worth another try.
class database_error : public std::runtime_error {
 public:
  database_error(const std::string& what, bool is_busy)
      : std::runtime_error(what)
      , busy(is_busy) {}
  bool busy;
};

/// A statement with its values, read row by row: `while (s.next()) ... s.text(0)`.
class statement {
 public:
  statement(sqlite3* db, std::string_view sql);

  /// Binds the next `?`.
  statement& with(std::int64_t value);
  statement& with(int value) { return with(static_cast<std::int64_t>(value)); }
  statement& with(std::string_view value);
  statement& with(const char* value) { return with(std::string_view{value}); }
  statement& with(const std::string& value) { return with(std::string_view{value}); }

  /// Goes to the next row; false at the end.
  bool next();

  /// Runs a statement that gives no rows.
  void run() {
    while (next())
      ;
  }

  [[nodiscard]] std::int64_t number(int column) const;
  /// The column as text; empty for NULL.
  [[nodiscard]] std::string text(int column) const;

 private:
  struct finalize {
    void operator()(sqlite3_stmt* s) const;
  };
  sqlite3* db_;
  std::unique_ptr<sqlite3_stmt, finalize> stmt_;
  int bound_ = 0;
};

/// One connection. Not for several threads at once: whoever shares it holds a lock meanwhile.
class database {
 public:
  /// Opens the file, making it if needed, in WAL mode: other processes read while one writes. A
  /// writer waits up to `patience` for another. Throws `database_error`.
  explicit database(const std::string& path, milliseconds patience = milliseconds{3000});

  /// Runs statements separated by semicolons, without values.
  void run(const std::string& sql);

  /// A statement whose `?` take `values`, in order.
  template <class... V>
  [[nodiscard]] statement ask(std::string_view sql, const V&... values) {
    statement s{db_.get(), sql};
    (s.with(values), ...);
    return s;
  }

 private:
  struct close {
    void operator()(sqlite3* db) const;
  };
  std::unique_ptr<sqlite3, close> db_;
};

/// All or nothing: takes the write lock at once, so that nobody can come between reading and
/// writing, and takes everything back unless `commit` was reached.
class transaction {
 public:
  explicit transaction(database& db);
  ~transaction();
  transaction(const transaction&) = delete;
  transaction& operator=(const transaction&) = delete;

  void commit();

 private:
  database& db_;
  bool open_ = true;
};

} // namespace troupe::support
