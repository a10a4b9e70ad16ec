#include "src/store/sqlite_spend.hpp"

namespace troupe {

namespace {

std::int64_t spent_at(timestamp t) noexcept {
  return t.time_since_epoch().count();
}

} // namespace

// Groups by what was asked for: a part that was not asked for is the same in all rows.
sqlite_spend::sqlite_spend(sqlite_handle& db)
    : db_(db)
    , add_(db, "INSERT INTO spend VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,"
               "?16,?17) ON CONFLICT DO NOTHING")
    , sums_(db,
            "SELECT CASE WHEN ?1 & 1 THEN domain || '/' || agent ELSE '' END,"
            " CASE WHEN ?1 & 2 THEN task ELSE '' END, CASE WHEN ?1 & 4 THEN session ELSE '' END,"
            " CASE WHEN ?1 & 8 THEN workflow ELSE '' END,"
            " CASE WHEN ?1 & 16 THEN domain ELSE '' END,"
            " CASE WHEN ?1 & 32 THEN customer ELSE '' END,"
            " CASE WHEN ?1 & 64 THEN model ELSE '' END,"
            " CASE WHEN ?1 & 128 THEN CAST(day AS TEXT) ELSE '' END,"
            " sum(input), sum(output), sum(cost), sum(calls), sum(estimated),"
            " sum(cached), sum(cache_write) FROM spend"
            " WHERE at >= ?2 AND at < ?3"
            " AND (?4 = '' OR domain = ?4 OR substr(domain, 1, length(?4) + 1) = ?4 || '/')"
            " AND (?5 = '' OR customer = ?5) AND (?6 = '' OR task = ?6)"
            " GROUP BY 1, 2, 3, 4, 5, 6, 7, 8"
            " ORDER BY sum(cost) DESC, 1, 2, 3, 4, 5, 6, 7, 8 LIMIT ?7")
    , drop_(db, "DELETE FROM spend WHERE (at, id) IN (SELECT at, id FROM spend WHERE at < ?1"
                " ORDER BY at LIMIT ?2)") {}

void sqlite_spend::add(const stored_spend& x) {
  add_.number(1, spent_at(x.at))
      .text(2, x.id)
      .number(3, x.day)
      .text(4, x.task)
      .text(5, x.session)
      .text(6, x.domain)
      .text(7, x.agent)
      .text(8, x.workflow)
      .text(9, x.customer)
      .text(10, x.model)
      .number(11, static_cast<std::int64_t>(x.used.input_tokens))
      .number(12, static_cast<std::int64_t>(x.used.output_tokens))
      .number(13, static_cast<std::int64_t>(x.used.cost_micros))
      .number(14, x.used.calls)
      .number(15, x.estimated ? 1 : 0)
      .number(16, static_cast<std::int64_t>(x.used.cached_tokens))
      .number(17, static_cast<std::int64_t>(x.used.cache_write_tokens))
      .run();
}

std::vector<cost_row> sqlite_spend::costs(const cost_query& query) {
  sums_.number(1, query.bits())
      .number(2, spent_at(query.since))
      .number(3, spent_at(query.until))
      .text(4, query.domain)
      .text(5, query.customer)
      .text(6, query.task)
      .number(7, static_cast<std::int64_t>(cost_rows_max));
  std::vector<cost_row> out;
  for (sqlite_rows rows{sums_}; rows.next();) {
    cost_row row;
    for (std::size_t i = 0; i < cost_parts; ++i)
      row.part[i] = std::string{rows.bytes(static_cast<int>(i))};
    if (!is_within(row.of(cost_part::domain), query.within))
      continue;
    row.used.input_tokens = static_cast<std::uint64_t>(rows.number(8));
    row.used.output_tokens = static_cast<std::uint64_t>(rows.number(9));
    row.used.cost_micros = static_cast<std::uint64_t>(rows.number(10));
    row.used.calls = static_cast<std::uint32_t>(rows.number(11));
    row.estimated = static_cast<std::uint64_t>(rows.number(12));
    row.used.cached_tokens = static_cast<std::uint64_t>(rows.number(13));
    row.used.cache_write_tokens = static_cast<std::uint64_t>(rows.number(14));
    out.push_back(std::move(row));
  }
  return out;
}

std::size_t sqlite_spend::prune(timestamp older_than, std::size_t most) {
  drop_.number(1, spent_at(older_than)).number(2, static_cast<std::int64_t>(most)).run();
  return static_cast<std::size_t>(db_.changed_rows());
}

} // namespace troupe
