#pragma once

#include "actors/fleet_version.hpp"
#include "actors/node_parts.hpp"

namespace troupe {

/// Reads the documents of the version's domains, makes them searchable and says in the log what was
/// taken; also what tells which messages of a domain mean the same: the fleet's server of vectors,
/// or what is learned from the domain's documents and its triage agent. Domains whose content is
/// that of a version which is there already share with it. After the classifiers are there. Blocks;
/// throws `std::runtime_error` naming the domain.
void load_knowledge(const node_parts& parts, fleet_version& to);

} // namespace troupe
