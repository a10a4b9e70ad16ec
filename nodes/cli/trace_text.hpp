#pragma once

#include <troupe/json.hpp>

#include <string>

namespace troupe::cli {

/// A trace as the API returns it, as a tree: a line per span with what it was, who did it, how it
/// ended, how long it took, and a bar that shows when within the task. Pure.
[[nodiscard]] std::string trace_text(const json& trace);

/// What was decided for a task and why, in plain words. Pure.
[[nodiscard]] std::string explain_text(const json& explanation);

} // namespace troupe::cli
