#include "src/store/postgres_result.hpp"

#include "src/store/postgres_values.hpp"

#include <libpq-fe.h>

#include <cstdlib>

namespace troupe {

namespace {

store_error::kind kind_of(std::string_view state) noexcept {
  using kind = store_error::kind;
  if (state == "TRF01") // raised by hold_shards
    return kind::fenced;
  if (state == "53100")
    return kind::full;
  // Too little memory, too many connections, somebody else's lock, a deadlock.
  if (state.starts_with("53") || state == "55P03" || state.starts_with("40"))
    return kind::busy;
  if (state.starts_with("XX"))
    return kind::corrupt;
  // No such database or schema, no such table, no right to it.
  if (state == "3D000" || state == "3F000" || state.starts_with("42"))
    return kind::foreign;
  return kind::io;
}

const char* advice(store_error::kind kind) noexcept {
  switch (kind) {
  case store_error::kind::full:
    return "no space left for the database";
  case store_error::kind::busy:
    return "others hold the database up";
  case store_error::kind::corrupt:
    return "the database is damaged";
  case store_error::kind::foreign:
    return "this is not a database of troupe, or not one that it may use";
  case store_error::kind::fenced:
    return "somebody else owns the shard";
  case store_error::kind::io:
    break;
  }
  return "the database cannot be read or written";
}

const char* error_field(const PGresult* r, int which) {
  const char* x = PQresultErrorField(r, which);
  return x ? x : "";
}

} // namespace

std::string trimmed(const char* text) {
  std::string out{text ? text : ""};
  while (!out.empty() && (out.back() == '\n' || out.back() == ' '))
    out.pop_back();
  return out;
}

bool is_error(const pg_result* r) noexcept {
  const auto s = PQresultStatus(r);
  return s == PGRES_FATAL_ERROR || s == PGRES_BAD_RESPONSE || s == PGRES_PIPELINE_ABORTED;
}

void postgres_rows::closer::operator()(pg_result* r) const noexcept {
  PQclear(r);
}

int postgres_rows::size() const noexcept {
  return PQntuples(get());
}

std::string_view postgres_rows::bytes(int row, int column) const noexcept {
  return {PQgetvalue(get(), row, column),
          static_cast<std::size_t>(PQgetlength(get(), row, column))};
}

std::int64_t postgres_rows::number(int row, int column) const noexcept {
  return postgres_number(bytes(row, column));
}

std::int64_t postgres_rows::changed() const noexcept {
  return std::atoll(PQcmdTuples(get()));
}

postgres_error postgres_error_of(const pg_result* r, const std::string& place) {
  const std::string state = error_field(r, PG_DIAG_SQLSTATE);
  const auto kind = kind_of(state);
  auto text = trimmed(error_field(r, PG_DIAG_MESSAGE_PRIMARY));
  if (text.empty())
    text = trimmed(PQresultErrorMessage(r));
  return {kind, state,
          place + ": " +
              (kind == store_error::kind::fenced ? text : advice(kind) + (" (" + text + ")"))};
}

} // namespace troupe
