#pragma once

#include "policies/dice.hpp"

#include <troupe/clock.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::sim {

/// What goes wrong in a simulated run, and how often. Chances are per call of an agent, from 0 to
/// 1; counts are per run, spread over `span`.
struct fault_plan {
  double throws = 0;      ///< the agent throws, before or after it has done its work
  double hangs = 0;       ///< the call never returns by itself
  double late = 0;        ///< the answer comes after up to two minutes
  double garbage = 0;     ///< the answer breaks the agents' contract
  double unsure = 0;      ///< the answer's confidence is close to nothing
  double limited = 0;     ///< "come back later"
  double unavailable = 0; ///< "not now"

  std::uint32_t actor_kills = 0;   ///< any actor of the tree ends abnormally
  std::uint32_t node_kills = 0;    ///< the process is gone between two messages
  std::uint32_t write_crashes = 0; ///< the process is gone within a write of the journal
  std::uint32_t store_outages = 0; ///< writes fail for a while: full, busy or broken
  std::uint32_t stalls = 0;        ///< an actor, the journal before all others, stands still
  std::uint32_t clock_jumps = 0;   ///< the whole process stands still, then finds the clock ahead
  milliseconds span{60000};

  /// Nothing goes wrong.
  static fault_plan none() { return {}; }
  /// Draws which kinds of faults a run has at all, and how many of each. Runs that lack most kinds
  /// find what runs with all of them hide (Groce et al., "Swarm Testing", ISSTA 2012).
  static fault_plan draw(dice_box& dice, milliseconds span);
  /// Takes the kind called `name` out; false when there is none of that name.
  bool without(std::string_view name);
  /// The names that `without` takes.
  [[nodiscard]] static std::vector<std::string> kinds();
  /// Those of them that are chances of calls.
  [[nodiscard]] static std::vector<std::string> kinds_of_calls();
};

} // namespace troupe::sim
