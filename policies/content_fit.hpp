#pragma once

#include <troupe/agent.hpp>
#include <troupe/fleet.hpp>
#include <troupe/plan.hpp>

#include <vector>

namespace troupe {

/// Of what a message may be about, that which fits an agent best: the highest of `scores` among the
/// intents that it names, or, if it names none, among those of its domain that lead to one of its
/// skills here. Null: it is there for none of them.
///
/// The highest counts and not the sum, so that an agent for everything does not fit everything
/// better than one that is there for just this.
[[nodiscard]] const intent_score* best_fit(const std::vector<intent_score>& scores,
                                           const agent_card& who, const domain_spec& in);

} // namespace troupe
