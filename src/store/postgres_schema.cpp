#include "src/store/postgres_schema.hpp"

#include "src/store/postgres_lock.hpp"

#include <algorithm>

namespace troupe {

namespace {

// Tasks, events and ends are only ever added to. A task that is open has a row in `live` too, which
// goes when it ends: rows of `tasks` with their bodies need never be written again, and what is
// open is found without a look at what has ended. Rows are filed by `task_key`, which grows with
// time, so that all of it is appended to the right end of the indexes; the id behind it makes it
// unique.
//
// `place` is a hash of domain and shard: whatever is asked by both is asked by one small number.
constexpr const char* task_tables = R"(
CREATE TABLE tasks(
  key int8 NOT NULL, created int8 NOT NULL, place int8 NOT NULL, shard int8 NOT NULL, state int2 NOT NULL,
  id bytea NOT NULL, domain bytea NOT NULL, session bytea NOT NULL, idempotency bytea NOT NULL, body bytea NOT NULL,
  PRIMARY KEY(key, id));
CREATE INDEX tasks_by_idempotency ON tasks(domain, idempotency, key, id) WHERE idempotency <> '';
CREATE INDEX tasks_by_session ON tasks(session, key, id) WHERE session <> '';
CREATE TABLE live(key int8 NOT NULL, place int8 NOT NULL, id bytea NOT NULL, PRIMARY KEY(key, id));
CREATE INDEX live_by_place ON live(place);
CREATE TABLE events(
  key int8 NOT NULL, n int8 NOT NULL, at int8 NOT NULL, state int2 NOT NULL, id bytea NOT NULL, body bytea NOT NULL,
  PRIMARY KEY(key, id, n));
CREATE TABLE ends(
  key int8 NOT NULL, at int8 NOT NULL, state int2 NOT NULL, id bytea NOT NULL, body bytea NOT NULL,
  PRIMARY KEY(key, id));
)";

// Sessions and lines of the ledger are written again and again. With room left on their pages and
// no indexed column changed (a session's index holds the hour, not the time), the new version stays
// on the page and no index is touched.
constexpr const char* other_tables = R"(
CREATE TABLE sessions(
  hour int8 NOT NULL, at int8 NOT NULL, domain bytea NOT NULL, id bytea NOT NULL, body bytea NOT NULL,
  PRIMARY KEY(domain, id)) WITH (fillfactor = 70);
CREATE INDEX sessions_by_hour ON sessions(hour);
CREATE TABLE shards(
  domain bytea NOT NULL, shard int8 NOT NULL, epoch int8 NOT NULL, PRIMARY KEY(domain, shard))
  WITH (fillfactor = 50);
CREATE TABLE effects(
  step int8 NOT NULL, idx int8 NOT NULL, attempt int8 NOT NULL, epoch int8 NOT NULL, at int8 NOT NULL,
  state int2 NOT NULL, does int2 NOT NULL, task bytea NOT NULL, domain bytea NOT NULL, agent bytea NOT NULL,
  fingerprint bytea NOT NULL, body bytea NOT NULL, PRIMARY KEY(task, step, idx)) WITH (fillfactor = 70);
CREATE INDEX effects_pending ON effects(task, step, idx) WHERE state = 0;
CREATE TABLE audit(n int8 PRIMARY KEY, id bytea NOT NULL UNIQUE, body bytea NOT NULL, hash bytea NOT NULL);
CREATE TABLE members(
  node bytea PRIMARY KEY, token int8 NOT NULL, incarnation int8 NOT NULL, state int2 NOT NULL, renewed int8 NOT NULL,
  card bytea NOT NULL) WITH (fillfactor = 50);
CREATE TABLE accusations(
  node bytea NOT NULL, accuser bytea NOT NULL, incarnation int8 NOT NULL, at int8 NOT NULL, why bytea NOT NULL,
  PRIMARY KEY(node, accuser, incarnation));
CREATE TABLE duties(home bytea PRIMARY KEY, served_by bytea NOT NULL);
CREATE TABLE membership(one int2 PRIMARY KEY CHECK(one = 1), version int8 NOT NULL) WITH (fillfactor = 50);
INSERT INTO membership VALUES(1, 0);
)";

