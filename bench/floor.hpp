#pragma once

#include "bench/driver.hpp"

namespace troupe::bench {

// The same work in bare CAF: no policy, no plan, no trace, no metrics. What it costs is what nobody
// built on CAF can go below.

struct floor_task {
  std::uint64_t number = 0;
  std::string kind;
  std::string body;
};
struct floor_answer {
  std::uint64_t number = 0;
  std::string text;
};
struct floor_crash {};
struct floor_poke {
  std::uint64_t number = 0;
};

/// driver → router → agent → driver, by request() and delegate().
run_result floor_route(caf::actor_system& sys, std::uint64_t count, std::uint64_t window);
/// driver → classifier → two agents at once → join → driver.
run_result floor_compound(caf::actor_system& sys, std::uint64_t count, std::uint64_t window);
/// Microseconds from a crash to the replacement's first answer, supervisor and monitor by hand.
std::vector<double> floor_crash_restart(caf::actor_system& sys, std::size_t rounds);
/// Bytes per idle actor that has handled one message.
double floor_idle_bytes(caf::actor_system& sys, std::size_t count);

} // namespace troupe::bench

TROUPE_ALLOW_LOCAL_MESSAGE(troupe::bench::floor_task)
TROUPE_ALLOW_LOCAL_MESSAGE(troupe::bench::floor_answer)
TROUPE_ALLOW_LOCAL_MESSAGE(troupe::bench::floor_crash)
TROUPE_ALLOW_LOCAL_MESSAGE(troupe::bench::floor_poke)
