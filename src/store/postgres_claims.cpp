#include "src/store/postgres_claims.hpp"

namespace troupe {

namespace {

#define TROUPE_TASK_WITH_KEY                                                                       \
  " id FROM tasks WHERE domain = $1 AND idempotency = $2 AND idempotency <> ''"                    \
  " ORDER BY domain, idempotency, key, id LIMIT 1"

// An insert waits for whoever is at the same row. If that was a task that is being opened, its
// claim is gone then and this one takes its place; the next statement sees the task, as it has a
// snapshot of its own.
constexpr postgres_statement claim_key{
    "claim_key", "INSERT INTO claims AS c(domain, key, id, shard, epoch, until)"
                 " SELECT $1::bytea, $2::bytea, $3::bytea, $4::int8, $5::int8, $6::int8"
                 " WHERE (SELECT" TROUPE_TASK_WITH_KEY ") IS NULL"
                 " ON CONFLICT(domain, key) DO UPDATE SET id = excluded.id, shard = excluded.shard,"
                 " epoch = excluded.epoch, until = excluded.until"
                 " WHERE (c.shard = excluded.shard AND c.epoch <= excluded.epoch) OR EXISTS"
                 " (SELECT FROM shards s WHERE s.domain = c.domain AND s.shard = c.shard AND "
                 "s.epoch > c.epoch)"};
constexpr postgres_statement holder_of_key{
    "holder_of_key", "(SELECT 1::int8 AS opened," TROUPE_TASK_WITH_KEY ") UNION ALL"
                     " SELECT 0::int8, id FROM claims WHERE domain = $1 AND key = $2"
                     " ORDER BY opened DESC LIMIT 1"};
constexpr postgres_statement release_key{
    "release_key", "DELETE FROM claims WHERE domain = $1 AND key = $2 AND id = $3"};
// Rows are taken in the order in which they are claimed, so that two processes never wait for each
// other in a circle.
constexpr postgres_statement opened_claims{
    "opened_claims",
    "DELETE FROM claims c USING (SELECT x.domain, x.key FROM unnest($1::bytea[], $2::bytea[],"
    " $3::bytea[]) AS w(domain, key, id) JOIN claims x ON x.domain = w.domain AND x.key = w.key"
    " AND x.id = w.id ORDER BY x.domain, x.key FOR UPDATE OF x) o"
    " WHERE c.domain = o.domain AND c.key = o.key"};
constexpr postgres_statement drop_claims{
    "drop_claims", "DELETE FROM claims c USING (SELECT domain, key FROM claims WHERE until < $1"
                   " LIMIT $2::int8 FOR UPDATE SKIP LOCKED) o"
                   " WHERE c.domain = o.domain AND c.key = o.key"};

#undef TROUPE_TASK_WITH_KEY

} // namespace

void add_claims(postgres_handle& db, std::string_view domain, std::uint32_t shard,
                std::uint64_t epoch, std::span<const key_claim> claims) {
  for (const auto& x : claims) {
    db.add(claim_key, postgres_params{}
                          .bytes(domain)
                          .bytes(x.key)
                          .bytes(x.id)
                          .number(shard)
                          .number(static_cast<std::int64_t>(epoch))
                          .number(static_cast<std::int64_t>(x.until.time_since_epoch().count())));
    db.add(holder_of_key, postgres_params{}.bytes(domain).bytes(x.key));
  }
}

std::vector<key_holder> holders_in(const std::vector<postgres_rows>& answers, std::size_t first,
                                   std::size_t count) {
  std::vector<key_holder> out;
  for (std::size_t i = 0; i < count; ++i) {
    const auto& found = answers[first + 2 * i + 1];
    if (found.size() == 0)
      out.emplace_back();
    else
      out.push_back({std::string{found.bytes(0, 1)}, found.number(0, 0) != 0});
  }
  return out;
}

void release_claim(postgres_handle& db, std::string_view domain, std::string_view key,
                   std::string_view id) {
  db.begin_call();
  db.add(release_key, postgres_params{}.bytes(domain).bytes(key).bytes(id));
  db.run();
}

void add_opened_claims(postgres_handle& db, const std::vector<const store_write*>& opened) {
  postgres_array domains{postgres_array::of::bytea};
  postgres_array keys{postgres_array::of::bytea};
  postgres_array ids{postgres_array::of::bytea};
  for (const auto* w : opened) {
    if (w->key.empty())
      continue;
    domains.add(std::string_view{w->domain});
    keys.add(std::string_view{w->key});
    ids.add(std::string_view{w->id});
  }
  if (ids.size() == 0)
    return;
  postgres_params p;
  p.array(std::move(domains)).array(std::move(keys)).array(std::move(ids));
  db.add(opened_claims, p);
}

std::size_t prune_claims(postgres_handle& db, timestamp older_than, std::size_t most) {
  db.begin_call();
  db.add(drop_claims, postgres_params{}
                          .number(static_cast<std::int64_t>(older_than.time_since_epoch().count()))
                          .number(static_cast<std::int64_t>(most)));
  return static_cast<std::size_t>(db.run()[0].changed());
}

} // namespace troupe
