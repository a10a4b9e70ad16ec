#pragma once

#include "src/models/model_port.hpp"
#include "src/tools/alarm.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

namespace troupe::cache {

/// What a cache of answers has done.
struct counts {
  std::uint64_t asked = 0; ///< requests that could have been answered from it
  std::uint64_t exact = 0;
  std::uint64_t semantic = 0;
  std::uint64_t shared = 0;
  std::uint64_t entries = 0; ///< that are kept
  std::uint64_t dropped = 0; ///< for want of room, or of age
};

/// A port that stands before another one and gives answers again as `model_request::cache` allows:
/// to the same conversation; to a question that means the same (cosine of the two from the
/// threshold on, and the hard facts are equal: `same_facts.hpp`); and one answer to all who ask the
/// same at the same time (single flight). Kept apart are agents (which are a team's: no domain gets
/// what another one was answered), models, instructions and whatever else the conversation holds,
/// and customers where the agent says so. Requests that may lead to effects pass through.
///
/// A request given up leaves alone those that wait for the same answer; one that waits gives up at
/// its own deadline. When the answer is an error, all of them get it; when only the first one's
/// time or money was used up, the next of them asks.
///
/// Bounded: as many answers for an agent as it says, the one that was not used for longest goes,
/// and `bytes_most` in all. On this node and in memory.
class model_cache : public models::model_port {
 public:
  [[nodiscard]] virtual counts now() const = 0;
  static constexpr std::size_t bytes_most = std::size_t{64} << 20;
  static constexpr std::size_t answer_most = 64 << 10; ///< a longer one is not kept
};

/// `now`: the time that answers age by, in milliseconds; monotonic.
[[nodiscard]] std::shared_ptr<model_cache>
make_model_cache(std::shared_ptr<models::model_port> behind,
                 std::shared_ptr<tools::alarm_clock> alarms, std::function<std::int64_t()> now);

} // namespace troupe::cache
