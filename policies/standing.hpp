#pragma once

#include "policies/routing.hpp"

#include <troupe/fleet.hpp>
#include <troupe/plan.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace troupe {

/// A customer, as far as that bears on how a request is treated.
struct standing {
  std::string_view tier;             ///< one that the domain does not know changes nothing
  std::uint32_t former_failures = 0; ///< turns of the session in a row that ended badly
};

/// By how many steps a request is more urgent (negative: less): what the tier says, and one when
/// the turns before ended badly.
[[nodiscard]] int raise_for(const routing_spec& routing, const standing& who);

/// The same in words for people; empty: nothing bears on it.
[[nodiscard]] std::string why_raised(const routing_spec& routing, const standing& who);

/// `how`, which was made beforehand, as urgent as a task of `urgency` by this customer is: each
/// step by `urgency_of_step`, then raised, with the reason in its note. `how` itself when that
/// changes nothing.
[[nodiscard]] plan_ptr weighed(plan_ptr how, const routing_spec& routing, const standing& who,
                               priority urgency);

/// What is wanted of whoever is to do a step: by the domain, or else by the customer's tier. After
/// former failures it is the best quality instead of the least load or cost; the team's own order,
/// and what is learned of outcomes, stand. Why goes into `because`.
[[nodiscard]] route_wish wish_for(const routing_spec& routing, const standing& who,
                                  std::uint64_t dice, std::string& because);

} // namespace troupe
