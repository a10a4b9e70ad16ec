#pragma once

#include <troupe/caf.hpp>
#include <troupe/clock.hpp>
#include <troupe/json.hpp>
#include <troupe/reason.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace troupe {

struct node_parts;

/// A question that all nodes of the cluster are asked at once, or one of them.
struct survey_question {
  static constexpr milliseconds usual_wait{2000};
  std::string subject; ///< see `respondent`
  json query;
  std::string only;                ///< the node that is asked; empty: all that are members
  milliseconds within{usual_wait}; ///< then whoever has not answered is missing
};

/// What one node said.
struct survey_said {
  std::string node;
  std::string region; ///< as the member table has it; empty: it does not
  json answer;
  refused missing; ///< why there is no answer; `refusal::none`: there is one
};
using survey_answers = std::vector<survey_said>;

/// SURVEYS the nodes (after the pattern of surveyor and respondents): asks each one's respondent,
/// gathers what they say within the time, and calls `then` once, on an actor's thread, with one
/// entry per node in the order of their ids. Whoever cannot be reached, has refused, or has not
/// answered in time is named with the reason. So many surveys run at once and no more: beyond,
/// `then` gets `busy`; for a node that is no member `unknown_node` is answered.
///
/// Any thread. What a node answers is bounded, see `respondent_state`.
void survey(caf::actor_system& sys, const std::shared_ptr<const node_parts>& parts,
            survey_question what, std::function<void(survey_answers, const refused&)> then);

} // namespace troupe
