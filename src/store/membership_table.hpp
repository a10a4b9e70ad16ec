#pragma once

#include "src/store/postgres_store.hpp"
#include "src/store/store.hpp"

#include <troupe/clock.hpp>
#include <troupe/enum_names.hpp>

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

enum class member_state : std::uint8_t {
  joining, ///< it has made itself known and takes no work yet
  up,
  leaving, ///< it is handing over what it has
  down,    ///< it has left or was voted out; this incarnation never comes back
};

template <>
struct enum_names<member_state> {
  static constexpr std::array<std::string_view, 4> value{"joining", "up", "leaving", "down"};
};

/// A member's word that another one is gone.
struct member_vote {
  std::string accuser; ///< node id
  timestamp at{};      ///< by the store's clock
  friend bool operator==(const member_vote&, const member_vote&) = default;
};

/// A node in the membership table. One row for each node id: the latest incarnation.
struct member_row {
  std::string node;              ///< its id, which its certificate bears
  std::uint64_t incarnation = 0; ///< grows with each start of the node
  member_state state = member_state::joining;
  std::string region;
  std::map<std::string, std::string> labels;
  std::vector<std::string> addresses; ///< host:port, the one to be tried first in front
  std::vector<member_vote> votes;
  timestamp lease_until{}; ///< by the store's clock; until then it may act without asking
  timestamp changed{};     ///< by the store's clock: the last write that was not a renewal
  std::uint64_t etag = 0;  ///< of this version of the row; 0: it is not in the table yet
};

/// The whole table as of one instant.
struct membership_view {
  std::uint64_t version = 0;       ///< grows by one with every write but renewals
  timestamp now{};                 ///< by the store's clock
  std::vector<member_row> members; ///< by node id
};

/// What came of a write.
struct membership_write {
  bool done = false; ///< false: somebody else was first; read again and decide anew
  // The rest counts only if it is done.
  std::uint64_t version = 0; ///< of the table from now on
  std::uint64_t etag = 0;    ///< of the row from now on
  timestamp now{};           ///< by the store's clock
  timestamp lease_until{};   ///< as it was stored
};

/// The members of a cluster, in the store that all of them share. It only keeps and compares; who
/// is voted out when is a matter of policy. The scheme is the one of Orleans: each write is guarded
/// by the version of its row and by that of the table, so that decisions are made one after the
/// other, each by somebody who had seen all before it.
///
/// Times that are compared with each other come from one clock, the store's: a lease that was
/// written by one node and is judged by another would else be as long as their clocks are apart. A
/// node that reckons when its own lease ends takes the duration from before it asked for it, by its
/// own monotonic clock; that is never later than what the table says.
///
/// One thread at a time. Everything throws `store_error`; a write that ends so may have been done:
/// its row, read again, tells.
class membership_table {
 public:
  membership_table() = default;
  membership_table(const membership_table&) = delete;
  membership_table& operator=(const membership_table&) = delete;
  virtual ~membership_table() = default;

  [[nodiscard]] virtual membership_view read() = 0;

  /// Puts `row` in place of the version with its etag (0: the node has no row yet), provided that
  /// the table still is at `version`. Its lease runs for `lease` from now on; without one it stays
  /// as it is (new rows: it has ended). Votes that are without a time get the present one.
  [[nodiscard]] virtual membership_write write(const member_row& row, std::uint64_t version,
                                               std::optional<milliseconds> lease) = 0;

  /// Renews the lease of a node and nothing else: the versions of table and row stay, so that
  /// renewals disturb no decision. Refused when this incarnation of the node is down or not there:
  /// whoever hears that has been voted out.
  [[nodiscard]] virtual membership_write renew(std::string_view node, std::uint64_t incarnation,
                                               milliseconds lease) = 0;

  /// Forgets rows that have been down for longer than `older_than`. Returns how many.
  virtual std::size_t forget_dead(milliseconds older_than) = 0;
};

/// A table that several members of one process share, for simulations and tests; `now` is the
/// store's clock.
[[nodiscard]] std::unique_ptr<membership_table>
make_memory_membership(std::function<timestamp()> now);

/// The table in the schema of the PostgreSQL store.
[[nodiscard]] std::unique_ptr<membership_table>
open_postgres_membership(const postgres_settings& settings);

} // namespace troupe
