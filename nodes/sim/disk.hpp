#pragma once

#include "nodes/sim/world.hpp"
#include "src/store/store.hpp"

#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace troupe::sim {

/// Which process of a cluster has taken which epoch of a shard, to see that nobody else writes
/// under it.
struct owner_book {
  struct tenure {
    std::string domain;
    std::uint32_t shard = 0;
    std::uint64_t epoch = 0;
    friend auto operator<=>(const tenure&, const tenure&) = default;
  };
  std::map<tenure, std::string> owners;
  std::vector<std::string> broken; ///< promises, in sentences
};

/// The disk of a simulated node, or its way to the store that several share: it outlives the node,
/// fails when it is told to, and stops the machine at a write when it is told to.
struct disk {
  explicit disk(world& w)
      : around(w) {}

  world& around;
  std::shared_ptr<store> kept = make_memory_store();
  std::shared_ptr<owner_book> owners = std::make_shared<owner_book>();
  std::uint64_t process = 0; ///< counts the node's starts, for `owners`
  /// Of writes that fail as io, some have reached the disk all the same: an answer was lost.
  bool doubtful = false;
  /// Epochs are handed out and not compared: how the tests see that the checks would notice.
  bool unfenced = false;
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
