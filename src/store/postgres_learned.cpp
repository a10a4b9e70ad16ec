#include "src/store/postgres_learned.hpp"

namespace troupe {

namespace {

constexpr postgres_statement put_learned{
    "put_learned",
    "INSERT INTO learned VALUES($1, $2, $3, $4, $5) ON CONFLICT(domain, intent, node)"
    " DO UPDATE SET changes = excluded.changes, body = excluded.body"
    " WHERE excluded.changes >= learned.changes"};
constexpr postgres_statement all_learned{"all_learned",
                                         "SELECT domain, intent, node, changes, body FROM learned"
                                         " ORDER BY domain, intent, node"};

} // namespace

void add_learned(postgres_handle& db, std::span<const learned_row> rows) {
  // A node writes its own rows alone, in one order, so that no two transactions wait for each
  // other.
  for (const auto& x : rows)
    db.add(put_learned, postgres_params{}
                            .bytes(x.domain)
                            .bytes(x.intent)
                            .bytes(x.node)
                            .number(static_cast<std::int64_t>(x.changes))
                            .bytes(x.body));
}

std::vector<learned_row> read_learned(postgres_handle& db) {
  db.begin_call();
  db.add(all_learned);
  const auto rows = db.run();
  std::vector<learned_row> out;
  for (int i = 0; i < rows[0].size(); ++i)
    out.push_back({std::string{rows[0].bytes(i, 0)}, std::string{rows[0].bytes(i, 1)},
                   std::string{rows[0].bytes(i, 2)},
                   static_cast<std::uint64_t>(rows[0].number(i, 3)),
                   std::string{rows[0].bytes(i, 4)}});
  return out;
}

} // namespace troupe
