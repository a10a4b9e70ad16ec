#pragma once

#include "policies/membership.hpp"
#include "policies/ownership.hpp"
#include "src/links/carrier.hpp"
#include "src/store/membership_table.hpp"

#include <troupe/clock.hpp>

#include <cstdint>
#include <functional>
#include <memory>

namespace troupe {

/// What makes a node one of several. Its store must be one that all of them share.
struct cluster_options {
  member self; ///< its row; `node` and `region` are the fleet's
  membership_settings members;
  ownership_settings owners;
  /// Opens the member table; called on a thread of its own, and again after it has failed.
  std::function<std::unique_ptr<membership_table>()> open_table;
  /// Makes the links with the other nodes, for a node of this incarnation.
  std::function<std::unique_ptr<links::carrier>(std::uint64_t incarnation)> open_links;
  /// When the certificate ends that new links use; any thread. Empty: they use none.
  std::function<timestamp()> certificate_ends;
  bool table_on_own_thread = true; ///< false in a simulation
  /// When the node is to end: so long its agents may take to end the calls that they have.
  milliseconds drain_timeout{30000};
};

} // namespace troupe
