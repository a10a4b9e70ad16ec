#pragma once

#include "policies/plan_run.hpp"

#include <troupe/event.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace troupe {

/// What was done when an attempt had failed.
enum class after_failure : std::uint8_t { none, retry, fallback, gave_up, ask_human };

template <>
struct enum_names<after_failure> {
  static constexpr std::array<std::string_view, 5> value{"none", "retry", "fallback", "gave_up",
                                                         "ask_human"};
};

/// An attempt of a step, read off a task's history. Times that are not known are `timestamp{}`.
struct attempt_seen {
  std::uint32_t attempt = 0;
  /// Assigned, unroutable, delegated or asked; what an agent hands over to a person is asked.
  event_kind began_as = event_kind::assigned;
  bool asks = false;      ///< delegated: the sub-task waits for a person
  std::uint32_t rung = 0; ///< 0: as planned; n: the n-th fallback
  timestamp started{};
  timestamp ended{};
  route_ptr how;      ///< assigned, unroutable
  std::string detail; ///< delegated: the child's id; asked: the question
  outcome_ptr given;
  failure failed;
  after_failure then = after_failure::none;
  timestamp next_at{};       ///< retry: when the next attempt is or was due
  std::string fallback;      ///< fallback: the rung that followed
  std::string asked_because; ///< ask_human: what made a person necessary

  [[nodiscard]] bool over() const noexcept { return ended != timestamp{}; }
};

/// Something that happened around a step and decided nothing about it.
struct note_seen {
  timestamp at{};
  std::string text;
};

struct step_seen {
  step_status status = step_status::idle;
  std::uint32_t rung = 0;
  timestamp started{};
  timestamp ended{};
  outcome_ptr result;
  std::vector<attempt_seen> attempts;
  std::vector<note_seen> notes;
};

/// A task's history in the order of its plan.
struct history_seen {
  std::vector<attempt_seen> triage;
  outcome_ptr understood;
  timestamp understood_at{};
  timestamp planned_at{};
  std::vector<step_seen> steps;        ///< as many as `run` has
  std::shared_ptr<const plan_run> run; ///< as the history leaves it; null: there is no plan yet
};

/// The children of a step that are shown: all, but of a long list of items or rounds only the first
/// ones and the first of those that failed; and what undoes the step, if that has begun.
[[nodiscard]] std::vector<std::uint32_t> shown_below(const plan_run& run, std::uint32_t step);

/// How many items or rounds of `step` there are, by their state: null for any other step.
[[nodiscard]] json items_view(const plan_run& run, std::uint32_t step);

/// Runs the plan's interpreter again on the history: what it says of each step is then the same as
/// what it said when it happened.
[[nodiscard]] history_seen read_history(const task_record& x);

} // namespace troupe