// Version 2. Rows are never removed, so that what has been revoked is known to be.
constexpr const char* tables_of_2 =
    "CREATE TABLE keys(id bytea PRIMARY KEY, revoked int8 NOT NULL, body bytea NOT NULL);";

// Version 3: what people have said of agents.
constexpr const char* tables_of_3 = R"(
CREATE TABLE standing_orders(agent bytea PRIMARY KEY, wanted int8 NOT NULL, at int8 NOT NULL);
)";

// Where agents run and where sessions are at home: since version 4.
constexpr const char* tables_of_4 = R"(
CREATE TABLE placements(domain bytea PRIMARY KEY, body bytea NOT NULL) WITH (fillfactor = 50);
CREATE TABLE homes(key bytea PRIMARY KEY, at int8 NOT NULL, home bytea NOT NULL);
)";

// Since version 5: the versions of the fleet, which shards have open tasks of them, and what the
// nodes say of them.
constexpr const char* tables_of_5 = R"(
CREATE TABLE fleet_versions(
  number int8 PRIMARY KEY, state int2 NOT NULL, at int8 NOT NULL, digest bytea NOT NULL, node bytea NOT NULL,
  about bytea NOT NULL, why bytea NOT NULL, content bytea NOT NULL);
CREATE TABLE fleet_uses(
  version int8 NOT NULL, domain bytea NOT NULL, shard int8 NOT NULL, PRIMARY KEY(version, domain, shard));
CREATE TABLE fleet_nodes(node bytea PRIMARY KEY, said bytea NOT NULL) WITH (fillfactor = 50);
)";

// Since version 6: what nodes have learned of agents.
constexpr const char* tables_of_6 = R"(
CREATE TABLE learned(
  domain bytea NOT NULL, intent bytea NOT NULL, node bytea NOT NULL, changes int8 NOT NULL, body bytea NOT NULL,
  PRIMARY KEY(domain, intent, node)) WITH (fillfactor = 50);
)";

// Since version 7: the accounts of limits, and what was spent on models. `settle_budget` is
// `settle_row` of budget_table.hpp.
constexpr const char* tables_of_7 = R"(
CREATE TABLE budgets(
  account bytea PRIMARY KEY, taken int8[] NOT NULL, spent int8[] NOT NULL, pressed int8 NOT NULL,
  until int8 NOT NULL) WITH (fillfactor = 50);
CREATE TABLE spend(
  at int8 NOT NULL, day int8 NOT NULL, input int8 NOT NULL, output int8 NOT NULL, cost int8 NOT NULL,
  calls int8 NOT NULL, estimated int8 NOT NULL, id bytea NOT NULL, task bytea NOT NULL, session bytea NOT NULL,
  domain bytea NOT NULL, agent bytea NOT NULL, workflow bytea NOT NULL, customer bytea NOT NULL, model bytea NOT NULL,
  PRIMARY KEY(at, id));
CREATE FUNCTION settle_budget(p_account bytea, p_limit int8[], p_spent int8[], p_back int8[], p_need int8[],
                              p_wish int8[], p_forced int8, p_until int8, p_now int8, p_pressed_for int8, p_part int8,
                              OUT taken int8[], OUT spent int8[], OUT granted int8[], OUT refused bool,
                              OUT pressed bool)
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  at int8;
  asks bool := false;
  fits bool := true;
  most int8;
  unlimited constant int8 := 1000000000000000000;
BEGIN
  INSERT INTO budgets AS b VALUES(p_account, '{0,0,0}', '{0,0,0}', 0, p_until)
    ON CONFLICT(account) DO UPDATE SET until = greatest(b.until, excluded.until)
    RETURNING b.taken, b.spent, b.pressed INTO taken, spent, at;
  granted := '{0,0,0}';
  refused := false;
  FOR i IN 1..3 LOOP
    spent[i] := spent[i] + p_spent[i];
    IF p_limit[i] < unlimited THEN
      taken[i] := taken[i] - p_back[i];
      asks := asks OR p_need[i] > 0;
      fits := fits AND (p_need[i] <= 0 OR p_need[i] <= p_limit[i] - taken[i]);
    END IF;
  END LOOP;
  IF asks AND (fits OR p_forced <> 0) THEN
    FOR i IN 1..3 LOOP
      IF p_limit[i] < unlimited THEN
        most := CASE WHEN at <> 0 AND at + p_pressed_for > p_now THEN 0 ELSE (p_limit[i] - taken[i]) / p_part END;
        granted[i] := greatest(p_need[i], least(p_wish[i], most));
        taken[i] := taken[i] + granted[i];
      END IF;
    END LOOP;
  ELSIF asks THEN
    refused := true;
    at := p_now;
  END IF;
  pressed := at <> 0 AND at + p_pressed_for > p_now;
  UPDATE budgets b SET taken = settle_budget.taken, spent = settle_budget.spent, pressed = at
    WHERE b.account = p_account;
