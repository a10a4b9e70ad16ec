#pragma once

#include "src/store/postgres_store.hpp"
#include "src/store/store.hpp"

#include <troupe/clock.hpp>
#include <troupe/member.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

namespace troupe {

/// The members of a cluster, in the store that all of them share. It only keeps and compares; who
/// writes what is a matter of policy. The scheme is that of Orleans' membership table: a write says
/// which version of the table it was decided on, and is refused when there is a newer one, so that
/// decisions are made one after the other, each by somebody who had seen all before it. As every
/// write of a row makes a new version of the table, rows need none of their own.
///
/// All times are the store's. Members are judged by how long ago they renewed and were accused;
/// with times of their own clocks such an age would be wrong by as much as the clocks are apart. So
/// the store writes the times down itself, and gives ages.
///
/// One thread at a time. Everything throws `store_error`; nobody knows then whether a write was
/// done, and the version of the next read tells.
class membership_table {
 public:
  membership_table() = default;
  membership_table(const membership_table&) = delete;
  membership_table& operator=(const membership_table&) = delete;
  virtual ~membership_table() = default;

  /// As of one instant: rows by node id, accusations by accuser, duties by home.
  [[nodiscard]] virtual member_table read() = 0;

  /// The table's new version; nothing when it is not at `w.expected` any more, and then nothing was
  /// done. A row that is new, or has another token than before, counts as renewed now. Of
  /// accusations, those with the age zero and those that were not there are made now; the others
  /// (the same accuser and incarnation) keep their time.
  [[nodiscard]] virtual std::optional<std::uint64_t> write(const member_write& w) = 0;

  /// The node renews its lease: the age of its row is zero from now on, and no version changes. The
  /// version of the table; nothing when the row is not there, is another process's (`token`) or
  /// down.
  [[nodiscard]] virtual std::optional<std::uint64_t> renew(std::string_view node,
                                                           std::uint64_t token) = 0;
};

/// A table in memory, for simulations and tests; `now` is the store's clock.
[[nodiscard]] std::unique_ptr<membership_table>
make_memory_membership(std::function<timestamp()> now);

/// The table in the schema of the PostgreSQL store, on a connection of its own. A node that is
/// frozen keeps nobody from writing: each call is a single statement.
[[nodiscard]] std::unique_ptr<membership_table>
open_postgres_membership(const postgres_settings& settings);

} // namespace troupe
