#include "src/store/sqlite_ledger.hpp"

#include "src/store/task_match.hpp"

#include <algorithm>

namespace troupe {

namespace {

#define TROUPE_EFFECT_COLUMNS                                                                      \
  "SELECT task, step, idx, attempt, state, does, epoch, domain, agent, fingerprint, at, body"

stored_effect line_of(const sqlite_rows& r) {
  stored_effect out;
  out.task = r.bytes(0);
  out.step = static_cast<std::uint32_t>(r.number(1));
  out.index = static_cast<std::uint32_t>(r.number(2));
  out.attempt = static_cast<std::uint32_t>(r.number(3));
  out.state = static_cast<effect_state>(r.number(4));
  out.does = static_cast<effects>(r.number(5));
  out.epoch = static_cast<std::uint64_t>(r.number(6));
  out.domain = r.bytes(7);
  out.agent = r.bytes(8);
  out.fingerprint = r.bytes(9);
  out.at = timestamp{microseconds{r.number(10)}};
  out.body = r.bytes(11);
  return out;
}

} // namespace

sqlite_ledger::sqlite_ledger(sqlite_handle& db)
    : all_epochs_(db, "SELECT domain, shard, epoch FROM shards")
    , next_epoch_(db, "INSERT INTO shards VALUES(?1, ?2, 1)"
                      " ON CONFLICT(domain, shard) DO UPDATE SET epoch = epoch + 1"
                      " RETURNING epoch")
    , put_(db, "INSERT INTO effects VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12)"
               " ON CONFLICT(task, step, idx) DO UPDATE SET attempt = excluded.attempt,"
               " state = excluded.state, does = excluded.does, epoch = excluded.epoch,"
               " agent = excluded.agent, fingerprint = excluded.fingerprint, at = excluded.at,"
               " body = excluded.body"
               " WHERE state <> 2 AND (excluded.state = 2 OR"
               " (excluded.epoch, excluded.attempt, excluded.state) > (epoch, attempt, state))")
    , of_task_(db, TROUPE_EFFECT_COLUMNS " FROM effects WHERE task = ?1 ORDER BY step, idx")
    // A rare state must not hold up the thread by a search through years.
    , newest_(db, TROUPE_EFFECT_COLUMNS
              " FROM (SELECT * FROM effects WHERE task <= ?3 ORDER BY task DESC LIMIT 100000)"
              " WHERE (?1 < 0 OR state = ?1) AND (task < ?3 OR (step, idx) > (?4, ?5))"
              " ORDER BY task DESC, step, idx LIMIT ?2")
    , newest_pending_(db, TROUPE_EFFECT_COLUMNS " FROM effects WHERE state = 0 AND task <= ?3"
                                                " AND (task < ?3 OR (step, idx) > (?4, ?5))"
                                                " ORDER BY task DESC, step, idx LIMIT ?2")
    , drop_(db, "DELETE FROM effects WHERE task = ?1")
    , after_(db, "SELECT task, max(at) FROM effects WHERE task > ?1 GROUP BY task ORDER BY task"
                 " LIMIT ?2") {}

void sqlite_ledger::load() {
  for (sqlite_rows rows{all_epochs_}; rows.next();)
    epochs_.set(rows.bytes(0), static_cast<std::uint32_t>(rows.number(1)),
                static_cast<std::uint64_t>(rows.number(2)));
}

std::uint64_t sqlite_ledger::take(std::string_view domain, std::uint32_t shard) {
  next_epoch_.text(1, domain).number(2, shard);
  sqlite_rows rows{next_epoch_};
  // RETURNING gives its row only once the change has been made.
  return rows.next() ? static_cast<std::uint64_t>(rows.number(0)) : 0;
}

void sqlite_ledger::put(const store_write& w) {
  if (!w.ledger)
    return;
  const auto& x = *w.ledger;
  put_.text(1, w.id)
      .number(2, x.step)
      .number(3, x.index)
      .number(4, x.attempt)
      .number(5, static_cast<int>(x.state))
      .number(6, static_cast<int>(x.does))
      .number(7, static_cast<std::int64_t>(w.epoch))
      .text(8, w.domain)
      .text(9, x.agent)
      .text(10, x.fingerprint)
      .number(11, w.at.time_since_epoch().count())
      .blob(12, x.body)
      .run();
}

std::vector<stored_effect> sqlite_ledger::of_task(std::string_view id) {
  std::vector<stored_effect> out;
  of_task_.text(1, id);
  for (sqlite_rows rows{of_task_}; rows.next();)
    out.push_back(line_of(rows));
  return out;
}

std::vector<stored_effect> sqlite_ledger::list(const effect_filter& filter) {
  const auto limit = std::min(filter.limit, effect_filter::max_listed);
  std::vector<stored_effect> out;
  if (!filter.task.empty()) {
    out = of_task(filter.task);
    std::erase_if(out, [&](const auto& x) {
      return (filter.state && x.state != *filter.state) || !is_behind(filter.after, x);
    });
    out.resize(std::min(out.size(), limit));
    return out;
  }
  const bool pending = filter.state == effect_state::pending;
  auto& from = pending ? newest_pending_ : newest_;
  if (!pending)
    from.number(1, filter.state ? static_cast<int>(*filter.state) : -1);
  const auto after = filter.after.value_or(effect_key{std::string{behind_all_tasks}});
  from.number(2, static_cast<std::int64_t>(limit))
      .text(3, after.task)
      .number(4, after.step)
      .number(5, after.index);
  for (sqlite_rows rows{from}; rows.next();)
    out.push_back(line_of(rows));
  return out;
}

void sqlite_ledger::forget_task(std::string_view id) {
  drop_.text(1, id).run();
}

std::size_t sqlite_ledger::forget_strays(timestamp older_than, std::size_t most,
                                         const std::function<bool(std::string_view)>& stored) {
  std::vector<std::string> seen;
  std::vector<std::string> strays;
  after_.text(1, stray_from_).number(2, static_cast<std::int64_t>(most));
  for (sqlite_rows rows{after_}; rows.next();) {
    seen.emplace_back(rows.bytes(0));
    if (rows.number(1) < older_than.time_since_epoch().count())
      strays.push_back(seen.back());
  }
  std::erase_if(strays, [&](const std::string& id) { return stored(id); });
  for (const auto& id : strays)
    forget_task(id);
  stray_from_ = seen.size() < most ? std::string{} : seen.back();
  return strays.size();
}

#undef TROUPE_EFFECT_COLUMNS

} // namespace troupe
