#include "src/store/postgres_orders.hpp"

namespace troupe {

namespace {

constexpr postgres_statement drop_orders{
    "drop_orders",
    "DELETE FROM standing_orders WHERE agent = $1::bytea"
    " OR substring(agent from 1 for length($1::bytea) + 1) = $1::bytea || '#'::bytea"};
constexpr postgres_statement put_order{
    "put_order", "INSERT INTO standing_orders VALUES($1, $2, $3) ON CONFLICT(agent)"
                 " DO UPDATE SET wanted = excluded.wanted, at = excluded.at"};
constexpr postgres_statement all_orders{
    "all_orders", "SELECT agent, wanted, at FROM standing_orders ORDER BY agent"};

} // namespace

void add_order(postgres_handle& db, const standing_order& x) {
  db.add(drop_orders, postgres_params{}.bytes(x.agent));
  if (x.wanted == agent_duty::serving && x.agent.find('#') == std::string::npos)
    return;
  db.add(put_order, postgres_params{}
                        .bytes(x.agent)
                        .number(static_cast<std::int64_t>(x.wanted))
                        .number(x.at.time_since_epoch().count()));
}

std::vector<standing_order> read_orders(postgres_handle& db) {
  db.begin_call();
  db.add(all_orders);
  const auto rows = db.run();
  std::vector<standing_order> out;
  for (int i = 0; i < rows[0].size(); ++i)
    out.push_back({std::string{rows[0].bytes(i, 0)}, static_cast<agent_duty>(rows[0].number(i, 1)),
                   timestamp{microseconds{rows[0].number(i, 2)}}});
  return out;
}

} // namespace troupe
