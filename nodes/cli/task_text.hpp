#pragma once

#include <troupe/json.hpp>

#include <string>
#include <vector>

namespace troupe::cli {

// Tasks as the API returns them, in words. Pure functions.

/// Whether the task has ended, and whether it ended well.
[[nodiscard]] bool has_ended(const json& task);
[[nodiscard]] bool has_completed(const json& task);
/// Whether a person has to answer before the task goes on.
[[nodiscard]] bool waits_for_people(const json& task);
/// A question to people: `for a person in queue refunds, question ID`, and how to answer it.
[[nodiscard]] std::string question_words(const json& question);
[[nodiscard]] std::string answer_command(const json& question);
/// What the task answers: its text, or its data when there is no text.
[[nodiscard]] std::string answer_of(const json& task);
/// Why the task failed: `timeout: no answer within 30 s`; empty if it did not.
[[nodiscard]] std::string failure_of(const json& task);
/// Everything about a task, a line per part, with the questions to people that it waits for.
[[nodiscard]] std::string task_text(const json& task, const std::vector<json>& questions = {});
[[nodiscard]] std::string task_table(const json& tasks);
/// One entry of a task's event stream, on one line.
[[nodiscard]] std::string event_text(const json& event);

} // namespace troupe::cli
