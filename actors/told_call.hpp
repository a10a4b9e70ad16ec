#pragma once

#include <troupe/event.hpp>

#include <vector>

namespace troupe {

/// The call that a line about the end of a task names: the first one of what went well; of what did
/// not, the last one of the step that failed last and was not mended, or of who was still at it.
/// Null: no agent had a part in that. It lives as long as the history does.
[[nodiscard]] const route* told_call(const std::vector<event>& history, bool went_well);

} // namespace troupe
