#include "examples/customer-support/backend/database.hpp"

#include <sqlite3.h>

#include <chrono>
#include <thread>

namespace troupe::support {

namespace {

[[noreturn]] void refuse(sqlite3* db, int code, std::string_view doing) {
  std::string what{doing};
  what += ": ";
  what += db ? sqlite3_errmsg(db) : sqlite3_errstr(code);
  const int primary = code & 0xff;
  throw database_error{what, primary == SQLITE_BUSY || primary == SQLITE_LOCKED};
}

} // namespace

void statement::finalize::operator()(sqlite3_stmt* s) const {
  sqlite3_finalize(s);
}

statement::statement(sqlite3* db, std::string_view sql)
    : db_(db) {
  sqlite3_stmt* raw = nullptr;
  const int code = sqlite3_prepare_v2(db, sql.data(), static_cast<int>(sql.size()), &raw, nullptr);
  stmt_.reset(raw);
  if (code != SQLITE_OK)
    refuse(db, code, sql);
}

statement& statement::with(std::int64_t value) {
  if (const int code = sqlite3_bind_int64(stmt_.get(), ++bound_, value); code != SQLITE_OK)
    refuse(db_, code, "bind");
  return *this;
}

statement& statement::with(std::string_view value) {
  const int code = sqlite3_bind_text(stmt_.get(), ++bound_, value.data(),
                                     static_cast<int>(value.size()), SQLITE_TRANSIENT);
  if (code != SQLITE_OK)
    refuse(db_, code, "bind");
  return *this;
}

bool statement::next() {
  const int code = sqlite3_step(stmt_.get());
  if (code != SQLITE_ROW && code != SQLITE_DONE)
    refuse(db_, code, sqlite3_sql(stmt_.get()));
  return code == SQLITE_ROW;
}

std::int64_t statement::number(int column) const {
  return sqlite3_column_int64(stmt_.get(), column);
}

std::string statement::text(int column) const {
  const auto* bytes = sqlite3_column_text(stmt_.get(), column);
  if (!bytes)
    return {};
  return {reinterpret_cast<const char*>(bytes),
          static_cast<std::size_t>(sqlite3_column_bytes(stmt_.get(), column))};
}

void database::close::operator()(sqlite3* db) const {
  sqlite3_close(db);
}

database::database(const std::string& path, milliseconds patience) {
  sqlite3* raw = nullptr;
  const int code =
      sqlite3_open_v2(path.c_str(), &raw,
                      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  db_.reset(raw);
  if (code != SQLITE_OK)
    refuse(raw, code, "open " + path);
  sqlite3_busy_timeout(raw, static_cast<int>(patience.count()));
  // SQLite does not wait by itself where two processes turn a new file into one with a log at once.
  const auto until = std::chrono::steady_clock::now() + patience;
  while (true) {
    try {
      run("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;");
      return;
    } catch (const database_error& e) {
      if (!e.busy || std::chrono::steady_clock::now() >= until)
        throw;
    }
    std::this_thread::sleep_for(milliseconds{10});
  }
}

void database::run(const std::string& sql) {
  if (const int code = sqlite3_exec(db_.get(), sql.c_str(), nullptr, nullptr, nullptr);
      code != SQLITE_OK)
    refuse(db_.get(), code, "run");
}

transaction::transaction(database& db)
    : db_(db) {
  db_.run("BEGIN IMMEDIATE");
}

transaction::~transaction() {
  if (!open_)
    return;
  try {
    db_.run("ROLLBACK");
  } catch (const database_error&) {
    // SQLite has already taken the transaction back by itself.
  }
}

void transaction::commit() {
  db_.run("COMMIT");
  open_ = false;
}

} // namespace troupe::support
