#pragma once

#include "policies/plan_run.hpp"

#include <memory>

namespace troupe {

/// `plan::of` for those who still have to say what holds for the whole plan: nobody else has it
/// yet. Throws as it does.
[[nodiscard]] std::shared_ptr<plan> laid_out(plan_node&& root);

[[nodiscard]] constexpr bool is_composite(plan_op op) noexcept {
  return op == plan_op::sequence || op == plan_op::parallel || op == plan_op::race ||
         op == plan_op::quorum || op == plan_op::map || op == plan_op::loop ||
         op == plan_op::judge || op == plan_op::compensate;
}

/// Its children run one after the other, each building on the ones before.
[[nodiscard]] constexpr bool is_ordered(plan_op op) noexcept {
  return op == plan_op::sequence || op == plan_op::compensate;
}

/// Its children are patterns, of which there are as many as items or rounds when it runs.
[[nodiscard]] constexpr bool is_expanding(plan_op op) noexcept {
  return op == plan_op::map || op == plan_op::loop || op == plan_op::judge;
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
