#pragma once

#include "actors/node_parts.hpp"
#include "src/store/store.hpp"

#include <troupe/json.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace troupe {

class key_ring;

/// A record of the audit trail as the journal takes it. `id` makes it unique, so that a batch that
/// is sent again adds nothing; `what` names what happened (docs/guide/trust.md lists the words),
/// and `record` holds the rest. Neither texts nor data of tasks belong into it: `fingerprint` them.
[[nodiscard]] store_write audit_write(std::string id, timestamp at, const char* what, json record);

/// Hands a record to the node's journal, from any thread; nothing happens when there is none. For
/// what no task's journal line carries: people's and operators' doings.
void send_audit(const node_parts& parts, store_write record);

/// Stores `what`, all of it or nothing, and only then, on the journal's thread, calls `then`: with
/// an empty text, or with what went wrong. For what must not be done unless it is on record. `ring`
/// is brought up to date in between, unless it is null. False, and nothing happens, when there is
/// no journal now.
bool write_now(const node_parts& parts, std::vector<store_write> what,
               std::function<void(const std::string&)> then,
               std::shared_ptr<key_ring> ring = nullptr);

/// SHA-256 of a text and a document in hexadecimal digits: what an agent was given or answered,
/// without saying it.
[[nodiscard]] std::string fingerprint(const std::string& text, const json& data);

} // namespace troupe
