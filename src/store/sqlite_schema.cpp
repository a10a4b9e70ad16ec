#include "src/store/sqlite_schema.hpp"

#include <algorithm>

namespace troupe {

namespace {

constexpr std::int64_t application_id = 0x54525031; // "TRP1"
constexpr std::int64_t page_bytes = 8192;

// Every write of the hot path is one insert into a table whose integer key grows with time; nothing
// that was written is written again. The end of a task that is stored together with its beginning
// is in its row (`end_`), any other one in `ends`. What is left out on purpose: an index of the
// open tasks. Only those that are still open after tens of thousands of others began are listed in
// open_tasks; `open_set` finds the rest by looking at the newest keys.
constexpr const char* tables = R"(
CREATE TABLE tasks(
  seq INTEGER PRIMARY KEY, state INTEGER NOT NULL, shard INTEGER NOT NULL, created INTEGER NOT NULL,
  end_state INTEGER, end_at INTEGER,
  id TEXT NOT NULL, domain TEXT NOT NULL, session TEXT NOT NULL, key TEXT NOT NULL, body BLOB NOT NULL, end_body BLOB);
CREATE INDEX tasks_by_key ON tasks(domain, key) WHERE key <> '';
CREATE INDEX tasks_by_session ON tasks(session) WHERE session <> '';
CREATE TABLE events(
  seq INTEGER NOT NULL, n INTEGER NOT NULL, state INTEGER NOT NULL, at INTEGER NOT NULL, body BLOB NOT NULL,
  PRIMARY KEY(seq, n)) WITHOUT ROWID;
CREATE TABLE ends(
  seq INTEGER PRIMARY KEY, state INTEGER NOT NULL, at INTEGER NOT NULL, body BLOB NOT NULL);
CREATE TABLE open_tasks(seq INTEGER PRIMARY KEY);
CREATE TABLE open_floor(one INTEGER PRIMARY KEY CHECK(one = 1), seq INTEGER NOT NULL);
INSERT INTO open_floor VALUES(1, 0);
CREATE TABLE sessions(
  number INTEGER PRIMARY KEY, domain TEXT NOT NULL, id TEXT NOT NULL, hour INTEGER NOT NULL, at INTEGER NOT NULL,
  body BLOB NOT NULL, UNIQUE(domain, id));
CREATE INDEX sessions_by_hour ON sessions(hour);
)";

// Version 2: who owns a shard, and what happened to the world outside. Of the ledger only what is
// undecided is indexed again: that is little, and what people look for.
constexpr const char* sqlite_tables_of_2 = R"(
CREATE TABLE shards(
  domain TEXT NOT NULL, shard INTEGER NOT NULL, epoch INTEGER NOT NULL, PRIMARY KEY(domain, shard)) WITHOUT ROWID;
CREATE TABLE effects(
  task TEXT NOT NULL, step INTEGER NOT NULL, idx INTEGER NOT NULL, attempt INTEGER NOT NULL, state INTEGER NOT NULL,
  does INTEGER NOT NULL, epoch INTEGER NOT NULL, domain TEXT NOT NULL, agent TEXT NOT NULL, fingerprint TEXT NOT NULL,
  at INTEGER NOT NULL, body BLOB NOT NULL, PRIMARY KEY(task, step, idx)) WITHOUT ROWID;
CREATE INDEX effects_pending ON effects(task, step, idx) WHERE state = 0;
)";

// Version 3: what people have said of agents.
constexpr const char* sqlite_tables_of_3 = R"(
CREATE TABLE standing_orders(agent TEXT PRIMARY KEY, wanted INTEGER NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID;
)";

// Version 4: the versions of the fleet, which shards have open tasks of them, what nodes say of
// them.
constexpr const char* sqlite_tables_of_4 = R"(
CREATE TABLE fleet_versions(
  number INTEGER PRIMARY KEY, state INTEGER NOT NULL, at INTEGER NOT NULL, digest TEXT NOT NULL, node TEXT NOT NULL,
  about TEXT NOT NULL, why TEXT NOT NULL, content BLOB NOT NULL);
CREATE TABLE fleet_uses(
  version INTEGER NOT NULL, domain TEXT NOT NULL, shard INTEGER NOT NULL, PRIMARY KEY(version, domain, shard)) WITHOUT ROWID;
CREATE TABLE fleet_nodes(node TEXT PRIMARY KEY, said TEXT NOT NULL) WITHOUT ROWID;
)";

// Version 5: what nodes have learned of agents.
constexpr const char* sqlite_tables_of_5 = R"(
CREATE TABLE learned(
  domain TEXT NOT NULL, intent TEXT NOT NULL, node TEXT NOT NULL, changes INTEGER NOT NULL, body BLOB NOT NULL,
  PRIMARY KEY(domain, intent, node)) WITHOUT ROWID;
)";

