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

#define TROUPE_ARRIVAL_MESSAGES(X)                                                                 \
  X(troupe::seat_taken)                                                                            \
  X(troupe::task_undelivered)                                                                      \
  X(troupe::call_undelivered)

#if !TROUPE_CAF_LEGACY
CAF_BEGIN_TYPE_ID_BLOCK(troupe_arrivals, TROUPE_FIRST_TYPE_ID + 100)
TROUPE_ARRIVAL_MESSAGES(TROUPE_ADD_TYPE_ID)
CAF_END_TYPE_ID_BLOCK(troupe_arrivals)
#endif
TROUPE_ARRIVAL_MESSAGES(TROUPE_ALLOW_LOCAL_MESSAGE)
