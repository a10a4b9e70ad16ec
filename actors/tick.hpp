#pragma once

// What actors say to themselves when it is time for something.

#include <troupe/caf.hpp>

namespace troupe {

/// INTERNAL: time to look at the timers.
struct tick {};
/// INTERNAL: hand what has gathered to the journal.
struct flush {};

} // namespace troupe

TROUPE_BEGIN_MESSAGES(troupe_clock, TROUPE_FIRST_TYPE_ID + 75)
TROUPE_MESSAGE(troupe_clock, troupe::tick)
TROUPE_MESSAGE(troupe_clock, troupe::flush)
TROUPE_END_MESSAGES(troupe_clock)
