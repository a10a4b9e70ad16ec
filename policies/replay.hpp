#pragma once

#include "policies/plan_run.hpp"

#include <troupe/event.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

/// One event of a task that was applied again.
struct replayed_event {
  std::size_t number = 0; ///< from 1, in the recorded history; 0: it is not in there
  event what;
  std::string problem;             ///< how it differs from what the interpreter decides; empty: not
  std::vector<plan_action> wanted; ///< what the interpreter wanted next
  /// The steps that `wanted` is about, by name.
  std::vector<std::string> names;
  std::string name; ///< of the step that it is about; `task` for the whole
};

/// A task's history applied to a fresh interpreter.
struct replayed {
  std::vector<replayed_event> events;
  std::shared_ptr<const plan_run> run; ///< as it stands after the last of `events`; null: not begun
  bool triage = false;                 ///< `run` is the understanding of the task
  bool stopped = false;                ///< at the place that was asked for
  /// What the history left open, or why a replay with other answers could not go on.
  std::vector<std::string> open;
  outcome_ptr result; ///< null: the end was not reached

  /// How many of the events differ from what was decided again.
  [[nodiscard]] std::size_t differences() const noexcept;
};

/// Where a replay stops: after event number `events`, or when the step called `step` has ended.
struct replay_stop {
  std::size_t events = 0; ///< 0: nowhere
  std::string step;       ///< empty: nowhere
};

/// Applies the history of `record` again, and checks that each recorded decision is the one that
/// the interpreter makes: that what was assigned, delegated or asked had been wanted, that timers
/// fired when they were due, and that the recorded end is the end of the plan. `triage` is the plan
/// of the task's understanding (`plan_of_triage`); it is not part of a record.
[[nodiscard]] replayed replay(const task_record& record, const plan_ptr& triage,
                              const replay_stop& until = {});

/// Other answers of agents, in the order in which the agent is asked; by `domain/agent`.
using other_answers = std::map<std::string, std::vector<outcome>, std::less<>>;

/// Those that are meant for the recorded agent `domain/agent@3#2`: under its name with its version,
/// else under what people call it in whichever version. `end()`: there are none.
[[nodiscard]] other_answers::const_iterator answers_for(const other_answers& others,
                                                        std::string_view agent);

/// Runs the plan of `record` again with other answers of some agents, and the recorded ones of all
/// others, in virtual time. It goes on as far as there are answers: a step that nobody has answered
/// stays open, and `open` says which. The plan itself stays as it was recorded.
[[nodiscard]] replayed replay_with(const task_record& record, const other_answers& others,
                                   const replay_stop& until = {});

/// The name of a step of a run, items and rounds included; `task` for the whole of it.
[[nodiscard]] std::string step_name(const plan_run* run, std::uint32_t step);

} // namespace troupe
