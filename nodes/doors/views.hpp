#pragma once

#include "actors/task_messages.hpp"
#include "nodes/client.hpp"

#include <troupe/event.hpp>
#include <troupe/json.hpp>

#include <functional>
#include <string>
#include <string_view>

namespace troupe {

// How the node's records look as JSON. Pure functions; any thread. Times are UTC in RFC 3339 with
// microseconds, durations milliseconds, costs millionths of the fleet's currency.

/// A task in the words of A2A, appended to `out`: the answer that is asked for most, hence without
/// a tree in between.
void append_task(std::string& out, const task_record& x);
[[nodiscard]] json task_view(const task_record& x);

/// Where a trace finds what its task's record does not hold.
struct trace_sources {
  /// A child's record, or null when it is not known.
  std::function<task_record_ptr(const std::string& id)> find_task;
  /// The model that an agent (`domain/agent`, perhaps with `#n`) declares; empty: none.
  std::function<std::string(std::string_view agent)> model_of;
};

/// The tree of spans of a task, in the order of its plan: the task, its triage, every step, every
/// attempt; tasks that steps delegated stand inside those steps. Works for running tasks: what has
/// not ended has no end.
[[nodiscard]] json trace_view(const task_record& x, const trace_sources& more);

/// What was decided and why: how the message was understood, and for every attempt which candidates
/// there were, what was said of each, and what was done when it failed.
[[nodiscard]] json explain_view(const task_record& x);

/// One entry of a task's history, for a stream of events.
[[nodiscard]] json event_view(const event& e, const plan* how);

[[nodiscard]] json usage_view(const usage& x);
[[nodiscard]] json domain_view(const domain_spec& x);
[[nodiscard]] json session_view(const session_snapshot& x);
[[nodiscard]] json question_view(const question& x);

/// `text` up to `most` bytes, cut between characters, with an ellipsis if it was cut.
[[nodiscard]] std::string shortened(std::string_view text, std::size_t most = 1024);
/// A span's id: 16 hexadecimal digits that are the same whenever they are computed.
[[nodiscard]] std::string span_id(std::string_view task, bool triage, std::uint32_t step,
                                  std::uint32_t attempt);
/// The W3C trace id of a task: its own, or one made from its id.
[[nodiscard]] std::string trace_id_of(const task& x);

} // namespace troupe
