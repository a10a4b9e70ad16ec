#include "src/store/sqlite_versions.hpp"

namespace troupe {

namespace {

std::int64_t micros_of(timestamp t) noexcept {
  return t.time_since_epoch().count();
}

std::int64_t row_number(std::uint64_t x) noexcept {
  return static_cast<std::int64_t>(x);
}

} // namespace

sqlite_versions::sqlite_versions(sqlite_handle& db,
                                 std::function<void(const std::function<void()>&)> transaction)
    : db_(db)
    , transaction_(std::move(transaction))
    , all_(db, "SELECT number, state, at, digest, node, about, why FROM fleet_versions"
               " ORDER BY number")
    , content_(db, "SELECT content FROM fleet_versions WHERE number = ?1")
    , next_(db, "SELECT coalesce(max(number), 0) + 1, coalesce(sum(state = 0), 0)"
                " FROM fleet_versions")
    , put_(db, "INSERT INTO fleet_versions VALUES(?1, 0, ?2, ?3, ?4, ?5, '', ?6)")
    , drop_refused_(db, "DELETE FROM fleet_versions WHERE state = 3")
    , former_(db, "UPDATE fleet_versions SET state = 2, at = ?1 WHERE state = 1")
    , decide_(db, "UPDATE fleet_versions SET state = ?2, at = ?3, why = ?4,"
                  " content = iif(?2 = 3, x'', content) WHERE number = ?1 AND state = 0")
    , forget_(db, "DELETE FROM fleet_versions WHERE number = ?1 AND state = 2")
    , used_(db, "SELECT DISTINCT version FROM fleet_uses ORDER BY version")
    , use_(db, "INSERT INTO fleet_uses VALUES(?1, ?2, ?3) ON CONFLICT DO NOTHING")
    , leave_(db, "DELETE FROM fleet_uses WHERE version = ?1 AND domain = ?2 AND shard = ?3")
    , say_(db, "INSERT INTO fleet_nodes VALUES(?1, ?2) ON CONFLICT(node) DO UPDATE"
               " SET said = excluded.said")
    , said_(db, "SELECT node, said FROM fleet_nodes ORDER BY node") {}

std::vector<stored_version> sqlite_versions::versions() {
  std::vector<stored_version> out;
  for (sqlite_rows rows{all_}; rows.next();)
    out.push_back(
        {static_cast<std::uint64_t>(rows.number(0)), static_cast<version_state>(rows.number(1)),
         timestamp{microseconds{rows.number(2)}}, std::string{rows.bytes(3)},
         std::string{rows.bytes(4)}, std::string{rows.bytes(5)}, std::string{rows.bytes(6)}});
  return out;
}

std::string sqlite_versions::content(std::uint64_t number) {
  content_.number(1, row_number(number));
  sqlite_rows rows{content_};
  return rows.next() ? std::string{rows.bytes(0)} : std::string{};
}

bool sqlite_versions::propose(const stored_version& x, std::string_view content) {
  {
    sqlite_rows rows{next_};
    if (!rows.next() || rows.number(0) != row_number(x.number) || rows.number(1) != 0)
      return false;
  }
  transaction_([&] {
    put_.number(1, row_number(x.number))
        .number(2, micros_of(x.at))
        .text(3, x.digest)
        .text(4, x.node)
        .text(5, x.about)
        .blob(6, content)
        .run();
  });
  return true;
}

bool sqlite_versions::decide(std::uint64_t number, bool use, std::string_view why, timestamp at) {
  bool done = false;
  transaction_([&] {
    const auto open =
        db_.number("SELECT count(*) FROM fleet_versions WHERE state = 0 AND number = " +
                   std::to_string(number));
    if (open == 0)
      return;
    if (use)
      former_.number(1, micros_of(at)).run();
    else
      drop_refused_.run();
    decide_.number(1, row_number(number))
        .number(2, static_cast<int>(use ? version_state::active : version_state::refused))
        .number(3, micros_of(at))
        .text(4, why)
        .run();
    done = true;
  });
  return done;
}

void sqlite_versions::forget(std::uint64_t number) {
  transaction_([&] { forget_.number(1, row_number(number)).run(); });
}

std::vector<std::uint64_t> sqlite_versions::used() {
  std::vector<std::uint64_t> out;
  for (sqlite_rows rows{used_}; rows.next();)
    out.push_back(static_cast<std::uint64_t>(rows.number(0)));
  return out;
}

void sqlite_versions::note_use(std::uint64_t number, std::string_view domain, std::uint32_t shard,
                               bool begins) {
  (begins ? use_ : leave_).number(1, row_number(number)).text(2, domain).number(3, shard).run();
}

void sqlite_versions::say(const node_versions& x) {
  const auto text = text_of(x);
  transaction_([&] { say_.text(1, x.node).text(2, text).run(); });
}

std::vector<node_versions> sqlite_versions::said() {
  std::vector<node_versions> out;
  for (sqlite_rows rows{said_}; rows.next();)
    out.push_back(node_versions_of(rows.bytes(0), rows.bytes(1)));
  return out;
}

} // namespace troupe
