#pragma once

#include "actors/acts_under_way.hpp"
#include "actors/node_parts.hpp"
#include "actors/node_subject.hpp"
#include "actors/seat.hpp"

#include <troupe/caf.hpp>
#include <troupe/clock.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace troupe {

/// Nobody works any more on what a call, or a person, is to be asked about: it may be sent.
struct act_over {
  std::uint32_t slot = 0; ///< of its task, with `generation`
  std::uint32_t generation = 0;
  std::uint32_t step = 0;
  std::uint32_t attempt = 0;
  seat_ptr to; ///< null: it is a person who is asked
  std::uint8_t probe = 0;
};

/// An act that nodes may still be working on which had it before its agent moved away from them.
struct watched_act {
  std::vector<std::string> nodes;
  std::string key;   ///< its idempotency key
  act_turn turn;     ///< of the attempt that asks what came of it
  timestamp until{}; ///< then `tell` hears it all the same
  caf::actor tell;
  act_over what;
};

/// WATCHES an act: whoever is asked what has come of it can only say once it is over, and an agent
/// that sits elsewhere by now knows nothing of it. Asks each of those nodes until it says that the
/// act is under way there no more, or is gone, and its acts with it, or that it knows no such
/// question, as an older version does; then tells `tell`. Short-lived. Any thread.
void watch_act(caf::actor_system& sys, const parts_ptr& parts, watched_act what);

/// Subject `act`: of {"key", "epoch", "attempt"} whether an act with that idempotency key is under
/// way at this node, as {"under_way"}. Attempts before that one do not begin there any more.
[[nodiscard]] node_subject act_subject(parts_ptr parts);

} // namespace troupe

TROUPE_BEGIN_MESSAGES(troupe_act_watch, TROUPE_FIRST_TYPE_ID + 210)
TROUPE_MESSAGE(troupe_act_watch, troupe::act_over)
TROUPE_END_MESSAGES(troupe_act_watch)
