#pragma once

#include "nodes/client.hpp"

namespace troupe {

struct node_parts;

/// An agent's seat as others see it.
[[nodiscard]] agent_view view_of(const seat& place, const std::string& node, timestamp now);

/// Carries out what a person wants of an agent; see `client::order`. What needs the agent's
/// supervisor is asked of it, and answered when it has begun.
void carry_out_order(const std::shared_ptr<const node_parts>& parts, caf::actor_system& sys,
                     const std::string& agent, agent_order what,
                     const client::reply<std::vector<agent_view>>& then,
                     std::function<timestamp()> now);

} // namespace troupe
