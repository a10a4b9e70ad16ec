#pragma once

#include "policies/plan_run.hpp"

#include <troupe/json.hpp>

#include <cstdint>

namespace troupe {

/// The input of a call of `step`: the request's data, then the step's own input, then what it is
/// given of the steps before it. Of the request, neither its context, which comes to an agent as
/// far as that may read it, nor the lists of which the step is given an item. Null: nothing.
[[nodiscard]] json step_input(const plan_run& run, std::uint32_t step, const json& request);

} // namespace troupe
