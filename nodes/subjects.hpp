#pragma once

#include "actors/node_subject.hpp"
#include "nodes/client.hpp"

#include <troupe/clock.hpp>
#include <troupe/json.hpp>

#include <functional>

namespace troupe {

/// What a node can look up of its past. Each takes a query and returns an array, the latest first;
/// it runs on a thread of its own and may throw. Empty: the node keeps none.
struct node_archives {
  std::function<json(const json&)> search_logs;
  std::function<json(const json&)> last_messages;
};

/// What a node tells the others of itself, by subject; queries and answers are objects:
///
///   tree    {}                    {"tree"}
///   agents  {"within"}            {"agents": of each that lives here all that there is to say; of
///                                 others what this node has counted}
///   order   {"agent", "order", "told_by"}  {"agents": those that live here and were told}
///   shards  {"shard"}             {"shards": [{"domain", "shard", "incarnation", "since"}]}
///   drain   {"on", "told_by"}     {"draining", "drained", "shards", "agents"}
///   logs    as `node_options::search_logs` wants it  {"lines", "cut": some did not fit}
///   recorder  {"last": milliseconds, "trace", "limit"}  {"messages": the latest first, "cut"}
///   certificate  {}             {"ends"}, or {} without one: see `certificate_subject`
///
/// `within` lists the domains that the asking node wants to hear of, each with those within it;
/// without it: all. `node` must outlive the respondent that uses them.
[[nodiscard]] node_subjects subjects_of(client& node, node_archives archives = {});

/// When the certificate ends that the node's links use; empty: they use none.
[[nodiscard]] node_subject certificate_subject(std::function<timestamp()> ends);

} // namespace troupe
