#pragma once

#include <troupe/fleet.hpp>
#include <troupe/plan.hpp>

#include <functional>
#include <string>

namespace troupe {

/// Gives a unique name close to the one asked for.
using name_maker = std::function<std::string(const std::string&)>;

/// Replaces `node` by the tree of the composite skill that it calls, if it is a call of one;
/// otherwise returns it as it is. The tree keeps the call's name, note and undo, and (at steps that
/// have none of their own) its text, input and urgency where that is more urgent; the call's
/// fallback is for single agents and is dropped with it. Names below the root go through `unique`.
/// Calls inside the tree are looked up too, so composites may build on each other; one that leads
/// back to itself is left as a call there, which then finds no agent.
[[nodiscard]] plan_node expand_composite(const domain_spec& domain, plan_node node,
                                         const name_maker& unique);

} // namespace troupe
