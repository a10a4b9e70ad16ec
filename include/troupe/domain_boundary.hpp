#pragma once

#include <troupe/domain_path.hpp>
#include <troupe/fleet.hpp>

#include <algorithm>
#include <string>
#include <string_view>

namespace troupe {

/// Why the domain `caller` may not delegate `skill` (empty: free text) to `target`; empty: it may.
/// A domain may always delegate to itself and to the domains within it, which are its team's own.
/// Others are let in if `callers` is not given, or names them or a domain that they lie in; and
/// they are given what `exports` lists, if it is given: then no free text.
[[nodiscard]] inline std::string
why_not_delegated(const domain_spec& target, std::string_view caller, std::string_view skill) {
  if (is_within(target.path, caller))
    return {};
  if (target.callers && (target.callers->empty() || !is_within(caller, *target.callers)))
    return "domain " + target.path + " takes nothing from " + std::string{caller};
  if (target.exports &&
      std::find(target.exports->begin(), target.exports->end(), skill) == target.exports->end())
    return "domain " + target.path + " does not export " +
           (skill.empty() ? "the understanding of free text" : "the skill " + std::string{skill});
  return {};
}

} // namespace troupe
