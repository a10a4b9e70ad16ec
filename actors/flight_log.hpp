#pragma once

#include "actors/node_parts.hpp"

#include <troupe/address.hpp>
#include <troupe/agent.hpp>
#include <troupe/envelope.hpp>
#include <troupe/task.hpp>

#include <string_view>

namespace troupe {

/// By what the messages of a task, and of all that it delegates, belong together: the trace that it
/// came with, or the id of the task that came from outside.
[[nodiscard]] std::string_view trace_of(const task& x) noexcept;

// What actors tell the flight recorder. Nothing happens on a node that has none.

/// An envelope that leaves this node gets its stamp here.
void note_sent(const node_parts& parts, timestamp now, envelope& x);
/// An envelope that was given to whom it is for.
void note_arrived(const node_parts& parts, timestamp now, const envelope& x);
/// An envelope that was not delivered, or not even taken.
void note_refused(const node_parts& parts, timestamp now, const envelope& x, const failure& why);

/// A task that comes to an orchestrator, from outside or from another domain.
void note_submitted(const node_parts& parts, timestamp now, const address& to, const task& what);
/// What came of it, as the domain hears that has delegated it.
void note_returned(const node_parts& parts, timestamp now, const task& about,
                   const task_record& child);
/// A call that an agent gets.
void note_call(const node_parts& parts, timestamp now, const address& to, const agent_call& what);
/// What came of it, as the orchestrator hears.
void note_answer(const node_parts& parts, timestamp now, const address& from, const task& about,
                 const outcome& what);

} // namespace troupe
