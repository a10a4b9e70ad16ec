#pragma once

#include "actors/live_task.hpp"

#include <troupe/effects.hpp>

#include <string>
#include <string_view>

namespace troupe {

struct fleet_version;

/// What a task has done outside and has not taken back: by its ledger, and by what its sub-tasks
/// have said of themselves. One that has not answered may have acted, if its domain can.
[[nodiscard]] deeds deeds_of(const live_task& t);

/// Whether a task of the domain `path` may act outside: somebody there has effects, or in a domain
/// that it can delegate to. Not of what the application has added.
[[nodiscard]] bool may_act(const fleet_version& by, std::string_view path);

/// A value in a question to a person: as JSON, with an ellipsis when it is long.
[[nodiscard]] std::string shown_value(const json& x);

/// The question to the person who is asked because of what an attempt of `step` has done or may
/// have done; `text` is what was asked of it. Empty: nothing of the kind.
[[nodiscard]] std::string doubt_about(const live_task& t, std::uint32_t step,
                                      const std::string& text);

} // namespace troupe
