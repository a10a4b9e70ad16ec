#pragma once

#include "actors/tree_messages.hpp"
#include "nodes/client.hpp"

#include <troupe/json.hpp>

#include <cstddef>

namespace troupe {

// How a node's agents and its supervision tree look as JSON, at the doors and between nodes. Pure
// functions; any thread.

[[nodiscard]] json agent_json(const agent_view& x);
/// At most so many `rows`, which are counted down; where children are missing it says how many.
[[nodiscard]] json tree_json(const tree_node& x, std::size_t& rows);

} // namespace troupe
