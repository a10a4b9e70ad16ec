#pragma once

#include "src/store/shard_epochs.hpp"
#include "src/store/sqlite_handle.hpp"
#include "src/store/store.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

/// What guards the world outside, in the SQLite store: the effect ledger, and the epochs of the
/// shards' owners. Everything throws `store_error`; what writes belongs into the caller's
/// transaction.
class sqlite_ledger {
 public:
  explicit sqlite_ledger(sqlite_handle& db);

  /// Reads the epochs. Once, before anything else.
  void load();
  void check(std::span<const store_write> batch) const { epochs_.check(batch); }
  /// The epoch of the next owner; counts once `taken` has been called, after the commit.
  [[nodiscard]] std::uint64_t take(std::string_view domain, std::uint32_t shard);
  void taken(std::string_view domain, std::uint32_t shard, std::uint64_t epoch) {
    epochs_.set(domain, shard, epoch);
  }

  void put(const store_write& w);
  [[nodiscard]] std::vector<stored_effect> of_task(std::string_view id);
  [[nodiscard]] std::vector<stored_effect> list(const effect_filter& filter);

  void forget_task(std::string_view id);
  /// Looks at the next `most` lines and forgets those older than `older_than` whose task is not
  /// stored; starts again from the first when it has seen all. Returns how many.
  std::size_t forget_strays(timestamp older_than, std::size_t most,
                            const std::function<bool(std::string_view)>& stored);

 private:
  shard_epochs epochs_;
  std::string stray_from_; ///< the task after which `forget_strays` goes on
  sqlite_statement all_epochs_, next_epoch_;
  sqlite_statement put_, of_task_, newest_, newest_pending_, drop_, after_;
};

} // namespace troupe
