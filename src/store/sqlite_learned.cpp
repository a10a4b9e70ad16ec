#include "src/store/sqlite_learned.hpp"

namespace troupe {

sqlite_learned::sqlite_learned(sqlite_handle& db)
    : put_(db, "INSERT INTO learned VALUES(?1, ?2, ?3, ?4, ?5) ON CONFLICT(domain, intent, node) "
               "DO UPDATE SET"
               " changes = excluded.changes, body = excluded.body"
               " WHERE excluded.changes >= learned.changes")
    , all_(db, "SELECT domain, intent, node, changes, body FROM learned"
               " ORDER BY domain, intent, node") {}

void sqlite_learned::keep(std::span<const learned_row> rows) {
  for (const auto& x : rows)
    put_.text(1, x.domain)
        .text(2, x.intent)
        .text(3, x.node)
        .number(4, static_cast<std::int64_t>(x.changes))
        .blob(5, x.body)
        .run();
}

std::vector<learned_row> sqlite_learned::all() {
  std::vector<learned_row> out;
  for (sqlite_rows rows{all_}; rows.next();)
    out.push_back({std::string{rows.bytes(0)}, std::string{rows.bytes(1)},
                   std::string{rows.bytes(2)}, static_cast<std::uint64_t>(rows.number(3)),
                   std::string{rows.bytes(4)}});
  return out;
}

} // namespace troupe
