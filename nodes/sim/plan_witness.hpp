#pragma once

#include "nodes/sim/stub_agents.hpp"
#include "policies/plan_run.hpp"

#include <string>
#include <vector>

namespace troupe::sim {

/// A task that has ended, as it is stored.
struct ended_task {
  const std::string& id;
  const std::vector<event>& history;
  const outcome& result;
};

/// How many steps were to be taken back, as the outcome says.
[[nodiscard]] std::size_t taken_back(const outcome& x);

/// What must hold of plans that act, go through lists, repeat and take back, and does not, in
/// sentences. `run` is what the history makes of the plan; `outside` has what was really done.
///
/// - What an agent is said to have done has been done.
/// - An agent was told the item and the round that its step is for, in whatever process, and no
///   round beyond the last one. As no step acts twice, each item is worked on once.
/// - A list is through when each of its items is.
/// - What was done below a `compensate` that has failed stands in the outcome, as undone or with
///   the reason why not; nothing else is undone, nothing twice, and the last one first.
[[nodiscard]] std::vector<std::string> broken_by(const ended_task& x, const plan_run& run,
                                                 const outside_world& outside);

/// As much of it as can be said when the steps are not stored: what was done stands in the outcome
/// of a plan that is a `compensate` and has failed, and nothing was taken back in silence.
[[nodiscard]] std::vector<std::string> broken_by(const ended_task& x, const plan_ptr& how,
                                                 const outside_world& outside);

} // namespace troupe::sim
