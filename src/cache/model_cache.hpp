#pragma once

#include "src/models/model_port.hpp"
#include "src/tools/alarm.hpp"

#include <cstdint>
#include <functional>
#include <memory>

namespace troupe::cache {

/// A port that stands before another one and gives answers again as `model_request::cache` allows:
/// to the same conversation; to a question that means the same (cosine of the two from the
/// threshold on, and the hard facts allow it: `same_facts.hpp`); and one answer to all who ask the
/// same at the same time (single flight). Kept apart are agents (which are a team's: no domain gets
/// what another one was answered), models, instructions and whatever else the conversation holds,
/// and customers where the agent says so. Requests that may lead to effects pass through.
///
/// A request given up leaves alone those that wait for the same answer; one that waits gives up at
/// its own deadline. When the answer is an error, all of them get it; when only the time or the
/// money of whoever asked was used up, the next of them asks with what is left of its own time.
///
/// Bounded: as many answers for an agent as it says, the one that was not used for longest goes,
/// and 64 MiB in all. On this node and in memory.
///
/// `now`: the time that answers age by, in milliseconds; monotonic.
[[nodiscard]] std::shared_ptr<models::model_port>
make_model_cache(std::shared_ptr<models::model_port> behind,
                 std::shared_ptr<tools::alarm_clock> alarms, std::function<std::int64_t()> now);

} // namespace troupe::cache
