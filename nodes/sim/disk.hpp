#pragma once

#include "nodes/sim/world.hpp"
#include "src/store/store.hpp"

#include <cstdint>
#include <memory>
#include <optional>

namespace troupe::sim {

/// The disk of a simulated node: it outlives the node, fails when it is told to, and stops the
/// machine at a write when it is told to.
struct disk {
  explicit disk(world& w)
      : around(w) {}

  world& around;
  std::unique_ptr<store> kept = make_memory_store();
  std::optional<store_error::kind> failing; ///< every write fails so while it is set
  std::uint64_t writes = 0;                 ///< batches that were handed over so far
  std::uint64_t crash_at = 0;               ///< the batch at which the machine stops; 0: never
  bool crash_applies = false;               ///< that batch still reaches the disk
  bool crashed = false;                     ///< nothing works any more until the machine starts
  /// How many batches are acknowledged and then forgotten: a disk that lies. Nothing can survive
  /// that; it is how the tests see that the checks would notice.
  std::uint64_t lies = 0;

  void repair() noexcept {
    crashed = false;
    crash_at = 0;
  }
};

/// The store of one incarnation of the journal, on a disk that outlives it. `store_error` as the
/// disk says.
[[nodiscard]] std::unique_ptr<store> open_store_on(disk& where);

} // namespace troupe::sim