END $$;
)";

// Since version 8: idempotency keys that requests have whose tasks are not stored yet. There are
// few.
constexpr const char* tables_of_8 = R"(
CREATE TABLE claims(
  shard int8 NOT NULL, epoch int8 NOT NULL, until int8 NOT NULL, domain bytea NOT NULL, key bytea NOT NULL,
  id bytea NOT NULL, PRIMARY KEY(domain, key));
)";

// Since version 9: what of the input was read from a provider's cache, and what was written to it.
// Of calls before nobody knows.
constexpr const char* columns_of_9 = R"(
ALTER TABLE spend ADD COLUMN cached int8 NOT NULL DEFAULT 0, ADD COLUMN cache_write int8 NOT NULL DEFAULT 0;
)";

// Since version 10: whose the store is, and how its tasks are shared out.
constexpr const char* tables_of_10 = R"(
CREATE TABLE layout(one int2 PRIMARY KEY CHECK(one = 1), body bytea NOT NULL);
)";

// The first statement of every transaction that writes. It takes the locks of the shards that are
// written to, always in the same order, and keeps them until the commit; only then it looks at the
// epochs, with a snapshot taken after the locks (each statement of a volatile function has its own
// in READ COMMITTED). `take_shard` needs the same lock to raise the epoch. So a batch either comes
// before the new owner, and then the new owner sees all of it, or it finds the new epoch.
//
// The trail's records are chained by hashes that only the writer can make, so a record has to know
// the end of the trail. The writer says what it takes for the end; TRA01 tells it to look again.
constexpr const char* functions = R"(
CREATE FUNCTION hold_shards(p_locks int8[], p_domains bytea[], p_shards int8[], p_epochs int8[])
RETURNS void LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  l int8;
  late record;
BEGIN
  FOREACH l IN ARRAY p_locks LOOP
    PERFORM pg_advisory_xact_lock(l);
  END LOOP;
  SELECT s.domain, s.shard, s.epoch AS now, w.epoch AS theirs INTO late
    FROM unnest(p_domains, p_shards, p_epochs) AS w(domain, shard, epoch)
    JOIN shards s ON s.domain = w.domain AND s.shard = w.shard
    WHERE w.epoch < s.epoch LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'TRF01', MESSAGE =
      format('shard %s of %s is owned under epoch %s, this write comes from %s',
             late.shard, encode(late.domain, 'escape'), late.now, late.theirs);
  END IF;
END $$;
CREATE FUNCTION add_to_trail(p_lock int8, p_end int8, p_hash bytea, p_n int8[], p_id bytea[], p_body bytea[],
                             p_link bytea[])
RETURNS void LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  last record;
BEGIN
  PERFORM pg_advisory_xact_lock(p_lock);
  SELECT n, hash INTO last FROM audit ORDER BY n DESC LIMIT 1;
  IF coalesce(last.n, 0) <> p_end OR (last.n IS NOT NULL AND last.hash <> p_hash)
     OR EXISTS(SELECT FROM unnest(p_id) AS w(id) JOIN audit a ON a.id = w.id) THEN
    RAISE EXCEPTION USING ERRCODE = 'TRA01', MESSAGE = 'the audit trail has gone on';
  END IF;
  INSERT INTO audit SELECT * FROM unnest(p_n, p_id, p_body, p_link);
END $$;
)";

