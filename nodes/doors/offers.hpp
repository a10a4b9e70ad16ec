#pragma once

#include "nodes/doors/access.hpp"

#include <troupe/fleet.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace troupe {

/// Something that others may ask the fleet for: a skill of a domain, or the domain itself, which
/// finds out what a message wants.
struct skill_offer {
  std::string id; ///< `support/order.cancel`, or `support` for the domain itself
  std::string domain;
  std::string skill; ///< empty: the domain itself
  std::string description;
  /// JSON Schema of {"text", "input"} as the only agent with this skill declares it; null:
  /// anything.
  json takes;
};

/// All that whoever holds this pass may submit, domain by domain, the fleet's entry first; without
/// a pass all there is.
[[nodiscard]] std::vector<skill_offer> offers_of(const fleet_spec& fleet, const access_pass* pass);

/// The offer with this id, or null.
[[nodiscard]] const skill_offer* find_offer(const std::vector<skill_offer>& all,
                                            std::string_view id) noexcept;

} // namespace troupe
