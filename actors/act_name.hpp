#pragma once

#include "actors/live_task.hpp"
#include "actors/open_work.hpp"
#include "actors/seat.hpp"

#include <cstdint>
#include <string>

namespace troupe {

// Under which name an act is known: to its agent, in the effect ledger, and in the audit trail.

/// A call of `who` in this task is an act.
[[nodiscard]] bool acts(const live_task& t, const seat& who);
/// Tells the acts of one step apart: each rung with a skill of its own is another one.
[[nodiscard]] std::uint32_t call_index(const live_task& t, std::uint32_t step);
/// The same for every attempt at the act.
[[nodiscard]] std::string act_key(const std::string& task, std::uint32_t step, std::uint32_t index);
/// Of what is asked for: another request under the same key has another one.
[[nodiscard]] std::string fingerprint_of(const live_task& t, std::uint32_t step);
/// What has to be known of an attempt at the act when its answer comes.
[[nodiscard]] acting_call acting_call_of(live_task& t, std::uint32_t step, std::uint32_t attempt,
                                         const seat& who, bool query);

} // namespace troupe