bool is_plain_name(const std::string& x) noexcept {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; };
  return !x.empty() && x.size() <= 63 && letter(x[0]) && !x.starts_with("pg_") &&
         std::all_of(x.begin(), x.end(),
                     [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

[[noreturn]] void refuse(const postgres_handle& db, const std::string& why) {
  throw postgres_error{store_error::kind::foreign, "",
                       db.place() + ", schema " + db.settings().schema + ": " + why};
}

/// 0: there are no tables yet.
int version_of(postgres_handle& db) {
  const auto& schema = db.settings().schema;
  const auto tables = db.script("SELECT coalesce(sum((relname = 'about')::int), 0), count(*)"
                                " FROM pg_class WHERE relkind = 'r' AND relnamespace ="
                                " to_regnamespace('" +
                                schema + "')");
  if (tables.bytes(0, 1) == "0")
    return 0;
  if (tables.bytes(0, 0) == "0")
    refuse(db, "these are tables of another application");
  const auto about = db.script("SELECT product, version FROM about");
  if (about.size() != 1 || about.bytes(0, 0) != "troupe")
    refuse(db, "these are tables of another application");
  return std::stoi(std::string{about.bytes(0, 1)});
}

void check(postgres_handle& db, int version) {
  if (version > postgres_schema_version)
    refuse(db, "written by a newer version of troupe (format " + std::to_string(version) +
                   ", this one knows up to " + std::to_string(postgres_schema_version) + ")");
}

/// Begins a transaction with the lock that whoever makes the tables holds. On a slow disk that
/// takes its time, so that it is waited for longer than any other lock: in pieces, as silence
/// beyond `answer_timeout` would be taken for a lost connection.
void begin_with_lock(postgres_handle& db) {
  constexpr int pieces = 8;
  const auto piece = std::to_string(db.settings().answer_timeout.count() * 3 / 4);
  for (int i = 1;; ++i) {
    try {
      db.script("BEGIN; SET LOCAL lock_timeout = " + piece + "; SELECT pg_advisory_xact_lock(" +
                std::to_string(postgres_lock(db.settings().schema, "schema")) + ")");
      return;
    } catch (const postgres_error& e) {
      if (e.why() != store_error::kind::busy || i == pieces)
        throw;
      db.script("ROLLBACK");
    }
  }
}

} // namespace

void prepare_postgres(postgres_handle& db) {
  auto version = version_of(db);
  check(db, version);
  if (version == postgres_schema_version)
    return;
  const auto& schema = db.settings().schema;
  // Nodes that start together all find nothing: one makes the tables, the others wait for it.
  begin_with_lock(db);
  version = version_of(db);
  check(db, version);
  if (version < 1) {
    // The right to make schemas is not needed when there is one already.
    if (db.script("SELECT to_regnamespace('" + schema + "') IS NULL").bytes(0, 0) == "t")
      db.script("CREATE SCHEMA " + schema);
    db.script(std::string{task_tables} + other_tables + functions +
              "CREATE TABLE about(product text NOT NULL, version int NOT NULL);"
              "INSERT INTO about VALUES('troupe', 1)");
  }
  if (version < 2)
    db.script(std::string{tables_of_2} + "UPDATE about SET version = 2");
  if (version < 3)
    db.script(std::string{tables_of_3} + "UPDATE about SET version = 3");
  if (version < 4)
    db.script(std::string{tables_of_4} + "UPDATE about SET version = 4");
  if (version < 5)
    db.script(std::string{tables_of_5} + "UPDATE about SET version = 5");
  if (version < 6)
    db.script(std::string{tables_of_6} + "UPDATE about SET version = 6");
  if (version < 7)
    db.script(std::string{tables_of_7} + "UPDATE about SET version = 7");
  if (version < 8)
    db.script(std::string{tables_of_8} + "UPDATE about SET version = 8");
  if (version < 9)
    db.script(std::string{columns_of_9} + "UPDATE about SET version = 9");
  if (version < postgres_schema_version)
    db.script(std::string{tables_of_10} +
              "UPDATE about SET version = " + std::to_string(postgres_schema_version));
  db.script("COMMIT");
}

std::unique_ptr<postgres_handle> make_postgres_handle(const postgres_settings& s) {
  if (!is_plain_name(s.schema))
    throw postgres_error{store_error::kind::foreign, "",
                         "the schema '" + s.schema +
                             "' has to be named in small letters, digits and underscores"};
  return std::make_unique<postgres_handle>(s, prepare_postgres);
}

} // namespace troupe
