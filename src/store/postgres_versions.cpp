#include "src/store/postgres_versions.hpp"

#include <cstdlib>

namespace troupe {

namespace {

constexpr postgres_statement all_versions{
    "all_versions",
    "SELECT number, state, at, digest, node, about, why FROM fleet_versions ORDER BY number"};
constexpr postgres_statement content_of{"content_of",
                                        "SELECT content FROM fleet_versions WHERE number = $1"};
// Two that propose at once meet at the primary key: the second one adds nothing.
constexpr postgres_statement propose_version{
    "propose_version",
    "INSERT INTO fleet_versions SELECT $1::int8, 0, $2::int8, $3::bytea, $4::bytea, $5::bytea,"
    " ''::bytea, $6::bytea WHERE NOT EXISTS (SELECT FROM fleet_versions WHERE state = 0) AND"
    " $1::int8 = (SELECT coalesce(max(number), 0) + 1 FROM fleet_versions)"
    " ON CONFLICT DO NOTHING"};
// The row of the proposal is what two that decide at once meet at: the second one waits for the
// first, finds another state and does nothing.
constexpr postgres_statement use_version{
    "use_version",
    "WITH won AS (UPDATE fleet_versions SET state = 1, at = $2::int8, why = ''::bytea"
    " WHERE number = $1::int8 AND state = 0 RETURNING number), old AS (UPDATE"
    " fleet_versions SET state = 2, at = $2::int8 WHERE state = 1"
    " AND EXISTS (SELECT FROM won)) SELECT number FROM won"};
constexpr postgres_statement refuse_version{
    "refuse_version",
    "WITH won AS (UPDATE fleet_versions SET state = 3, at = $2::int8, why = $3::bytea,"
    " content = ''::bytea WHERE number = $1::int8 AND state = 0 RETURNING number), old AS (DELETE"
    " FROM fleet_versions WHERE state = 3 AND EXISTS (SELECT FROM won)) SELECT number FROM won"};
constexpr postgres_statement forget_version{
    "forget_version", "DELETE FROM fleet_versions WHERE number = $1::int8 AND state = 2"};
constexpr postgres_statement used_versions{
    "used_versions", "SELECT DISTINCT version FROM fleet_uses ORDER BY version"};
constexpr postgres_statement use_by_shard{
    "use_by_shard", "INSERT INTO fleet_uses VALUES($1, $2, $3) ON CONFLICT DO NOTHING"};
constexpr postgres_statement leave_by_shard{
    "leave_by_shard", "DELETE FROM fleet_uses WHERE version = $1 AND domain = $2 AND shard = $3"};
constexpr postgres_statement say_of_versions{
    "say_of_versions", "INSERT INTO fleet_nodes VALUES($1, $2) ON CONFLICT(node)"
                       " DO UPDATE SET said = excluded.said"};
constexpr postgres_statement said_of_versions{"said_of_versions",
                                              "SELECT node, said FROM fleet_nodes ORDER BY node"};

std::int64_t micros_since_1970(timestamp t) noexcept {
  return t.time_since_epoch().count();
}

std::int64_t number_of_row(std::uint64_t x) noexcept {
  return static_cast<std::int64_t>(x);
}

} // namespace

std::vector<stored_version> postgres_versions::versions() {
  db_->begin_call();
  db_->add(all_versions);
  const auto rows = db_->run();
  std::vector<stored_version> out;
  for (int i = 0; i < rows[0].size(); ++i)
    out.push_back({static_cast<std::uint64_t>(rows[0].number(i, 0)),
                   static_cast<version_state>(rows[0].number(i, 1)),
                   timestamp{microseconds{rows[0].number(i, 2)}}, std::string{rows[0].bytes(i, 3)},
                   std::string{rows[0].bytes(i, 4)}, std::string{rows[0].bytes(i, 5)},
                   std::string{rows[0].bytes(i, 6)}});
  return out;
}

std::string postgres_versions::content(std::uint64_t number) {
  db_->begin_call();
  db_->add(content_of, postgres_params{}.number(number_of_row(number)));
  const auto rows = db_->run();
  return rows[0].size() == 0 ? std::string{} : std::string{rows[0].bytes(0, 0)};
}

bool postgres_versions::propose(const stored_version& x, std::string_view content) {
  db_->begin_call();
  db_->add(propose_version, postgres_params{}
                                .number(number_of_row(x.number))
                                .number(micros_since_1970(x.at))
                                .bytes(x.digest)
                                .bytes(x.node)
                                .bytes(x.about)
                                .bytes(content));
  return db_->run()[0].changed() == 1;
}

bool postgres_versions::decide(std::uint64_t number, bool use, std::string_view why, timestamp at) {
  postgres_params p;
  p.number(number_of_row(number)).number(micros_since_1970(at));
  if (!use)
    p.bytes(why);
  db_->begin_call();
  db_->add(use ? use_version : refuse_version, p);
  return db_->run()[0].size() == 1;
}

void postgres_versions::forget(std::uint64_t number) {
  db_->begin_call();
  db_->add(forget_version, postgres_params{}.number(number_of_row(number)));
  db_->run();
}

std::vector<std::uint64_t> postgres_versions::used() {
  db_->begin_call();
  db_->add(used_versions);
  const auto rows = db_->run();
  std::vector<std::uint64_t> out;
  for (int i = 0; i < rows[0].size(); ++i)
    out.push_back(static_cast<std::uint64_t>(rows[0].number(i, 0)));
  return out;
}

void postgres_versions::say(const node_versions& x) {
  db_->begin_call();
  db_->add(say_of_versions, postgres_params{}.bytes(x.node).bytes(text_of(x)));
  db_->run();
}

std::vector<node_versions> postgres_versions::said() {
  db_->begin_call();
  db_->add(said_of_versions);
  const auto rows = db_->run();
  std::vector<node_versions> out;
  for (int i = 0; i < rows[0].size(); ++i)
    out.push_back(node_versions_of(rows[0].bytes(i, 0), rows[0].bytes(i, 1)));
  return out;
}

void add_version_use(postgres_handle& db, const store_write& w) {
  db.add(w.what == store_write::kind::version_used ? use_by_shard : leave_by_shard,
         postgres_params{}
             .number(std::strtoll(w.id.c_str(), nullptr, 10))
             .bytes(w.domain)
             .number(w.shard));
}

} // namespace troupe
