#pragma once

#include "actors/seat.hpp"

#include <cstdint>
#include <string>

namespace troupe {

/// Whose place an orchestrator takes, and whom it works with.
struct orchestrator_config {
  std::string domain; ///< its path
  std::uint32_t shard = 0;
  seat_ptr place; ///< its own
  seat_ptr registry;
  seat_ptr desk;
  seat_ptr journal; ///< null: nothing is stored, every task is `durability: none`
  seat_ptr keeper;  ///< of the cluster; null: the shard is this node's for ever

  /// Throws `std::invalid_argument` when something that it cannot do without is missing.
  void validate() const;
};

} // namespace troupe
