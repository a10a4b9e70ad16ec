#pragma once

#include "nodes/sim/disk.hpp"
#include "src/store/membership_table.hpp"

#include <memory>

namespace troupe::sim {

/// One node's way to the member table that all share, which is in the store: it is out of reach
/// when the store is, and gone with the process.
[[nodiscard]] std::unique_ptr<membership_table>
open_members_on(const disk& where, std::shared_ptr<membership_table> shared);

} // namespace troupe::sim
