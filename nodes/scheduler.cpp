#include "nodes/scheduler.hpp"

#include "nodes/caf_scheduler.hpp"

#include <algorithm>
#include <thread>

namespace troupe {

namespace {

/// CAF would take four where there are fewer cores. More workers than cores only take turns, and
/// the journal's thread has to wait for its own.
std::size_t workers(std::size_t wanted) {
  constexpr std::size_t least = 2;
  return wanted > 0 ? wanted : std::max<std::size_t>(least, std::thread::hardware_concurrency());
}

} // namespace

void tune_scheduler(caf::actor_system_config& config, std::size_t threads) {
  config.set(caf_setting("scheduler.max-threads"), workers(threads));
  call_neighbours(config);
  silence(config);
}

} // namespace troupe