// Version 6: the accounts of limits, and what was spent on models. Without an index on what it was
// spent for: reports go over a period.
constexpr const char* sqlite_tables_of_6 = R"(
CREATE TABLE budgets(
  account TEXT PRIMARY KEY, taken_cost INTEGER NOT NULL, taken_tokens INTEGER NOT NULL, taken_calls INTEGER NOT NULL,
  spent_cost INTEGER NOT NULL, spent_tokens INTEGER NOT NULL, spent_calls INTEGER NOT NULL, pressed INTEGER NOT NULL,
  until INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE spend(
  at INTEGER NOT NULL, id TEXT NOT NULL, day INTEGER NOT NULL, task TEXT NOT NULL, session TEXT NOT NULL,
  domain TEXT NOT NULL, agent TEXT NOT NULL, workflow TEXT NOT NULL, customer TEXT NOT NULL, model TEXT NOT NULL,
  input INTEGER NOT NULL, output INTEGER NOT NULL, cost INTEGER NOT NULL, calls INTEGER NOT NULL,
  estimated INTEGER NOT NULL, PRIMARY KEY(at, id)) WITHOUT ROWID;
)";

// Version 7: ends in the rows of their tasks. New files have these columns before the bodies.
constexpr const char* sqlite_columns_of_7 = R"(
ALTER TABLE tasks ADD COLUMN end_state INTEGER;
ALTER TABLE tasks ADD COLUMN end_at INTEGER;
ALTER TABLE tasks ADD COLUMN end_body BLOB;
)";

// Version 8: idempotency keys that requests have whose tasks are not stored yet. There are few.
constexpr const char* sqlite_tables_of_8 = R"(
CREATE TABLE claims(
  domain TEXT NOT NULL, key TEXT NOT NULL, id TEXT NOT NULL, shard INTEGER NOT NULL, epoch INTEGER NOT NULL,
  until INTEGER NOT NULL, PRIMARY KEY(domain, key)) WITHOUT ROWID;
)";

// Version 9: what of the input was read from a provider's cache, and what was written to it. Of
// calls before nobody knows.
constexpr const char* sqlite_columns_of_9 = R"(
ALTER TABLE spend ADD COLUMN cached INTEGER NOT NULL DEFAULT 0;
ALTER TABLE spend ADD COLUMN cache_write INTEGER NOT NULL DEFAULT 0;
)";

// Version 10: whose the store is, and how its tasks are shared out.
constexpr const char* sqlite_tables_of_10 = R"(
CREATE TABLE layout(one INTEGER PRIMARY KEY CHECK(one = 1), body TEXT NOT NULL);
)";

[[noreturn]] void refuse(const sqlite_handle& db, const std::string& why) {
  throw store_error{store_error::kind::foreign, db.path() + ": " + why};
}

/// True if the file is ours, false if it is new. Only reads.
bool is_ours(sqlite_handle& db) {
  const auto owner = db.number("PRAGMA application_id");
  const auto version = db.number("PRAGMA user_version");
  if (owner == 0 && version == 0 && db.number("SELECT count(*) FROM sqlite_master") == 0)
    return false;
  if (owner != application_id)
    refuse(db, "this is a database of another application");
  if (version > sqlite_schema_version)
    refuse(db, "written by a newer version of troupe (format " + std::to_string(version) +
                   ", this one knows up to " + std::to_string(sqlite_schema_version) + ")");
  if (version < 1)
    refuse(db, "the database has no format version");
  return true;
}

} // namespace

void prepare_sqlite(sqlite_handle& db, const sqlite_settings& settings) {
  const auto wait = std::max<milliseconds::rep>(settings.busy_timeout.count(), 0);
  db.run("PRAGMA busy_timeout=" + std::to_string(wait));
  // The owner never lets go of the lock; a second one is turned away at its first access.
  db.run("PRAGMA locking_mode=EXCLUSIVE");
  const bool ours = is_ours(db);
  if (!ours)
    db.run("PRAGMA page_size=" + std::to_string(page_bytes));
  db.run("PRAGMA journal_mode=WAL");
  db.run("PRAGMA synchronous=FULL");
  db.run("PRAGMA temp_store=MEMORY");
  db.run("PRAGMA cache_size=-8192"); // KiB
  // Every checkpoint syncs twice and writes pages that are still growing: 32 MiB of log between two
  // of them.
  db.run("PRAGMA wal_autocheckpoint=4000");
  db.run("PRAGMA journal_size_limit=67108864");
  if (settings.max_bytes != 0) {
    const auto page = static_cast<std::uint64_t>(db.number("PRAGMA page_size"));
    const auto pages = std::clamp<std::uint64_t>(settings.max_bytes / page, 1, 0xFFFFFFFE);
    db.run("PRAGMA max_page_count=" + std::to_string(pages));
  }
  db.run("BEGIN IMMEDIATE");
  const bool fresh = !ours && !is_ours(db);
  if (fresh) {
    db.run(tables);
    db.run("PRAGMA application_id=" + std::to_string(application_id));
  }
  const auto version = db.number("PRAGMA user_version");
  if (version < 2)
    db.run(sqlite_tables_of_2);
  if (version < 3)
    db.run(sqlite_tables_of_3);
  if (version < 4)
    db.run(sqlite_tables_of_4);
  if (version < 5)
    db.run(sqlite_tables_of_5);
  if (version < 6)
    db.run(sqlite_tables_of_6);
  if (version < 7 && !fresh)
    db.run(sqlite_columns_of_7);
  if (version < 8)
    db.run(sqlite_tables_of_8);
  if (version < 9)
    db.run(sqlite_columns_of_9);
  if (version < sqlite_schema_version) {
    db.run(sqlite_tables_of_10);
    db.run("PRAGMA user_version=" + std::to_string(sqlite_schema_version));
  }
  db.run("COMMIT");
}

} // namespace troupe
