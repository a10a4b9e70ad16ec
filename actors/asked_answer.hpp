#pragma once

#include "actors/boundary.hpp"
#include "actors/live_task.hpp"

#include <cstdint>
#include <memory>

namespace troupe {

/// What an answer of people to the question of a step has to pass: whoever speaks for an agent
/// keeps to what that agent gives. Null: nothing.
[[nodiscard]] std::shared_ptr<const boundary> gives_of(const live_task& t, std::uint32_t step);

} // namespace troupe
