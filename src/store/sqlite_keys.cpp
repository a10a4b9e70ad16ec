#include "src/store/sqlite_keys.hpp"

namespace troupe {

namespace {

sqlite_handle& with_keys(sqlite_handle& db) {
  db.run("CREATE TABLE IF NOT EXISTS api_keys(id TEXT PRIMARY KEY, revoked INTEGER NOT NULL, "
         "body TEXT NOT NULL) WITHOUT ROWID");
  return db;
}

} // namespace

sqlite_keys::sqlite_keys(sqlite_handle& db)
    : db_(with_keys(db))
    , insert_(db_, "INSERT INTO api_keys VALUES(?1,0,?2) ON CONFLICT(id) DO NOTHING")
    , revoke_(db_, "UPDATE api_keys SET revoked=?2 WHERE id=?1 AND revoked=0")
    // Both only ever grow, so that a sum that is as it was means that nothing has changed.
    , mark_(db_, "SELECT count(*) + count(nullif(revoked, 0)) FROM api_keys")
    , all_(db_, "SELECT id, revoked, body FROM api_keys ORDER BY id") {}

void sqlite_keys::add(std::string_view id, std::string_view body) {
  insert_.text(1, id).text(2, body).run();
}

void sqlite_keys::revoke(std::string_view id, timestamp at) {
  revoke_.text(1, id).number(2, at.time_since_epoch().count()).run();
}

std::optional<std::vector<stored_key>> sqlite_keys::news(std::uint64_t& mark) {
  std::uint64_t now = 1; // 0 is the mark of who has not asked yet.
  for (sqlite_rows rows{mark_}; rows.next();)
    now += static_cast<std::uint64_t>(rows.number(0));
  if (now == mark)
    return std::nullopt;
  std::vector<stored_key> out;
  for (sqlite_rows rows{all_}; rows.next();) {
    const auto revoked = rows.number(1);
    out.push_back({std::string{rows.bytes(0)},
                   revoked == 0 ? timestamp::max() : timestamp{microseconds{revoked}},
                   std::string{rows.bytes(2)}});
  }
  mark = now;
  return out;
}

} // namespace troupe
