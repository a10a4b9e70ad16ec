#pragma once

#include "actors/node_parts.hpp"

#include <troupe/fleet.hpp>

namespace troupe {

/// Gives `version` the MCP servers of its fleet: those of kind `command` are child processes in the
/// version's folder. One that a version of `parts` has as well, with the same program, is taken
/// from there. The ports of `parts` must be there.
void connect_mcp_servers(const node_parts& parts, fleet_version& version);

} // namespace troupe
