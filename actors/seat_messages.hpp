#pragma once

// Who sits where: what supervisors and the registry tell those who send work.

#include "actors/seat.hpp"

#include <troupe/caf.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace troupe {

/// Whoever sat there up to and including `incarnation` has ended; what it had been given is lost.
struct seat_down {
  seat_ptr who;
  std::uint64_t incarnation = 0;
  std::string why;
};

// -- registry -----------------------------------------------------------------

/// The agents of a domain as the router sees them. Immutable; replaced as a whole when agents come
/// or go.
struct routing_table {
  std::vector<seat_ptr> agents;
  std::map<std::string, std::vector<seat_ptr>, std::less<>> by_skill;
  std::map<std::string, std::vector<seat_ptr>, std::less<>>
      by_name; ///< `domain/agent` and each replica's own
};
using routing_table_ptr = std::shared_ptr<const routing_table>;

struct register_agent {
  seat_ptr who;
};
struct unregister_agent {
  seat_ptr who;
};
/// Send me the routing table of this domain, now and whenever it changes.
struct subscribe_routes {
  std::string domain;
  seat_ptr subscriber;
};
struct routes_changed {
  routing_table_ptr table;
};

} // namespace troupe

TROUPE_BEGIN_MESSAGES(troupe_seats, TROUPE_FIRST_TYPE_ID + 30)
TROUPE_MESSAGE(troupe_seats, troupe::seat_down)
TROUPE_MESSAGE(troupe_seats, troupe::register_agent)
TROUPE_MESSAGE(troupe_seats, troupe::unregister_agent)
TROUPE_MESSAGE(troupe_seats, troupe::subscribe_routes)
TROUPE_MESSAGE(troupe_seats, troupe::routes_changed)
TROUPE_END_MESSAGES(troupe_seats)
