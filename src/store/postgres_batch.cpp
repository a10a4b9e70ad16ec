#include "src/store/postgres_batch.hpp"

#include "src/store/postgres_budgets.hpp"
#include "src/store/postgres_claims.hpp"
#include "src/store/postgres_keys.hpp"
#include "src/store/postgres_lock.hpp"
#include "src/store/postgres_versions.hpp"
#include "src/store/task_key.hpp"

#include <algorithm>
#include <map>
#include <tuple>
#include <unordered_map>

namespace troupe {

namespace {

using column = postgres_array;

constexpr postgres_statement hold{"hold", "SELECT hold_shards($1, $2, $3, $4)"};

constexpr postgres_statement open_tasks{
    "open_tasks",
    "WITH added AS (INSERT INTO tasks(key, created, place, shard, state, id, domain, session,"
    " idempotency, body) SELECT * FROM unnest($1::int8[], $2::int8[], $3::int8[], $4::int8[],"
    " $5::int8[], $6::bytea[], $7::bytea[], $8::bytea[], $9::bytea[], $10::bytea[])"
    " ON CONFLICT DO NOTHING RETURNING key, place, id)"
    " INSERT INTO live SELECT key, place, id FROM added"};

// Of two events with the same number the first one stays, so the order matters here.
constexpr postgres_statement append_events{
    "append_events",
    "INSERT INTO events(key, n, at, state, id, body)"
    " SELECT w.key, w.n, w.at, w.state, w.id, w.body FROM unnest($1::int8[], $2::int8[],"
    " $3::int8[], $4::int8[], $5::bytea[], $6::bytea[])"
    " WITH ORDINALITY AS w(key, n, at, state, id, body, place)"
    " JOIN live l ON l.key = w.key AND l.id = w.id ORDER BY w.place ON CONFLICT DO NOTHING"};

constexpr postgres_statement close_tasks{
    "close_tasks",
    "WITH gone AS (DELETE FROM live l USING unnest($1::int8[], $2::int8[], $3::int8[], $4::bytea[],"
    " $5::bytea[]) AS w(key, at, state, id, body) WHERE l.key = w.key AND l.id = w.id"
    " RETURNING w.key, w.at, w.state, w.id, w.body)"
    " INSERT INTO ends(key, at, state, id, body) SELECT * FROM gone ON CONFLICT DO NOTHING"};

constexpr postgres_statement put_sessions{
    "put_sessions",
    "INSERT INTO sessions(hour, at, domain, id, body) SELECT * FROM unnest($1::int8[], $2::int8[],"
    " $3::bytea[], $4::bytea[], $5::bytea[]) ON CONFLICT(domain, id) DO UPDATE"
    " SET hour = excluded.hour, at = excluded.at, body = excluded.body"};

constexpr postgres_statement put_effects{
    "put_effects",
    "INSERT INTO effects AS e (step, idx, attempt, epoch, at, state, does, task, domain, agent,"
    " fingerprint, body) SELECT * FROM unnest($1::int8[], $2::int8[], $3::int8[], $4::int8[],"
    " $5::int8[], $6::int8[], $7::int8[], $8::bytea[], $9::bytea[], $10::bytea[], $11::bytea[],"
    " $12::bytea[]) ON CONFLICT(task, step, idx) DO UPDATE SET attempt = excluded.attempt,"
    " epoch = excluded.epoch, at = excluded.at, state = excluded.state, does = excluded.does,"
    " agent = excluded.agent, fingerprint = excluded.fingerprint, body = excluded.body"
    " WHERE e.state <> 2 AND (excluded.state = 2 OR (excluded.epoch, excluded.attempt,"
    " excluded.state) > (e.epoch, e.attempt, e.state))"};

std::int64_t micros(timestamp t) noexcept {
  return t.time_since_epoch().count();
}

/// Sessions are indexed by the hour of their last write, so that most writes leave the index alone.
std::int64_t hour_of(timestamp t) noexcept {
  return std::chrono::floor<std::chrono::hours>(t.time_since_epoch()).count();
}

/// A column of the rows, by what `value` makes of a write.
template <class F>
column column_of(const std::vector<const store_write*>& rows, F&& value) {
  using type = std::decay_t<decltype(value(*rows.front()))>;
  constexpr bool is_text = std::is_convertible_v<type, std::string_view>;
  column out{is_text ? column::of::bytea : column::of::int8};
  for (const auto* w : rows) {
    if constexpr (is_text)
      out.add(std::string_view{value(*w)});
    else
      out.add(static_cast<std::int64_t>(value(*w)));
  }
  return out;
}

const auto key = [](const store_write& w) { return task_key(w.id); };
const auto at = [](const store_write& w) { return micros(w.at); };
const auto state = [](const store_write& w) { return static_cast<std::int64_t>(w.state); };
const auto id = [](const store_write& w) { return std::string_view{w.id}; };
const auto domain = [](const store_write& w) { return std::string_view{w.domain}; };
const auto body = [](const store_write& w) { return std::string_view{w.body}; };

/// Whether line `b` takes the place of line `a`: as the database decides it.
bool outdoes(const store_write& b, const store_write& a) noexcept {
  const auto order = [](const store_write& w) {
    return std::tuple{w.epoch, w.ledger->attempt, w.ledger->state};
  };
  return a.ledger->state != effect_state::committed &&
         (b.ledger->state == effect_state::committed || order(b) > order(a));
}

void add_opens(postgres_handle& db, const std::vector<const store_write*>& rows) {
  postgres_params p;
  p.array(column_of(rows, key))
      .array(column_of(rows, at))
      .array(column_of(rows, [](const auto& w) { return place_of_shard(w.domain, w.shard); }))
      .array(column_of(rows, [](const auto& w) { return std::int64_t{w.shard}; }))
      .array(column_of(rows, state))
      .array(column_of(rows, id))
      .array(column_of(rows, domain))
      .array(column_of(rows, [](const auto& w) { return std::string_view{w.session}; }))
      .array(column_of(rows, [](const auto& w) { return std::string_view{w.key}; }))
      .array(column_of(rows, body));
  db.add(open_tasks, p);
}

void add_appends(postgres_handle& db, const std::vector<const store_write*>& rows) {
  postgres_params p;
  p.array(column_of(rows, key))
      .array(column_of(rows, [](const auto& w) { return std::int64_t{w.n}; }))
      .array(column_of(rows, at))
      .array(column_of(rows, state))
      .array(column_of(rows, id))
      .array(column_of(rows, body));
  db.add(append_events, p);
}

void add_closes(postgres_handle& db, const std::vector<const store_write*>& rows) {
  postgres_params p;
  p.array(column_of(rows, key))
      .array(column_of(rows, at))
      .array(column_of(rows, state))
      .array(column_of(rows, id))
      .array(column_of(rows, body));
  db.add(close_tasks, p);
}

void add_sessions(postgres_handle& db, const std::vector<const store_write*>& rows) {
  postgres_params p;
  p.array(column_of(rows, [](const auto& w) { return hour_of(w.at); }))
      .array(column_of(rows, at))
      .array(column_of(rows, domain))
      .array(column_of(rows, id))
      .array(column_of(rows, body));
  db.add(put_sessions, p);
}

void add_effects(postgres_handle& db, const std::vector<const store_write*>& rows) {
  const auto line = [&](auto get) {
    return column_of(rows, [get](const store_write& w) { return get(*w.ledger); });
  };
  const auto number = [](auto member) {
    return [member](const stored_effect& x) { return static_cast<std::int64_t>(x.*member); };
  };
  const auto text = [](auto member) {
    return [member](const stored_effect& x) { return std::string_view{x.*member}; };
  };
  postgres_params p;
  p.array(line(number(&stored_effect::step)))
      .array(line(number(&stored_effect::index)))
      .array(line(number(&stored_effect::attempt)))
      .array(column_of(rows, [](const auto& w) { return static_cast<std::int64_t>(w.epoch); }))
      .array(column_of(rows, at))
      .array(line(number(&stored_effect::state)))
      .array(line(number(&stored_effect::does)))
      .array(column_of(rows, id))
      .array(column_of(rows, domain))
      .array(line(text(&stored_effect::agent)))
      .array(line(text(&stored_effect::fingerprint)))
      .array(line(text(&stored_effect::body)));
  db.add(put_effects, p);
}

} // namespace

std::int64_t place_of_shard(std::string_view domain, std::uint32_t shard) noexcept {
  return postgres_lock({}, domain, shard);
}

std::int64_t lock_of_shard(const std::string& schema, std::string_view domain,
                           std::uint32_t shard) {
  return postgres_lock(schema + "/shard", domain, shard);
}

void add_hold(postgres_handle& db, std::int64_t lock) {
  column locks{column::of::int8};
  locks.add(lock);
  postgres_params p;
  p.array(std::move(locks))
      .array(column{column::of::bytea})
      .array(column{column::of::int8})
      .array(column{column::of::int8});
  db.add(hold, p);
}

postgres_batch::postgres_batch(std::span<const store_write> batch, const std::string& schema) {
  find_owners(batch, schema);
  sort_tasks(batch);
  pick_latest(batch);
}

void postgres_batch::find_owners(std::span<const store_write> batch, const std::string& schema) {
  // A batch mostly comes from few owners, and neighbours are alike.
  for (const auto& w : batch) {
    if (w.epoch == 0)
      continue;
    const auto same = [&](const owner& o) {
      return o.first->epoch == w.epoch && o.first->shard == w.shard && o.first->domain == w.domain;
    };
    if (!owners_.empty() && same(owners_.back()))
      continue;
    owners_.push_back({lock_of_shard(schema, w.domain, w.shard), &w});
  }
  const auto order = [](const owner& o) { return std::tuple{o.lock, o.first->epoch}; };
  std::sort(owners_.begin(), owners_.end(),
            [&](const owner& a, const owner& b) { return order(a) < order(b); });
  // Of the same lock the oldest epoch is asked about. Shards that share a lock by chance stay.
  owners_.erase(std::unique(owners_.begin(), owners_.end(),
                            [](const owner& a, const owner& b) {
                              return a.lock == b.lock && a.first->shard == b.first->shard &&
                                     a.first->domain == b.first->domain;
                            }),
                owners_.end());
}

void postgres_batch::sort_tasks(std::span<const store_write> batch) {
  enum class phase : std::uint8_t { none, opened, appended, closed };
  std::unordered_map<std::string_view, phase> seen;
  seen.reserve(batch.size());
  for (const auto& w : batch) {
    if (w.what != store_write::kind::open && w.what != store_write::kind::append &&
        w.what != store_write::kind::close)
      continue;
    const auto wants = w.what == store_write::kind::open     ? phase::opened
                       : w.what == store_write::kind::append ? phase::appended
                                                             : phase::closed;
    auto* before = &seen.try_emplace(w.id, phase::none).first->second;
    const bool in_order = *before < wants || (*before == wants && wants == phase::appended);
    if (rounds_.empty() || !in_order || rounds_.back().bytes > bytes_max) {
      rounds_.emplace_back();
      seen.clear();
      before = &seen.try_emplace(w.id, phase::none).first->second;
    }
    *before = wants;
    auto& r = rounds_.back();
    r.bytes += w.body.size() + w.id.size();
    (wants == phase::opened     ? r.opens
     : wants == phase::appended ? r.appends
                                : r.closes)
        .push_back(&w);
  }
}

void postgres_batch::pick_latest(std::span<const store_write> batch) {
  using row = std::tuple<std::string_view, std::string_view, std::uint32_t, std::uint32_t>;
  // Rows are written in the order of their keys, so that two processes never wait for each other in
  // a circle.
  std::map<row, const store_write*> sessions;
  std::map<row, const store_write*> lines;
  std::map<row, const store_write*> uses;
  std::unordered_map<std::string_view, bool> recorded;
  for (const auto& w : batch) {
    if (w.what == store_write::kind::session) {
      sessions.insert_or_assign({w.domain, w.id, 0, 0}, &w);
    } else if (w.what == store_write::kind::effect && w.ledger) {
      auto& kept = lines.try_emplace({w.id, {}, w.ledger->step, w.ledger->index}, &w).first->second;
      if (outdoes(w, *kept))
        kept = &w;
    } else if (w.what == store_write::kind::audit && recorded.try_emplace(w.id, true).second) {
      audit_.push_back(&w);
    } else if (w.what == store_write::kind::key || w.what == store_write::kind::key_revoked) {
      keys_.push_back(&w);
    } else if (w.what == store_write::kind::version_used ||
               w.what == store_write::kind::version_left) {
      uses.insert_or_assign({w.domain, w.id, w.shard, 0}, &w);
    } else if (w.what == store_write::kind::spend && w.cost) {
      spend_.push_back(w.cost.get());
    }
  }
  for (const auto& [k, w] : sessions)
    sessions_.push_back(w);
  for (const auto& [k, w] : lines)
    effects_.push_back(w);
  for (const auto& [k, w] : uses)
    versions_.push_back(w);
  std::sort(spend_.begin(), spend_.end(), [](const stored_spend* a, const stored_spend* b) {
    return std::tie(a->at, a->id) < std::tie(b->at, b->id);
  });
}

void postgres_batch::add_locks(postgres_handle& db) const {
  column locks{column::of::int8}, shards{column::of::int8}, epochs{column::of::int8};
  column domains{column::of::bytea};
  for (const auto& o : owners_) {
    locks.add(o.lock);
    domains.add(std::string_view{o.first->domain});
    shards.add(std::int64_t{o.first->shard});
    epochs.add(static_cast<std::int64_t>(o.first->epoch));
  }
  postgres_params p;
  p.array(std::move(locks))
      .array(std::move(domains))
      .array(std::move(shards))
      .array(std::move(epochs));
  db.add(hold, p);
}

void postgres_batch::add_writes(postgres_handle& db) const {
  for (const auto& r : rounds_) {
    if (!r.opens.empty()) {
      add_opens(db, r.opens);
      add_opened_claims(db, r.opens);
    }
    if (!r.appends.empty())
      add_appends(db, r.appends);
    if (!r.closes.empty())
      add_closes(db, r.closes);
  }
  if (!sessions_.empty())
    add_sessions(db, sessions_);
  if (!effects_.empty())
    add_effects(db, effects_);
  for (const auto* w : keys_)
    add_key_write(db, *w);
  for (const auto* w : versions_)
    add_version_use(db, *w);
  if (!spend_.empty())
    add_spend(db, spend_);
}

} // namespace troupe
