#include "src/store/sqlite_handle.hpp"

#include <sqlite3.h>

#include <new>

namespace troupe {

namespace {

store_error::kind kind_of(int code) noexcept {
  switch (code & 0xff) {
  case SQLITE_FULL:
    return store_error::kind::full;
  case SQLITE_BUSY:
  case SQLITE_LOCKED:
    return store_error::kind::busy;
  case SQLITE_CORRUPT:
    return store_error::kind::corrupt;
  case SQLITE_NOTADB:
    return store_error::kind::foreign;
  default:
    return store_error::kind::io;
  }
}

const char* sqlite_advice(store_error::kind kind) noexcept {
  switch (kind) {
  case store_error::kind::full:
    return "no space left for the database";
  case store_error::kind::busy:
    return "another process uses the database";
  case store_error::kind::corrupt:
    return "the database is damaged";
  case store_error::kind::foreign:
    return "the file is not a database of troupe";
  case store_error::kind::fenced:
  case store_error::kind::io:
    break;
  }
  return "the database cannot be read or written";
}

} // namespace

void sqlite_handle::closer::operator()(sqlite3* db) const noexcept {
  sqlite3_close_v2(db);
}

void sqlite_statement::closer::operator()(sqlite3_stmt* s) const noexcept {
  sqlite3_finalize(s);
}

sqlite_handle::sqlite_handle(const std::string& path)
    : path_(path) {
  sqlite3* db = nullptr;
  const int code = sqlite3_open_v2(
      path.c_str(), &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  db_.reset(db);
  if (!db)
    throw std::bad_alloc{};
  if (code != SQLITE_OK)
    raise();
  sqlite3_extended_result_codes(db, 1);
}

void sqlite_handle::run(const std::string& sql) {
  if (sqlite3_exec(db_.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
    raise();
}

std::int64_t sqlite_handle::number(const std::string& sql) {
  sqlite_statement s{*this, sql};
  return s.next() ? s.number_at(0) : 0;
}

bool sqlite_handle::in_transaction() const noexcept {
  return !sqlite3_get_autocommit(db_.get());
}

std::int64_t sqlite_handle::changed_rows() const noexcept {
  return sqlite3_changes64(db_.get());
}

void sqlite_handle::raise() const {
  const auto kind = kind_of(sqlite3_extended_errcode(db_.get()));
  throw store_error{kind,
                    path_ + ": " + sqlite_advice(kind) + " (" + sqlite3_errmsg(db_.get()) + ")"};
}

sqlite_statement::sqlite_statement(sqlite_handle& db, std::string_view sql)
    : db_(&db) {
  sqlite3_stmt* s = nullptr;
  if (sqlite3_prepare_v3(db.get(), sql.data(), static_cast<int>(sql.size()),
                         SQLITE_PREPARE_PERSISTENT, &s, nullptr) != SQLITE_OK)
    db.raise();
  statement_.reset(s);
}

sqlite_statement& sqlite_statement::text(int at, std::string_view value) {
  // A null pointer would bind NULL, which is not what an empty text is.
  if (sqlite3_bind_text64(statement_.get(), at, value.empty() ? "" : value.data(), value.size(),
                          SQLITE_STATIC, SQLITE_UTF8) != SQLITE_OK)
    db_->raise();
  return *this;
}

sqlite_statement& sqlite_statement::blob(int at, std::string_view value) {
  if (sqlite3_bind_blob64(statement_.get(), at, value.empty() ? "" : value.data(), value.size(),
                          SQLITE_STATIC) != SQLITE_OK)
    db_->raise();
  return *this;
}

sqlite_statement& sqlite_statement::number(int at, std::int64_t value) {
  if (sqlite3_bind_int64(statement_.get(), at, value) != SQLITE_OK)
    db_->raise();
  return *this;
}

void sqlite_statement::run() {
  while (next()) {
  }
}

bool sqlite_statement::next() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW)
    return true;
  // The reset repeats the error of the step, so that the message is still there to be raised.
  if (sqlite3_reset(statement_.get()) != SQLITE_OK)
    db_->raise();
  return false;
}

void sqlite_statement::stop() noexcept {
  sqlite3_reset(statement_.get());
}

std::int64_t sqlite_statement::number_at(int column) const noexcept {
  return sqlite3_column_int64(statement_.get(), column);
}

std::string_view sqlite_statement::bytes_at(int column) const noexcept {
  const auto* data = static_cast<const char*>(sqlite3_column_blob(statement_.get(), column));
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column));
  return data ? std::string_view{data, size} : std::string_view{};
}

} // namespace troupe
