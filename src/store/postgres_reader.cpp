#include "src/store/postgres_reader.hpp"

#include "src/store/postgres_batch.hpp"
#include "src/store/task_key.hpp"
#include "src/store/task_match.hpp"

#include <algorithm>

namespace troupe {

namespace {

constexpr postgres_statement begin_read{"begin_read",
                                        "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"};
constexpr postgres_statement end_read{"end_read", "COMMIT"};

// A closed task is what its end says, an open one what its last event says. Both are looked up row
// by row, so that a limit on the rows is a limit on the work.
#define TROUPE_TASK_COLUMNS                                                                        \
  "SELECT t.id, t.domain, t.session, t.idempotency, t.shard, coalesce(e.state, v.state, t.state)," \
  " t.created, coalesce(e.at, v.at, t.created), t.body, e.body"
#define TROUPE_TASK_STATE                                                                          \
  " LEFT JOIN LATERAL (SELECT state, at, body FROM ends WHERE key = t.key AND id = t.id OFFSET 0)" \
  " e ON true LEFT JOIN LATERAL (SELECT state, at FROM events WHERE key = t.key AND id = t.id"     \
  " AND e.at IS NULL ORDER BY key DESC, id DESC, n DESC LIMIT 1) v ON true"
#define TROUPE_EFFECT_COLUMNS                                                                      \
  "SELECT f.task, f.step, f.idx, f.attempt, f.state, f.does, f.epoch, f.domain, f.agent,"          \
  " f.fingerprint, f.at, f.body FROM "

constexpr postgres_statement one_task{"one_task",
                                      TROUPE_TASK_COLUMNS " FROM tasks t" TROUPE_TASK_STATE
                                                          " WHERE t.key = $1 AND t.id = $2"};
constexpr postgres_statement events_of_task{
    "events_of_task", "SELECT id, body FROM events WHERE key = $1 AND id = $2 ORDER BY key, id, n"};
constexpr postgres_statement effects_of_task{"effects_of_task", TROUPE_EFFECT_COLUMNS
                                             "effects f WHERE task = $1 ORDER BY task, step, idx"};

// Another shard may be found by the same number; its tasks are left out.
#define TROUPE_LIVE_OF_SHARD                                                                       \
  " FROM live l JOIN LATERAL (SELECT * FROM tasks WHERE key = l.key AND id = l.id OFFSET 0) t"     \
  " ON t.domain = $2 AND t.shard = $3"
constexpr postgres_statement open_of_shard{
    "open_of_shard", TROUPE_TASK_COLUMNS TROUPE_LIVE_OF_SHARD TROUPE_TASK_STATE
    " WHERE l.place = $1 ORDER BY t.key, t.id"};
constexpr postgres_statement events_of_shard{
    "events_of_shard", "SELECT x.id, x.body" TROUPE_LIVE_OF_SHARD
                       " JOIN events x ON x.key = l.key AND x.id = l.id WHERE l.place = $1"
                       " ORDER BY x.key, x.id, x.n"};
constexpr postgres_statement effects_of_shard{
    "effects_of_shard", "SELECT f.task, f.step, f.idx, f.attempt, f.state, f.does, f.epoch,"
                        " f.domain, f.agent, f.fingerprint, f.at, f.body" TROUPE_LIVE_OF_SHARD
                        " JOIN effects f ON f.task = l.id WHERE l.place = $1"
                        " ORDER BY l.key, l.id, f.step, f.idx"};

constexpr postgres_statement by_idempotency{
    "by_idempotency", "SELECT id FROM tasks WHERE domain = $1 AND idempotency = $2"
                      " AND idempotency <> '' ORDER BY domain, idempotency, key, id LIMIT 1"};
constexpr postgres_statement one_session{"one_session",
                                         "SELECT body FROM sessions WHERE domain = $1 AND id = $2"};

// $1 how many, $2 the domains that they lie within, if there are any. The index knows the hour:
// only what is of one hour is sorted, without the bodies.
#define TROUPE_WITHIN(DOMAIN, SCOPE)                                                               \
  "(" SCOPE "::bytea[] = '{}' OR EXISTS(SELECT FROM unnest(" SCOPE ") w WHERE " DOMAIN " = w"      \
  " OR substr(" DOMAIN ", 1, octet_length(w) + 1) = w || '/'::bytea))"
constexpr postgres_statement newest_sessions{
    "newest_sessions", "SELECT s.body FROM (SELECT domain, id, hour, at FROM sessions"
                       " ORDER BY hour DESC, at DESC LIMIT 100000) n"
                       " JOIN LATERAL (SELECT body FROM sessions x WHERE x.domain = n.domain"
                       " AND x.id = n.id OFFSET 0) s ON true WHERE " TROUPE_WITHIN(
                           "n.domain", "$2") " ORDER BY n.hour DESC, n.at DESC LIMIT $1::int8"};

// $1 the key to begin below, $2 domain, $3 session, $4 state or -1, $5 created before, $6 how many,
// $7 the domains that it lies within, if there are any.
// The innermost part gives the newest in order, as many as may be looked at; all that is around it
// keeps the order, and stops when there are enough.
#define TROUPE_TASK_FILTER                                                                         \
  " WHERE ($2 = ''::bytea OR t.domain = $2) AND ($3 = ''::bytea OR t.session = $3)"                \
  " AND t.created < $5 AND ($4::int8 < 0 OR coalesce(e.state, v.state, t.state) = $4)"             \
  " AND " TROUPE_WITHIN("t.domain", "$7")
constexpr postgres_statement newest_tasks{
    "newest_tasks", TROUPE_TASK_COLUMNS
    " FROM (SELECT * FROM tasks WHERE key < $1 ORDER BY key DESC, id DESC LIMIT 100000)"
    " t" TROUPE_TASK_STATE TROUPE_TASK_FILTER " ORDER BY t.key DESC, t.id DESC LIMIT $6"};
constexpr postgres_statement tasks_of_session{
    "tasks_of_session", TROUPE_TASK_COLUMNS
    " FROM (SELECT * FROM tasks WHERE session = $3 AND session <> ''"
    " AND key < $1 ORDER BY key DESC, id DESC LIMIT 100000)"
    " t" TROUPE_TASK_STATE TROUPE_TASK_FILTER " ORDER BY t.key DESC, t.id DESC LIMIT $6"};
constexpr postgres_statement live_tasks{
    "live_tasks", TROUPE_TASK_COLUMNS
    " FROM (SELECT * FROM live WHERE key < $1 ORDER BY key DESC, id DESC LIMIT 100000) l"
    " JOIN LATERAL (SELECT * FROM tasks WHERE key = l.key AND id = l.id OFFSET 0) t"
    " ON true" TROUPE_TASK_STATE TROUPE_TASK_FILTER " ORDER BY l.key DESC, l.id DESC LIMIT $6"};

// A rare state must not hold up the server by a search through years.
constexpr postgres_statement newest_effects{
    "newest_effects", TROUPE_EFFECT_COLUMNS
    "(SELECT * FROM effects WHERE task <= $3 ORDER BY task DESC, step DESC, idx DESC LIMIT 100000)"
    " f WHERE ($1::int8 < 0 OR f.state = $1) AND (f.task < $3 OR (f.step, f.idx) > ($4, $5))"
    " ORDER BY f.task DESC, f.step, f.idx LIMIT $2::int8"};
constexpr postgres_statement pending_effects{
    "pending_effects", TROUPE_EFFECT_COLUMNS
    "effects f WHERE state = 0 AND task <= $2 AND (task < $2 OR (step, idx) > ($3, $4))"
    " ORDER BY task DESC, step, idx LIMIT $1::int8"};

timestamp time_of(std::int64_t micros) noexcept {
  return timestamp{microseconds{micros}};
}

stored_task task_of(const postgres_rows& r, int row) {
  stored_task out;
  out.id = r.bytes(row, 0);
  out.domain = r.bytes(row, 1);
  out.session = r.bytes(row, 2);
  out.key = r.bytes(row, 3);
  out.shard = static_cast<std::uint32_t>(r.number(row, 4));
  out.state = static_cast<task_state>(r.number(row, 5));
  out.created = time_of(r.number(row, 6));
  out.updated = time_of(r.number(row, 7));
  out.task_body = r.bytes(row, 8);
  out.outcome_body = r.bytes(row, 9);
  return out;
}

stored_effect effect_of(const postgres_rows& r, int row) {
  stored_effect out;
  out.task = r.bytes(row, 0);
  out.step = static_cast<std::uint32_t>(r.number(row, 1));
  out.index = static_cast<std::uint32_t>(r.number(row, 2));
  out.attempt = static_cast<std::uint32_t>(r.number(row, 3));
  out.state = static_cast<effect_state>(r.number(row, 4));
  out.does = static_cast<effects>(r.number(row, 5));
  out.epoch = static_cast<std::uint64_t>(r.number(row, 6));
  out.domain = r.bytes(row, 7);
  out.agent = r.bytes(row, 8);
  out.fingerprint = r.bytes(row, 9);
  out.at = time_of(r.number(row, 10));
  out.body = r.bytes(row, 11);
  return out;
}

postgres_array array_of(const domain_scope& within) {
  postgres_array out{postgres_array::of::bytea};
  for (const auto& domain : within)
    out.add(domain);
  return out;
}

template <class T, class F>
std::vector<T> all_of(const postgres_rows& r, F&& make) {
  std::vector<T> out;
  out.reserve(static_cast<std::size_t>(r.size()));
  for (int i = 0; i < r.size(); ++i)
    out.push_back(make(r, i));
  return out;
}

/// Gives each task its rows; both are in the same order.
template <class F>
void hand_out(std::vector<stored_task>& to, const postgres_rows& rows, F&& give) {
  auto t = to.begin();
  for (int i = 0; i < rows.size(); ++i) {
    while (t != to.end() && t->id != rows.bytes(i, 0))
      ++t;
    if (t == to.end())
      return;
    give(*t, i);
  }
}

/// Between the answers to BEGIN and COMMIT: tasks, their events, their lines of the ledger.
std::vector<stored_task> with_histories(const std::vector<postgres_rows>& answers) {
  auto out = all_of<stored_task>(answers[1], task_of);
  hand_out(out, answers[2],
           [&](stored_task& t, int i) { t.events.emplace_back(answers[2].bytes(i, 1)); });
  hand_out(out, answers[3],
           [&](stored_task& t, int i) { t.effects.push_back(effect_of(answers[3], i)); });
  return out;
}

} // namespace

std::optional<stored_task> postgres_reader::task(std::string_view id) {
  postgres_params which;
  which.number(task_key(id)).bytes(id);
  db_->begin_call();
  db_->add(begin_read);
  db_->add(one_task, which);
  db_->add(events_of_task, which);
  db_->add(effects_of_task, postgres_params{}.bytes(id));
  db_->add(end_read);
  auto found = with_histories(db_->run());
  return found.empty() ? std::nullopt : std::optional{std::move(found.front())};
}

std::vector<stored_task> postgres_reader::open_tasks(std::string_view domain, std::uint32_t shard) {
  postgres_params which;
  which.number(place_of_shard(domain, shard)).bytes(domain).number(shard);
  db_->begin_call();
  db_->add(begin_read);
  db_->add(open_of_shard, which);
  db_->add(events_of_shard, which);
  db_->add(effects_of_shard, which);
  db_->add(end_read);
  return with_histories(db_->run());
}

std::optional<std::string> postgres_reader::task_by_key(std::string_view domain,
                                                        std::string_view key) {
  if (key.empty())
    return std::nullopt;
  db_->begin_call();
  db_->add(by_idempotency, postgres_params{}.bytes(domain).bytes(key));
  const auto found = db_->run();
  return found[0].size() == 0 ? std::nullopt : std::optional{std::string{found[0].bytes(0, 0)}};
}

std::optional<std::string> postgres_reader::session(std::string_view domain, std::string_view id) {
  db_->begin_call();
  db_->add(one_session, postgres_params{}.bytes(domain).bytes(id));
  const auto found = db_->run();
  return found[0].size() == 0 ? std::nullopt : std::optional{std::string{found[0].bytes(0, 0)}};
}

std::vector<std::string> postgres_reader::sessions(const session_filter& filter) {
  static_assert(session_filter::max_searched == 100000, "the statement says the same");
  db_->begin_call();
  db_->add(newest_sessions, postgres_params{}
                                .number(static_cast<std::int64_t>(limit_of(filter)))
                                .array(array_of(filter.within)));
  return all_of<std::string>(
      db_->run()[0], [](const postgres_rows& r, int row) { return std::string{r.bytes(row, 0)}; });
}

std::vector<stored_task> postgres_reader::tasks(const task_filter& filter) {
  postgres_params p;
  p.number(task_key_bound(filter.before))
      .bytes(filter.domain)
      .bytes(filter.session)
      .number(filter.state ? static_cast<std::int64_t>(*filter.state) : -1)
      .number(filter.before.time_since_epoch().count())
      .number(static_cast<std::int64_t>(limit_of(filter)))
      .array(array_of(filter.within));
  static_assert(task_filter::max_searched == 100000, "the statements say the same");
  // What is open has rows of its own, and they are few.
  const bool open = filter.state && !is_final(*filter.state);
  db_->begin_call();
  db_->add(open ? live_tasks : filter.session.empty() ? newest_tasks : tasks_of_session, p);
  return all_of<stored_task>(db_->run()[0], task_of);
}

std::vector<stored_effect> postgres_reader::effects(const effect_filter& filter) {
  const auto limit = std::min(filter.limit, effect_filter::max_listed);
  const auto most = static_cast<std::int64_t>(limit);
  db_->begin_call();
  if (!filter.task.empty()) {
    db_->add(effects_of_task, postgres_params{}.bytes(filter.task));
    auto out = all_of<stored_effect>(db_->run()[0], effect_of);
    std::erase_if(out, [&](const auto& x) {
      return (filter.state && x.state != *filter.state) || !is_behind(filter.after, x);
    });
    if (out.size() > limit)
      out.resize(limit);
    return out;
  }
  const auto after = filter.after.value_or(effect_key{std::string{behind_all_tasks}});
  postgres_params which;
  if (filter.state != effect_state::pending)
    which.number(filter.state ? static_cast<std::int64_t>(*filter.state) : -1);
  which.number(most).bytes(after.task).number(after.step).number(after.index);
  db_->add(filter.state == effect_state::pending ? pending_effects : newest_effects, which);
  return all_of<stored_effect>(db_->run()[0], effect_of);
}

#undef TROUPE_TASK_COLUMNS
#undef TROUPE_TASK_STATE
#undef TROUPE_EFFECT_COLUMNS
#undef TROUPE_LIVE_OF_SHARD
#undef TROUPE_WITHIN
#undef TROUPE_TASK_FILTER

} // namespace troupe
