#pragma once

#include "nodes/client.hpp"

#include <memory>

namespace troupe {

struct node_parts;

/// Reads lines of the effect ledger; see `client::effects`.
void read_ledger(const std::shared_ptr<const node_parts>& parts, caf::actor_system& sys,
                 const effect_filter& filter, client::reply<std::vector<stored_effect>> then);

} // namespace troupe
