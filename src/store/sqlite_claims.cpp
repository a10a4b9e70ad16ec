#include "src/store/sqlite_claims.hpp"

namespace troupe {

sqlite_claims::sqlite_claims(sqlite_handle& db)
    : db_(&db)
    , put_(db, "INSERT INTO claims VALUES(?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT(domain, key)"
               " DO UPDATE SET id = excluded.id, shard = excluded.shard, epoch = excluded.epoch,"
               " until = excluded.until"
               " WHERE (claims.shard = excluded.shard AND claims.epoch <= excluded.epoch) OR EXISTS"
               " (SELECT 1 FROM shards s WHERE s.domain = claims.domain AND s.shard = claims.shard"
               " AND s.epoch > claims.epoch)")
    , holder_(db, "SELECT id FROM claims WHERE domain = ?1 AND key = ?2")
    , drop_(db, "DELETE FROM claims WHERE domain = ?1 AND key = ?2 AND id = ?3")
    , drop_old_(db, "DELETE FROM claims WHERE (domain, key) IN"
                    " (SELECT domain, key FROM claims WHERE until < ?1 LIMIT ?2)") {}

std::string sqlite_claims::claim(std::string_view domain, std::uint32_t shard, std::uint64_t epoch,
                                 const key_claim& x) {
  put_.text(1, domain)
      .text(2, x.key)
      .text(3, x.id)
      .number(4, shard)
      .number(5, static_cast<std::int64_t>(epoch))
      .number(6, x.until.time_since_epoch().count())
      .run();
  holder_.text(1, domain).text(2, x.key);
  sqlite_rows rows{holder_};
  return rows.next() ? std::string{rows.bytes(0)} : std::string{};
}

void sqlite_claims::release(std::string_view domain, std::string_view key, std::string_view id) {
  drop_.text(1, domain).text(2, key).text(3, id).run();
}

std::size_t sqlite_claims::prune(timestamp older_than, std::size_t most) {
  drop_old_.number(1, older_than.time_since_epoch().count())
      .number(2, static_cast<std::int64_t>(most))
      .run();
  return static_cast<std::size_t>(db_->changed_rows());
}

} // namespace troupe
