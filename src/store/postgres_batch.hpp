#pragma once

#include "src/store/postgres_handle.hpp"
#include "src/store/store.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace troupe {

/// The writes of a batch by the tables that they go to, so that each table is written by one
/// statement, however many rows there are. Refers to the batch.
///
/// Statements run one after the other, while the writes of a batch have an order. What comes of it
/// is the same as long as a task is first opened, then appended to, then closed. A batch that says
/// it otherwise (a task closed and appended to afterwards, or opened twice) is cut there: the rest
/// makes a round of its own, behind the first one in the same transaction. Sessions, the ledger and
/// the audit trail do not meet tasks, and of several writes to the same row the one that would stay
/// is picked here.
class postgres_batch {
 public:
  postgres_batch(std::span<const store_write> batch, const std::string& schema);

  /// What to open, append and close, in this order.
  struct round {
    std::vector<const store_write*> opens, appends, closes;
    std::size_t bytes = 0;
  };

  /// Statements for all but the trail, behind the one that takes the locks.
  void add_locks(postgres_handle& db) const;
  void add_writes(postgres_handle& db) const;
  /// Without repetitions.
  [[nodiscard]] const std::vector<const store_write*>& audit() const noexcept { return audit_; }
  [[nodiscard]] const std::vector<round>& rounds() const noexcept { return rounds_; }

  /// Cuts a batch into rounds of about this size: the protocol bounds a message by 1 GiB.
  static constexpr std::size_t bytes_max = 64u << 20;

 private:
  struct owner {
    std::int64_t lock = 0;
    const store_write* first = nullptr;
  };
  void sort_tasks(std::span<const store_write> batch);
  void pick_latest(std::span<const store_write> batch);
  void find_owners(std::span<const store_write> batch, const std::string& schema);

  std::vector<round> rounds_;
  std::vector<const store_write*> sessions_, effects_, audit_, keys_, versions_;
  std::vector<const stored_spend*> spend_; ///< by time and id
  std::vector<owner> owners_;              ///< by lock
};

/// What tasks of a shard are found by, and what guards the shard.
[[nodiscard]] std::int64_t place_of_shard(std::string_view domain, std::uint32_t shard) noexcept;

/// The lock of a shard, for `hold_shards`.
[[nodiscard]] std::int64_t lock_of_shard(const std::string& schema, std::string_view domain,
                                         std::uint32_t shard);

/// The statement that calls `hold_shards`; for transactions of other kinds.
void add_hold(postgres_handle& db, std::int64_t lock);

} // namespace troupe
