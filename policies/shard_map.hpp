#pragma once

#include "policies/rendezvous.hpp"

#include <troupe/member.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

/// How the numbers of shards are laid out. Every home region has its own: the shard `n` of the home
/// number `h` is `h * per_region + n`. So an id names its home as well as its shard. New regions go
/// to the end of the list, and none may ever be taken out of it.
struct shard_layout {
  std::vector<std::string> regions; ///< home regions, in the fleet's order; empty: there is one
  std::uint32_t per_region = 8;

  [[nodiscard]] std::uint32_t shards() const noexcept {
    return per_region * static_cast<std::uint32_t>(regions.empty() ? 1 : regions.size());
  }
  /// The home of a shard; empty when there is but one region.
  [[nodiscard]] std::string_view home_of(std::uint32_t shard) const noexcept;
  /// The first shard of a home; an unknown one counts as the first.
  [[nodiscard]] std::uint32_t first_of(std::string_view home) const noexcept;
  /// The shard of a session, or of a task without one, whose home is known; an unknown home counts
  /// as the first.
  [[nodiscard]] std::uint32_t shard_of(std::string_view key, std::string_view home) const noexcept;
};

/// The region whose nodes work on what is at home in `home`.
[[nodiscard]] std::string_view serving_region(const member_table& table,
                                              std::string_view home) noexcept;

/// It may own shards: it is up, can reach the store, and serves the domain.
[[nodiscard]] bool may_own(const member& m, std::string_view domain) noexcept;

/// Who owns each shard of a domain by this table: the id of a node, or empty when there is none.
/// The same on every node that knows the same version. Each shard goes to the first in its
/// rendezvous order that has not its share yet, which is by weight and rounded up: of eight shards,
/// chance alone gives one of three nodes none now and then ("Consistent Hashing with Bounded
/// Loads", Mirrokni, Thorup and Zadimoghaddam, 2018). A node that goes moves what it had, and
/// little else.
[[nodiscard]] std::vector<std::string> owners_of(const member_table& table, std::string_view domain,
                                                 const shard_layout& layout);

} // namespace troupe
