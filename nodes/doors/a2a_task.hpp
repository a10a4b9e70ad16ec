#pragma once

#include <troupe/event.hpp>
#include <troupe/json.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace troupe {

// How tasks look to agents that speak A2A 1.0. Pure; any thread.

/// How much of a task is told.
struct a2a_shape {
  std::size_t history = 0; ///< messages; a task has one, what it was asked
  bool artifacts = true;
};

/// The state in the words of the protocol. A task that waits for somebody of the fleet's own people
/// is working, as far as others are concerned: there is nothing that they could put in.
[[nodiscard]] std::string_view a2a_state(task_state s) noexcept;
[[nodiscard]] std::optional<task_state> parse_a2a_state(std::string_view word) noexcept;

[[nodiscard]] json a2a_task(const task_record& x, a2a_shape shape = {});
/// A task that was taken a moment ago.
[[nodiscard]] json a2a_fresh_task(const std::string& id, const std::string& context_id);
/// The answer as an artifact; null when there is none.
[[nodiscard]] json a2a_artifact(const task_record& x);

// The events of a stream.
[[nodiscard]] json a2a_status_update(const task_record& x);
[[nodiscard]] json a2a_artifact_update(const task_record& x, json artifact);

} // namespace troupe
