#include "src/store/sqlite_reader.hpp"

#include "src/store/task_key.hpp"
#include "src/store/task_match.hpp"

namespace troupe {

namespace {

// A closed task is what its end says, an open one what its last event says. Bodies come last:
// columns before them are read without touching the overflow pages of a large body.
#define TROUPE_TASK_COLUMNS                                                                        \
  "SELECT t.seq, t.id, t.domain, t.session, t.key, t.shard, coalesce(t.end_state, e.state,"        \
  " v.state, t.state), t.created, coalesce(t.end_at, e.at, v.at, t.created), t.body,"              \
  " coalesce(t.end_body, e.body) FROM tasks t"                                                     \
  " LEFT JOIN ends e ON t.end_state IS NULL AND e.seq = t.seq"                                     \
  " LEFT JOIN events v ON t.end_state IS NULL AND e.seq IS NULL AND v.seq = t.seq"                 \
  " AND v.n = (SELECT max(n) FROM events WHERE seq = t.seq)"

timestamp time_in(std::int64_t micros) noexcept {
  return timestamp{microseconds{micros}};
}

stored_task row_of(const sqlite_rows& r) {
  stored_task out;
  out.id = r.bytes(1);
  out.domain = r.bytes(2);
  out.session = r.bytes(3);
  out.key = r.bytes(4);
  out.shard = static_cast<std::uint32_t>(r.number(5));
  out.state = static_cast<task_state>(r.number(6));
  out.created = time_in(r.number(7));
  out.updated = time_in(r.number(8));
  out.task_body = r.bytes(9);
  out.outcome_body = r.bytes(10);
  return out;
}

} // namespace

sqlite_reader::sqlite_reader(sqlite_handle& db, const open_set& open)
    : open_(&open)
    , places_(db, "SELECT seq, id FROM tasks WHERE seq BETWEEN ?1 AND ?2 ORDER BY seq")
    , by_key_(db, "SELECT id FROM tasks WHERE domain = ?1 AND key = ?2 AND key <> ''"
                  " ORDER BY seq LIMIT 1")
    , session_(db, "SELECT body FROM sessions WHERE domain = ?1 AND id = ?2")
    , session_at_(db, "SELECT body FROM sessions WHERE number = ?1")
    , newest_sessions_(db, "SELECT number, domain FROM sessions ORDER BY hour DESC, at DESC")
    , one_(db, TROUPE_TASK_COLUMNS " WHERE t.seq = ?1")
    , events_(db, "SELECT body FROM events WHERE seq = ?1 ORDER BY n")
    , newest_(db, TROUPE_TASK_COLUMNS " WHERE t.seq < ?1 ORDER BY t.seq DESC")
    , of_session_(db, TROUPE_TASK_COLUMNS
                  " WHERE t.session = ?2 AND t.session <> '' AND t.seq < ?1 ORDER BY t.seq DESC") {}

std::optional<std::int64_t> sqlite_reader::key_of(std::string_view id) {
  const auto key = task_key(id);
  places_.number(1, key).number(2, key + task_key_window - 1);
  for (sqlite_rows rows{places_}; rows.next();)
    if (rows.bytes(1) == id)
      return rows.number(0);
  return std::nullopt;
}

std::optional<std::int64_t> sqlite_reader::place_for(std::string_view id) {
  const auto key = task_key(id);
  auto place = key;
  places_.number(1, key).number(2, key + task_key_window - 1);
  for (sqlite_rows rows{places_}; rows.next();) {
    if (rows.bytes(1) == id)
      return std::nullopt;
    if (rows.number(0) == place)
      ++place;
  }
  if (place >= key + task_key_window)
    throw store_error{store_error::kind::full,
                      "no place left for a task with the time of '" + std::string{id} + "'"};
  return place;
}

std::optional<stored_task> sqlite_reader::at_key(std::int64_t key) {
  one_.number(1, key);
  sqlite_rows rows{one_};
  if (!rows.next())
    return std::nullopt;
  return row_of(rows);
}

void sqlite_reader::read_events(std::int64_t key, stored_task& into) {
  events_.number(1, key);
  for (sqlite_rows rows{events_}; rows.next();)
    into.events.emplace_back(rows.bytes(0));
}

std::optional<stored_task> sqlite_reader::task(std::string_view id) {
  const auto key = key_of(id);
  if (!key)
    return std::nullopt;
  auto out = at_key(*key);
  if (out)
    read_events(*key, *out);
  return out;
}

std::optional<std::string> sqlite_reader::task_by_key(std::string_view domain,
                                                      std::string_view key) {
  if (key.empty())
    return std::nullopt;
  by_key_.text(1, domain).text(2, key);
  sqlite_rows rows{by_key_};
  if (!rows.next())
    return std::nullopt;
  return std::string{rows.bytes(0)};
}

std::optional<std::string> sqlite_reader::session(std::string_view domain, std::string_view id) {
  session_.text(1, domain).text(2, id);
  sqlite_rows rows{session_};
  if (!rows.next())
    return std::nullopt;
  return std::string{rows.bytes(0)};
}

std::vector<std::string> sqlite_reader::sessions(const session_filter& filter) {
  std::vector<std::string> out;
  const auto limit = limit_of(filter);
  std::size_t seen = 0;
  for (sqlite_rows rows{newest_sessions_};
       out.size() < limit && seen < session_filter::max_searched && rows.next(); ++seen) {
    if (!is_within(rows.bytes(1), filter.within))
      continue;
    session_at_.number(1, rows.number(0));
    for (sqlite_rows body{session_at_}; body.next();)
      out.emplace_back(body.bytes(0));
  }
  return out;
}

std::vector<stored_task> sqlite_reader::open_tasks(std::string_view domain, std::uint32_t shard) {
  std::vector<stored_task> out;
  const auto keys = open_->keys([&](const open_set::entry& e, const std::string& of) {
    return e.shard == shard && of == domain;
  });
  out.reserve(keys.size());
  for (auto key : keys)
    if (auto t = at_key(key)) {
      read_events(key, *t);
      out.push_back(std::move(*t));
    }
  return out;
}

std::vector<stored_task> sqlite_reader::tasks(const task_filter& filter) {
  std::vector<stored_task> out;
  const auto limit = limit_of(filter);
  const auto bound = task_key_bound(filter.before);
  if (filter.state && !is_final(*filter.state)) {
    // Open tasks are known by heart, and there are few of them.
    const auto keys = open_->keys([&](const open_set::entry& e, const std::string& domain) {
      return e.key < bound && e.state == *filter.state &&
             (filter.domain.empty() || filter.domain == domain) && is_within(domain, filter.within);
    });
    for (auto key = keys.rbegin(); key != keys.rend() && out.size() < limit; ++key)
      if (auto t = at_key(*key); t && matches(filter, t->domain, t->session, t->state, t->created))
        out.push_back(std::move(*t));
    return out;
  }
  auto& from = filter.session.empty() ? newest_ : of_session_;
  from.number(1, bound);
  if (!filter.session.empty())
    from.text(2, filter.session);
  std::size_t seen = 0;
  for (sqlite_rows rows{from};
       out.size() < limit && seen < task_filter::max_searched && rows.next(); ++seen)
    if (matches(filter, rows.bytes(2), rows.bytes(3), static_cast<task_state>(rows.number(6)),
                time_in(rows.number(7))))
      out.push_back(row_of(rows));
  return out;
}

#undef TROUPE_TASK_COLUMNS

} // namespace troupe
