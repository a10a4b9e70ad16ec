#pragma once

#include "nodes/client.hpp"

#include <troupe/json.hpp>

#include <memory>

namespace troupe {

struct node_parts;

/// Reads what was spent; see `client::costs`.
void read_costs_of(const std::shared_ptr<const node_parts>& parts, caf::actor_system& sys,
                   const cost_question& what, client::reply<cost_answer> then);

/// What was spent, by the parts that were asked for, as the API gives it: rows, most expensive
/// first, with what the same cost in the period before, and their sum.
[[nodiscard]] json cost_json(const cost_question& asked, const cost_answer& said);

} // namespace troupe
