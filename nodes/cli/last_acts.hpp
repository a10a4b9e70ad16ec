#pragma once

#include "nodes/client.hpp"

namespace troupe::cli {

/// Waits until no agent is changing anything outside any more and what they said has been heard, at
/// most `most`: whoever is ended in the middle of an act has to be asked afterwards what came of
/// it, or a person is. False: some are still at it. Blocks the calling thread, which must not be
/// one of the node's.
bool let_acts_end(client& node, milliseconds most);

} // namespace troupe::cli
