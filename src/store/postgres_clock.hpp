#pragma once

#include "src/store/postgres_store.hpp"

#include <troupe/clock.hpp>

namespace troupe {

/// The timeline of the server's clock, read off it once, and as exact as one round trip to it is
/// short. Deadlines and the times of retries go from node to node, with messages and through the
/// store: nodes that go by their own machines' clocks would miss them by as much as these differ.
/// Throws `store_error`.
[[nodiscard]] timeline timeline_of_server(const postgres_settings& settings);

} // namespace troupe
