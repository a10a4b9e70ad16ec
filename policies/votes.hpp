#pragma once

#include <troupe/member.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace troupe {

/// When accusations make a member dead.
struct vote_rules {
  /// Accusers that it takes, or all living others when they are fewer.
  std::uint32_t quorum = 2;
  milliseconds window{10000}; ///< an older accusation counts no more
  milliseconds lease{2000};   ///< a member that has not renewed for so long is not among the living
};

/// A member's look at the table while it judges others.
struct witness {
  const member_table& table;
  std::string_view self;
  /// False until the store can have heard from everybody since it was last out of reach; all
  /// members count as living meanwhile.
  bool ages_count = true;
  std::function<bool(const member&)> linked; ///< whether it has a link with this incarnation now
};

/// It is up or leaving: it has a vote, and its death is a matter of votes.
[[nodiscard]] bool takes_part(const member& m) noexcept;

/// It takes part and has renewed in time.
[[nodiscard]] bool living(const member& m, const vote_rules& rules, const witness& by) noexcept;

/// Too few links for a judgement: with fewer than half of the living others beside the accused. A
/// node that is cut off sees everybody else dead, and would kill the healthy ones.
[[nodiscard]] bool isolated(const member& accused, const vote_rules& rules, const witness& by);

/// How many accusers the accused's death takes now: at least one.
[[nodiscard]] std::uint32_t votes_needed(const member& accused, const vote_rules& rules,
                                         const witness& by) noexcept;

/// The accused's row with the accusation of `by` in it, without those that count no more; `down`
/// when that completes the quorum.
[[nodiscard]] member accused_row(const member& accused, std::string why, const vote_rules& rules,
                                 const witness& by);

/// Whether the accused's row holds an accusation of `by` that still counts for a while.
[[nodiscard]] bool has_accused(const member& accused, const vote_rules& rules, const witness& by);

} // namespace troupe
