#pragma once

#include "actors/node_parts.hpp"

#include <troupe/fleet.hpp>

namespace troupe {

/// Connects to the MCP servers of the fleet: those of kind `command` as child processes in the
/// fleet's folder. The ports of `parts` must be there, and outlive what is made.
void connect_mcp_servers(node_parts& parts);

} // namespace troupe
