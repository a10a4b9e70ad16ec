#include "src/store/postgres_layout.hpp"

namespace troupe {

namespace {

constexpr postgres_statement read_layout{"read_layout", "SELECT body FROM layout"};
// Nodes that start together meet at the row: one puts it there, the others change nothing.
constexpr postgres_statement first_layout{
    "first_layout", "INSERT INTO layout VALUES(1, $1) ON CONFLICT DO NOTHING"};
constexpr postgres_statement next_layout{"next_layout",
                                         "UPDATE layout SET body = $1 WHERE body = $2"};
constexpr postgres_statement count_open{
    "count_open", "SELECT count(*), count(*) FILTER (WHERE t.shard >= $1::int8) FROM live l"
                  " JOIN tasks t ON t.key = l.key AND t.id = l.id"};

} // namespace

std::optional<kept_layout> postgres_layout::read() {
  db_->begin_call();
  db_->add(read_layout);
  const auto rows = db_->run();
  return rows[0].size() == 0 ? std::nullopt : std::optional{kept_layout_of(rows[0].bytes(0, 0))};
}

bool postgres_layout::keep(const kept_layout& x, const std::optional<kept_layout>& before) {
  postgres_params p;
  p.bytes(text_of(x));
  if (before)
    p.bytes(text_of(*before));
  db_->begin_call();
  db_->add(before ? next_layout : first_layout, p);
  return db_->run()[0].changed() == 1;
}

open_count postgres_layout::open_tasks(std::uint32_t shards) {
  db_->begin_call();
  db_->add(count_open, postgres_params{}.number(shards));
  const auto rows = db_->run();
  return {static_cast<std::uint64_t>(rows[0].number(0, 0)),
          static_cast<std::uint64_t>(rows[0].number(0, 1))};
}

} // namespace troupe
