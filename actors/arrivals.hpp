#pragma once

// What helps those who wait for somebody to be there.

#include "actors/seat.hpp"

#include <troupe/caf.hpp>

#include <cstdint>
#include <string>

namespace troupe {

/// Somebody has taken this seat: an actor of this node, or a proxy for one of another. Sent to
/// those who watch for arrivals.
struct seat_taken {
  seat_ptr who;
};

/// In place of `task_refused`: a `submit_task` or `watch_task` did not come to its orchestrator,
/// which has died or moved meanwhile. Nobody has seen it, so it may be sent again.
struct task_undelivered {
  std::string id;
  std::string why;
};

/// In place of `call_ended`: a `run_call` did not come to its agent, which has died or moved
/// meanwhile. It has done nothing.
struct call_undelivered {
  std::uint64_t call = 0;
  std::string why;
};

} // namespace troupe

TROUPE_BEGIN_MESSAGES(troupe_arrivals, TROUPE_FIRST_TYPE_ID + 104)
TROUPE_MESSAGE(troupe_arrivals, troupe::seat_taken)
TROUPE_MESSAGE(troupe_arrivals, troupe::task_undelivered)
TROUPE_MESSAGE(troupe_arrivals, troupe::call_undelivered)
TROUPE_END_MESSAGES(troupe_arrivals)
