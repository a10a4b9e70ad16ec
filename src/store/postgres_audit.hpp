#pragma once

#include "src/store/audit.hpp"
#include "src/store/postgres_handle.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace troupe {

/// The audit trail in a PostgreSQL database: one chain for all processes that write to it. A record
/// holds the hash of the one before it, and only the writers know the key, so a writer has to know
/// the trail's end before it can write. It remembers the end that it wrote itself and says with its
/// records what it takes for the end; when somebody else has gone on from there, the database
/// refuses, and the writer asks, holding the trail's lock, and writes again. A process that writes
/// alone needs no round trip for it; nodes that write at the same time wait for each other here.
///
/// The head is kept in a file too, if one is named, after each write: whoever cuts the trail's end
/// off in the database is found out when the store is opened the next time.
class postgres_audit {
 public:
  using records = std::vector<const store_write*>; ///< ids differ
  explicit postgres_audit(postgres_handle& db);

  /// Adds the statement that writes records behind what is remembered.
  void add(const records& what);
  /// Asks for the end, under the lock that is kept until the transaction ends: to be called within
  /// one, before `add`. Returns those of `what` that are not in the trail.
  [[nodiscard]] records settle(const records& what);
  /// The transaction is committed, or is not.
  void committed();
  void undone() { next_ = end_; }

  /// Holds the trail against the head in the file; nothing when they agree. Else what is to be put
  /// on record, so that the next write cannot cover it up.
  [[nodiscard]] std::vector<store_write> compare_with_head();

  [[nodiscard]] std::vector<audit_row> rows(std::uint64_t after, std::size_t most);

 private:
  postgres_handle* db_;
  std::int64_t lock_;
  audit_head end_{0, audit_origin()}; ///< as far as this writer knows
  audit_head next_ = end_;            ///< once the transaction is committed
};

/// The trail has gone on: what was to be written has to be made anew.
[[nodiscard]] inline bool trail_moved(const postgres_error& e) noexcept {
  return e.state() == "TRA01" || e.state() == "23505";
}

} // namespace troupe
