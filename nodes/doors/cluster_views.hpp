#pragma once

#include "actors/survey.hpp"

#include <troupe/json.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace troupe {

// What the nodes say, each of itself, made into one document about all of them. Each names under
// `missing` the nodes that have said nothing, with the reason. Pure functions; any thread.

/// [{"node", "why", "detail"}] of those that did not answer.
[[nodiscard]] json missing_view(const survey_answers& said);
/// The refusal when nobody has answered at all; else nothing.
[[nodiscard]] std::optional<refused> nobody_answered(const survey_answers& said);

/// The supervision tree of the cluster: the fleet above its nodes.
[[nodiscard]] json cluster_tree(const std::string& fleet, survey_answers said);
/// Every replica as the node describes it where it lives, with the counts of all nodes together;
/// and per agent the sums over its replicas.
[[nodiscard]] json cluster_agents(const survey_answers& said);
/// The replicas that were told, and where.
[[nodiscard]] json ordered_agents(const survey_answers& said);
/// The limits of language models, each with what all nodes use of it and what each node has.
[[nodiscard]] json cluster_limits(const survey_answers& said);
/// Lines of all nodes, newest first, at most `limit`.
[[nodiscard]] json cluster_logs(survey_answers said, std::size_t limit);

/// Messages of all nodes, the earliest cause first: the `limit` latest of them.
[[nodiscard]] json cluster_messages(survey_answers said, std::size_t limit);

/// Where a session is worked on: the node that runs the orchestrator of its shard; `node` is null
/// while the shard moves.
[[nodiscard]] json session_place(const std::string& id, const std::string& domain,
                                 std::uint32_t shard, const survey_answers& said);

} // namespace troupe
