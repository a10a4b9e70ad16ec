#include "src/telemetry/sqlite.hpp"

#include "src/telemetry/log_book.hpp"

#include <sqlite3.h>

namespace troupe {

sqlite_file::sqlite_file(const std::string& path)
    : path_(path) {
  sqlite3* raw = nullptr;
  // The callers hold a lock around every use, so SQLite need not take another.
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
  const int code = sqlite3_open_v2(path.c_str(), &raw, flags, nullptr);
  db_.reset(raw);
  if (code != SQLITE_OK)
    throw log_error(path + ": " + (raw ? sqlite3_errmsg(raw) : sqlite3_errstr(code)));
  sqlite3_busy_timeout(raw, 5000);
}

void sqlite_file::fail() const {
  throw log_error(path_ + ": " + sqlite3_errmsg(db_.get()));
}

void sqlite_file::run(const char* sql) {
  if (sqlite3_exec(db_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK)
    fail();
}

std::int64_t sqlite_file::number(const char* sql) {
  sqlite_statement s{*this, sql};
  return s.step() ? s.number(0) : 0;
}

std::int64_t sqlite_file::changed() const {
  return sqlite3_changes64(db_.get());
}
std::int64_t sqlite_file::last_id() const {
  return sqlite3_last_insert_rowid(db_.get());
}

void sqlite_file::closer::operator()(sqlite3* db) const noexcept {
  sqlite3_close_v2(db);
}

sqlite_statement::sqlite_statement(sqlite_file& db, const char* sql)
    : db_(&db) {
  sqlite3_stmt* raw = nullptr;
  if (sqlite3_prepare_v3(db.handle(), sql, -1, SQLITE_PREPARE_PERSISTENT, &raw, nullptr) !=
      SQLITE_OK)
    db.fail();
  stmt_.reset(raw);
}

bool sqlite_statement::step() {
  const int code = sqlite3_step(stmt_.get());
  if (code == SQLITE_ROW)
    return true;
  if (code == SQLITE_DONE)
    return false;
  db_->fail();
}

void sqlite_statement::rewind() noexcept {
  sqlite3_reset(stmt_.get());
}

std::int64_t sqlite_statement::number(int column) const noexcept {
  return sqlite3_column_int64(stmt_.get(), column);
}

std::string_view sqlite_statement::text(int column) const noexcept {
  const auto* begin = reinterpret_cast<const char*>(sqlite3_column_text(stmt_.get(), column));
  if (!begin)
    return {};
  return {begin, static_cast<std::size_t>(sqlite3_column_bytes(stmt_.get(), column))};
}

bool sqlite_statement::is_null(int column) const noexcept {
  return sqlite3_column_type(stmt_.get(), column) == SQLITE_NULL;
}

bool sqlite_statement::is_number(int column) const noexcept {
  return sqlite3_column_type(stmt_.get(), column) == SQLITE_INTEGER;
}

void sqlite_statement::bind(int i, std::int64_t x) {
  if (sqlite3_bind_int64(stmt_.get(), i, x) != SQLITE_OK)
    db_->fail();
}

void sqlite_statement::bind(int i, std::string_view x) {
  // A null pointer would bind NULL; an empty view may have one.
  const char* begin = x.data() ? x.data() : "";
  if (sqlite3_bind_text64(stmt_.get(), i, begin, x.size(), SQLITE_STATIC, SQLITE_UTF8) != SQLITE_OK)
    db_->fail();
}

void sqlite_statement::bind(int i, std::nullptr_t) {
  if (sqlite3_bind_null(stmt_.get(), i) != SQLITE_OK)
    db_->fail();
}

void sqlite_statement::finalizer::operator()(sqlite3_stmt* s) const noexcept {
  sqlite3_finalize(s);
}

sqlite_transaction::~sqlite_transaction() {
  // SQLite may have rolled back by itself, after a full disk for instance; then there is nothing to
  // do.
  if (open_ && !sqlite3_get_autocommit(db_->handle()))
    sqlite3_exec(db_->handle(), "ROLLBACK", nullptr, nullptr, nullptr);
}

void sqlite_transaction::commit() {
  db_->run("COMMIT");
  open_ = false;
}

} // namespace troupe
