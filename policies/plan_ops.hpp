#pragma once

#include "policies/plan_run.hpp"

namespace troupe {

[[nodiscard]] constexpr bool is_composite(plan_op op) noexcept {
  return op == plan_op::sequence || op == plan_op::parallel || op == plan_op::race ||
         op == plan_op::quorum;
}

[[nodiscard]] constexpr bool is_leaf(plan_op op) noexcept {
  return !is_composite(op);
}

/// The step has its result and will not change any more.
[[nodiscard]] constexpr bool is_over(step_status s) noexcept {
  return s == step_status::done || s == step_status::failed || s == step_status::cancelled;
}

/// The step has one of the task's parallel places.
[[nodiscard]] constexpr bool is_active(step_status s) noexcept {
  return s == step_status::wanted || s == step_status::running || s == step_status::waiting;
}

} // namespace troupe
