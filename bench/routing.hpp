#pragma once

#include "actors/arm_book.hpp"
#include "bench/fleets.hpp"

#include <troupe/fleet.hpp>

#include <memory>

namespace troupe::bench {

/// Nanoseconds of a decision by `domain` among all agents of the node, the median of the rounds.
/// `arms`: what was learned of them; null: nothing.
[[nodiscard]] double decision_ns(bench_node& fleet, const domain_spec& domain,
                                 const std::shared_ptr<const arm_book>& arms = nullptr);

} // namespace troupe::bench
