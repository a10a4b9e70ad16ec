#pragma once

#include <troupe/json.hpp>

#include <string>

namespace troupe::cli {

// Tasks as the API returns them, in words. Pure functions.

/// Whether the task has ended, and whether it ended well.
[[nodiscard]] bool has_ended(const json& task);
[[nodiscard]] bool has_completed(const json& task);
/// What the task answers: its text, or its data when there is no text.
[[nodiscard]] std::string answer_of(const json& task);
/// Why the task failed: `timeout: no answer within 30 s`; empty if it did not.
[[nodiscard]] std::string failure_of(const json& task);
/// Everything about a task, a line per part.
[[nodiscard]] std::string task_text(const json& task);
[[nodiscard]] std::string task_table(const json& tasks);
/// One entry of a task's event stream, on one line.
[[nodiscard]] std::string event_text(const json& event);

} // namespace troupe::cli
