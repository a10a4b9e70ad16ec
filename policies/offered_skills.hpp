#pragma once

#include <troupe/fleet.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace troupe {

/// Whether `in` itself declares `skill`: for an agent of its own, or as a composite skill. What the
/// domains within it offer is asked of them.
[[nodiscard]] bool declares_skill(const domain_spec& in, std::string_view skill);

/// That nobody in `in` offers `skill`, and what there is instead: the domains within it that
/// declare it, or else the skills of `in`, its composite ones and `of_agents`. Only the first few
/// of many.
[[nodiscard]] std::string says_not_offered(const domain_spec& in, std::string_view skill,
                                           const std::vector<std::string_view>& of_agents);

} // namespace troupe
