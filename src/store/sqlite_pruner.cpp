#include "src/store/sqlite_pruner.hpp"

#include "src/store/task_key.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace troupe {

namespace {

std::int64_t micros_before(timestamp t) noexcept {
  return t.time_since_epoch().count();
}

} // namespace

sqlite_pruner::sqlite_pruner(sqlite_handle& db, sqlite_reader& reader, sqlite_ledger& ledger,
                             sqlite_claims& claims, sqlite_audit& audit, sqlite_spend& spend,
                             sqlite_budgets& budgets)
    : db_(db)
    , reader_(reader)
    , ledger_(ledger)
    , claims_(claims)
    , audit_(audit)
    , spend_(spend)
    , budgets_(budgets)
    // A task may have been filed after its own place because another one had it. The place before
    // such a task is not given up while the task is there: otherwise the same id could be filed
    // twice.
    , closed_before_(db_, "SELECT t.seq, t.id FROM tasks t LEFT JOIN ends e ON e.seq = t.seq"
                          " WHERE t.seq < ?1 AND coalesce(t.end_at, e.at) < ?2 AND NOT EXISTS"
                          " (SELECT 1 FROM tasks n WHERE n.seq = t.seq + 1)"
                          " ORDER BY t.seq LIMIT ?3")
    , drop_task_(db_, "DELETE FROM tasks WHERE seq = ?1")
    , drop_events_(db_, "DELETE FROM events WHERE seq = ?1")
    , drop_end_(db_, "DELETE FROM ends WHERE seq = ?1")
    , drop_sessions_(db_, "DELETE FROM sessions WHERE number IN (SELECT s.number FROM sessions s"
                          " WHERE s.hour <= ?1 AND s.at < ?2 AND NOT EXISTS"
                          " (SELECT 1 FROM tasks t LEFT JOIN ends e ON e.seq = t.seq"
                          " WHERE t.session = s.id AND t.session <> '' AND t.domain = s.domain"
                          " AND coalesce(t.end_at, e.at) IS NULL) ORDER BY s.hour LIMIT ?3)") {}

std::size_t sqlite_pruner::prune(const prune_limits& limits, std::size_t most) {
  const auto older_than = limits.older_than;
  const auto idle = std::min(older_than, limits.idle_since);
  most = std::min<std::size_t>(most, 1u << 20);
  std::vector<std::pair<std::int64_t, std::string>> found;
  closed_before_.number(1, task_key_bound(older_than))
      .number(2, micros_before(older_than))
      .number(3, static_cast<std::int64_t>(most));
  for (sqlite_rows rows{closed_before_}; rows.next();)
    found.emplace_back(rows.number(0), rows.bytes(1));
  for (const auto& [key, id] : found) {
    ledger_.forget_task(id);
    drop_events_.number(1, key).run();
    drop_end_.number(1, key).run();
    drop_task_.number(1, key).run();
  }
  auto gone = found.size();
  if (gone == most)
    return gone;
  drop_sessions_.number(1, std::chrono::floor<std::chrono::hours>(idle.time_since_epoch()).count())
      .number(2, micros_before(idle))
      .number(3, static_cast<std::int64_t>(most - gone))
      .run();
  gone += static_cast<std::size_t>(db_.changed_rows());
  if (gone < most)
    gone += ledger_.forget_strays(older_than, most - gone, [&](std::string_view id) {
      return !reader_.place_for(id).has_value();
    });
  if (gone < most)
    gone += spend_.prune(older_than, most - gone);
  if (gone < most)
    gone += budgets_.prune(older_than, most - gone);
  if (gone < most)
    gone += claims_.prune(older_than, most - gone);
  return gone;
}

std::uint64_t sqlite_pruner::bytes() {
  const auto pages = db_.number("PRAGMA page_count") - db_.number("PRAGMA freelist_count");
  const auto all = static_cast<std::uint64_t>(pages * db_.number("PRAGMA page_size"));
  return all - std::min(all, audit_.bytes());
}

} // namespace troupe
