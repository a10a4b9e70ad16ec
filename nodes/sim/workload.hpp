#pragma once

#include "nodes/sim/simulation.hpp"
#include "policies/dice.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace troupe::sim {

/// What the fleet can be asked for, as far as it says so itself: the examples that its entry's
/// triage agent learns from, else each skill of its entry once. Throws `std::runtime_error` when a
/// file of examples cannot be read.
[[nodiscard]] std::vector<task_request> requests_for(const fleet_spec& fleet);

/// `count` requests drawn from `kinds` (at least one) over `span`: some in conversations, some with
/// keys and sent twice, some given up. What is sent twice may come from another conversation under
/// the same key, and is another request then.
[[nodiscard]] std::vector<order> draw_orders(dice_box& dice, const std::vector<task_request>& kinds,
                                             std::size_t count, milliseconds span);

} // namespace troupe::sim
