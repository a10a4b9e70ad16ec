#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

/// Whether `domain` is `of` or lies within it. The empty `of` holds everything; the empty `domain`,
/// the whole fleet, only lies within that.
[[nodiscard]] inline bool is_within(std::string_view domain, std::string_view of) noexcept {
  return of.empty() || domain == of ||
         (domain.size() > of.size() && domain.starts_with(of) && domain[of.size()] == '/');
}

/// Domains, each with those within it; none: all that there are.
using domain_scope = std::vector<std::string>;

[[nodiscard]] inline bool is_within(std::string_view domain, const domain_scope& scope) noexcept {
  return scope.empty() || std::any_of(scope.begin(), scope.end(), [&](const std::string& of) {
           return is_within(domain, std::string_view{of});
         });
}

} // namespace troupe
