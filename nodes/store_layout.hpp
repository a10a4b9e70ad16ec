#pragma once

#include "src/store/layout_table.hpp"

#include <troupe/fleet.hpp>

#include <functional>
#include <string>

namespace troupe {

/// By what a fleet's tasks are shared out.
[[nodiscard]] kept_layout layout_of(const fleet_spec& fleet);

/// Whoever wants to go by a store.
struct layout_claim {
  std::string place; ///< the store, for people
  bool alone = true; ///< no other node goes by it
};

/// Makes sure that a node of this fleet may go by a store, before it takes up anything there: that
/// the store is this fleet's, and that its tasks are shared out as the fleet says. The first node
/// writes that down; another number of shards or other regions are taken when the node is alone and
/// no task is open, or regions are only added at the end. Throws `store_error`, or
/// `std::runtime_error` with a sentence that says what to do.
void claim_layout(layout_table& table, const fleet_spec& fleet, const layout_claim& by,
                  const std::function<void(const std::string&)>& say);

} // namespace troupe
