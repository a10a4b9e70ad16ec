#pragma once

#include "actors/node_subject.hpp"
#include "nodes/client.hpp"

#include <troupe/json.hpp>

#include <functional>

namespace troupe {

/// What a node tells the others of itself, by subject; queries and answers are objects:
///
///   tree    {}                    {"tree"}
///   agents  {}                    {"agents": of each that lives here all that there is to say; of
///                                 others what this node has counted}
///   order   {"agent", "order", "told_by"}  {"agents": those that live here and were told}
///   shards  {"shard"}             {"shards": [{"domain", "shard", "incarnation", "since"}]}
///   drain   {"on", "told_by"}     {"draining", "drained", "shards", "agents"}
///   logs    as `node_options::search_logs` wants it  {"lines", "cut": some did not fit}
///
/// `node` must outlive the respondent that uses them.
[[nodiscard]] node_subjects subjects_of(client& node,
                                        std::function<json(const json&)> search_logs = nullptr);

} // namespace troupe
