#include "src/store/postgres_pruner.hpp"

#include "src/store/task_key.hpp"

#include <algorithm>

namespace troupe {

namespace {

// Several nodes forget at the same time: each passes over what another one is at.
constexpr postgres_statement drop_tasks{
    "drop_tasks",
    "WITH old AS (DELETE FROM ends e USING (SELECT key, id FROM ends WHERE key < $1 AND at < $2"
    " ORDER BY key, id LIMIT $3::int8 FOR UPDATE SKIP LOCKED) o"
    " WHERE e.key = o.key AND e.id = o.id RETURNING e.key, e.id),"
    " a AS (DELETE FROM events x USING old WHERE x.key = old.key AND x.id = old.id),"
    " b AS (DELETE FROM effects x USING old WHERE x.task = old.id),"
    " c AS (DELETE FROM tasks x USING old WHERE x.key = old.key AND x.id = old.id)"
    " SELECT count(*) FROM old"};
constexpr postgres_statement drop_sessions{
    "drop_sessions",
    "DELETE FROM sessions s USING (SELECT domain, id FROM sessions x WHERE hour <= $1"
    " AND at < $2 AND NOT EXISTS (SELECT FROM tasks t JOIN live l ON l.key = t.key AND l.id = t.id"
    " WHERE t.session = x.id AND t.session <> '' AND t.domain = x.domain)"
    " ORDER BY hour LIMIT $3::int8 FOR UPDATE SKIP LOCKED) o"
    " WHERE s.domain = o.domain AND s.id = o.id"};
constexpr postgres_statement drop_homes{
    "drop_homes", "DELETE FROM homes h USING (SELECT key FROM homes WHERE at < $1"
                  " LIMIT $2::int8 FOR UPDATE SKIP LOCKED) o WHERE h.key = o.key"};
constexpr postgres_statement next_lines{
    "next_lines", "SELECT task, max(at) FROM effects WHERE task > $1 GROUP BY task ORDER BY task"
                  " LIMIT $2::int8"};
// A line may have been written, or its task stored, since it was looked at.
constexpr postgres_statement drop_lines{
    "drop_lines", "WITH old AS MATERIALIZED (SELECT w.id FROM unnest($1::int8[], $2::bytea[]) AS"
                  " w(key, id) WHERE NOT EXISTS (SELECT FROM tasks t WHERE t.key = w.key AND"
                  " t.id = w.id) AND NOT EXISTS (SELECT FROM effects y WHERE y.task = w.id AND"
                  " y.at >= $3)), gone AS (DELETE FROM effects x USING old WHERE x.task = old.id)"
                  " SELECT count(*) FROM old"};
// The statement's own counts are to be seen by the next look at how much there is.
constexpr postgres_statement flush_counts{"flush_counts", "SELECT pg_stat_force_next_flush()"};

// A row has a header of 28 bytes with its pointer, and an entry in the index of its key.
constexpr postgres_statement measure{
    "measure",
    "SELECT coalesce(sum(CASE WHEN w.width IS NULL THEN pg_total_relation_size(s.relid)::numeric"
    " * s.n_live_tup / greatest(s.n_live_tup + s.n_dead_tup, 1)"
    " ELSE s.n_live_tup * (w.width + 28 + 60) END), 0)::int8"
    " FROM pg_stat_user_tables s LEFT JOIN LATERAL (SELECT sum(avg_width) AS width FROM pg_stats p"
    " WHERE p.schemaname = s.schemaname AND p.tablename = s.relname) w ON true"
    " WHERE s.schemaname = current_schema() AND s.relname <> 'audit'"};

std::int64_t before_micros(timestamp t) noexcept {
  return t.time_since_epoch().count();
}

} // namespace

std::size_t postgres_pruner::prune(const prune_limits& limits, std::size_t most) {
  const auto older_than = limits.older_than;
  const auto idle = std::min(older_than, limits.idle_since);
  most = std::min<std::size_t>(most, 1u << 20);
  const auto limit = [&](std::size_t gone) { return static_cast<std::int64_t>(most - gone); };
  db_->begin_call();
  db_->add(drop_tasks, postgres_params{}
                           .number(task_key_bound(older_than))
                           .number(before_micros(older_than))
                           .number(limit(0)));
  db_->add(flush_counts);
  auto gone = static_cast<std::size_t>(db_->run()[0].number(0, 0));
  if (gone < most) {
    const auto hour = std::chrono::floor<std::chrono::hours>(idle.time_since_epoch()).count();
    db_->begin_call();
    db_->add(drop_sessions,
             postgres_params{}.number(hour).number(before_micros(idle)).number(limit(gone)));
    gone += static_cast<std::size_t>(db_->run()[0].changed());
  }
  if (gone < most) {
    db_->begin_call();
    db_->add(drop_homes, postgres_params{}.number(before_micros(idle)).number(limit(gone)));
    gone += static_cast<std::size_t>(db_->run()[0].changed());
  }
  return gone < most ? gone + prune_strays(older_than, most - gone) : gone;
}

std::size_t postgres_pruner::prune_strays(timestamp older_than, std::size_t most) {
  db_->begin_call();
  db_->add(next_lines,
           postgres_params{}.bytes(stray_from_).number(static_cast<std::int64_t>(most)));
  const auto found = db_->run();
  const auto& r = found[0];
  postgres_array keys{postgres_array::of::int8};
  postgres_array ids{postgres_array::of::bytea};
  for (int i = 0; i < r.size(); ++i)
    if (r.number(i, 1) < before_micros(older_than)) {
      keys.add(task_key(r.bytes(i, 0)));
      ids.add(r.bytes(i, 0));
    }
  stray_from_ = static_cast<std::size_t>(r.size()) < most ? std::string{}
                                                          : std::string{r.bytes(r.size() - 1, 0)};
  if (ids.size() == 0)
    return 0;
  postgres_params p;
  p.array(std::move(keys)).array(std::move(ids)).number(before_micros(older_than));
  db_->begin_call();
  db_->add(drop_lines, p);
  return static_cast<std::size_t>(db_->run()[0].number(0, 0));
}

std::uint64_t postgres_pruner::bytes() {
  db_->begin_call();
  db_->add(measure);
  return static_cast<std::uint64_t>(db_->run()[0].number(0, 0));
}

} // namespace troupe
