#pragma once

#include <cstddef>

namespace caf {
class actor_system_config;
} // namespace caf

namespace troupe {

/// Settings for a process of troupe's own, to be made before its actor system is. Idle workers wait
/// on a condition variable instead of polling with sleeps, and a worker that has more to run than
/// its next job calls an idle neighbour (docs/decisions/scheduler-without-sleeps.md). `threads` 0:
/// one per core, at least two. An embedding application keeps its own settings, whatever they are.
void tune_scheduler(caf::actor_system_config& config, std::size_t threads);

} // namespace troupe
