#pragma once

#include "policies/replay.hpp"

#include <troupe/json.hpp>

#include <string>

namespace troupe::cli {

/// A replay for people: each event, what was recorded of it, and what the interpreter wanted next.
[[nodiscard]] std::string replay_text(const task_record& record, const replayed& x);
/// The same for programs.
[[nodiscard]] json replay_json(const task_record& record, const replayed& x);

} // namespace troupe::cli
