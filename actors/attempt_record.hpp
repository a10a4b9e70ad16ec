#pragma once

#include "actors/live_task.hpp"
#include "policies/plan_run.hpp"

#include <troupe/event.hpp>

#include <cstdint>
#include <string>

namespace troupe {

// What a task's record says of an attempt that may have been under way before.

/// To whom it was given last; null: to nobody.
[[nodiscard]] const route* given_to(const live_task& t, std::uint32_t step, std::uint32_t attempt);

/// So often has this attempt been given to an agent.
[[nodiscard]] std::uint32_t handed_out(const live_task& t, const plan_action& a);
/// It has been handed out as often as an attempt may be.
[[nodiscard]] bool too_often(const live_task& t, const plan_action& a);
/// An attempt that was under way when the node ended may simply be handed out again.
[[nodiscard]] bool harmless_again(const plan_run::step_state& step);
/// The agent that was drawn for the running attempt before the node ended: a resumed task does not
/// draw again. Empty: nobody was.
[[nodiscard]] std::string drawn_before(const live_task& t, std::uint32_t step);

/// What was wrong with the attempt before, for the one that follows; null: nothing is known.
[[nodiscard]] json errors_of_last_attempt(const live_task& t, std::uint32_t step);

} // namespace troupe
