#pragma once

#include "nodes/client.hpp"
#include "nodes/sim/fault_plan.hpp"
#include "nodes/sim/stub_agents.hpp"

#include <spdlog/logger.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace troupe::sim {

/// A request that somebody sends to the simulated fleet.
struct order {
  milliseconds at{0}; ///< after the start
  task_request what;
  std::optional<milliseconds> cancel_after; ///< the caller gives up so long after it was sent
};

/// All that decides how a run goes. The same scenario gives the same run to the byte.
struct scenario {
  std::uint64_t seed = 1;
  fleet_spec fleet; ///< as it was loaded; the simulation puts stubs in place of what is outside
  std::vector<order> orders;
  fault_plan faults;
  stub_answer answers; ///< none: `plausible_answer`
  /// How long after the last fault everything may take to come to its end.
  milliseconds patience{std::chrono::minutes{30}};
  std::shared_ptr<spdlog::logger> log; ///< gets what the nodes say; none: nobody
  std::uint64_t lies = 0; ///< so many acknowledged batches are lost: to see that it is noticed
};

/// What came of a run.
struct report {
  std::uint64_t seed = 0;
  std::size_t orders = 0;
  std::size_t accepted = 0;
  std::size_t refused = 0;                     ///< never accepted, and the caller was told
  std::size_t conflicts = 0;                   ///< of these, because of another request's key
  std::size_t lost = 0;                        ///< of `durability: none`, gone with its process
  std::map<std::string, std::size_t> ends;     ///< of accepted requests, by state
  std::map<std::string, std::size_t> failures; ///< ends that are failures, by reason
  std::size_t deadline_misses = 0;
  std::size_t steps = 0;  ///< of plans, sub-tasks included
  std::size_t items = 0;  ///< of lists, that agents were given
  std::size_t rounds = 0; ///< beyond the first ones, that agents were asked for
  std::size_t undone = 0; ///< steps that were to be taken back
  std::size_t retries = 0;
  std::size_t fallbacks = 0;
  std::size_t escalations = 0;                  ///< questions to people
  std::size_t effects = 0;                      ///< carried out in the outside world
  std::uint64_t calls = 0;                      ///< that agents took
  std::map<std::string, std::uint64_t> mishaps; ///< what went wrong, by the names of `fault_plan`
  std::uint64_t messages = 0;                   ///< that actors handled
  std::uint32_t processes = 0;                  ///< that the node needed
  microseconds took{0};                         ///< of virtual time
  std::vector<std::string> violations;          ///< of what must always hold, in sentences
  std::string log; ///< everything that happened, a line each, first the microseconds since 1970

  [[nodiscard]] bool ok() const noexcept { return violations.empty(); }
};

/// Runs a scenario to its end on the caller's thread. Throws what the node throws when the fleet
/// cannot run at all.
[[nodiscard]] report simulate(scenario what);

} // namespace troupe::sim
