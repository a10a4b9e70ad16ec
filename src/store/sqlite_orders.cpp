#include "src/store/sqlite_orders.hpp"

namespace troupe {

sqlite_orders::sqlite_orders(sqlite_handle& db)
    : drop_(db, "DELETE FROM standing_orders WHERE agent = ?1"
                " OR substr(agent, 1, length(?1) + 1) = ?1 || '#'")
    , put_(db, "INSERT INTO standing_orders VALUES(?1, ?2, ?3)")
    , all_(db, "SELECT agent, wanted, at FROM standing_orders ORDER BY agent") {}

void sqlite_orders::keep(const standing_order& x) {
  drop_.text(1, x.agent).run();
  if (x.wanted == agent_duty::serving && x.agent.find('#') == std::string::npos)
    return;
  put_.text(1, x.agent)
      .number(2, static_cast<int>(x.wanted))
      .number(3, x.at.time_since_epoch().count())
      .run();
}

std::vector<standing_order> sqlite_orders::all() {
  std::vector<standing_order> out;
  for (sqlite_rows rows{all_}; rows.next();)
    out.push_back({std::string{rows.bytes(0)}, static_cast<agent_duty>(rows.number(1)),
                   timestamp{microseconds{rows.number(2)}}});
  return out;
}

} // namespace troupe
