#pragma once

#include <troupe/json.hpp>

#include <string>

namespace troupe::cli {

/// A trace as the API returns it, as a tree: a line per span with a bar that shows when it was
/// within the task, how long it took, what it was, who did it, and how it ended. Pure.
[[nodiscard]] std::string trace_text(const json& trace);

/// What was decided for a task and why, in plain words. Pure.
[[nodiscard]] std::string explain_text(const json& explanation);

} // namespace troupe::cli
