#pragma once

#include "src/config/draft.hpp"

#include <string_view>

namespace troupe::config {

/// An agent with unsafe effects that the ladder of the agents for `skill` leads to, as a call has
/// it that names no ladder of its own; null: there is none.
[[nodiscard]] const agent_draft* unsafe_below(const domain_draft& domain, std::string_view skill);

/// An agent with unsafe effects that may get to work when `domain` is asked for `skill` (empty: for
/// anything), over its plans, its intents, ladders and other domains; null: there is none. What
/// undoes a step is left out: nobody takes that back. Looks at everything at most once, so that
/// domains which delegate in a circle, an error of their own, do no harm.
[[nodiscard]] const agent_draft* unsafe_behind(const fleet_draft& fleet, std::string_view domain,
                                               std::string_view skill);

} // namespace troupe::config
