#pragma once

#include "actors/messages.hpp"
#include "actors/node_parts.hpp"

#include <troupe/json.hpp>

#include <string>

namespace troupe {

/// A record of the audit trail as the journal takes it. `id` makes it unique, so that a batch that
/// is sent again adds nothing; `what` names what happened (docs/guide/trust.md lists the words),
/// and `record` holds the rest. Neither texts nor data of tasks belong into it: `fingerprint` them.
[[nodiscard]] store_write audit_write(std::string id, timestamp at, const char* what, json record);

/// Hands a record to the node's journal, from any thread; nothing happens when there is none. For
/// what no task's journal line carries: people's and operators' doings.
void send_audit(const node_parts& parts, store_write record);

/// SHA-256 of a text and a document in hexadecimal digits: what an agent was given or answered,
/// without saying it.
[[nodiscard]] std::string fingerprint(const std::string& text, const json& data);

} // namespace troupe
