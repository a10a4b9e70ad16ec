#pragma once

#include "policies/quota_share.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace troupe {

struct quota_times {
  /// A slice is lent for so long from when it was asked for. Longer than it takes until a dead
  /// owner's place is taken, so that what is lent outlives its owner.
  milliseconds lease{10000};
  milliseconds again{1000}; ///< who has nothing to do asks so often
  milliseconds busy{50};    ///< who waits for more asks so often, per node of the cluster up to ten
  /// An owner that nobody else takes for one any more lends nothing after so long.
  milliseconds fenced{5000};
};

/// What a node says to the owner of a limit.
struct quota_claim {
  std::uint64_t life = 0; ///< other ones have forgotten what they had
  quota_amount has;       ///< lent to it, and not given back
  bool knew = false;      ///< the limit has had an owner before
  quota_need wants;
};

/// What the owner says to it.
struct quota_answer {
  quota_amount has;    ///< from now on
  quota_amount target; ///< what is above it is to be given back as soon as it is free
  milliseconds lease{0};
  milliseconds again{0};
  milliseconds busy{0};
  bool settled = false; ///< nothing is unknown to the owner: who hears it knows of an owner
};

/// The book of a limit's owner: what is lent to which node, what is free, and what nobody knows
/// anything of. The sum of the three is the limit.
///
/// Who begins to own a limit knows of nothing: until a lease and a minute have passed it lends only
/// what nodes give back that had it from the owner before. What they say that they have stays
/// theirs. Only when all members say that there was no owner before them, all is free at once.
/// What a node has that is silent until its lease is over comes back a minute later: it may have
/// used it at the last moment. Pure: time is an argument.
class quota_book {
 public:
  quota_book(quota_amount limit, timestamp now, quota_times times = {});

  /// The nodes that get their share; others are to give back what they have.
  void use(std::set<std::string> members) { members_ = std::move(members); }
  quota_answer asked(const std::string& node, quota_claim x, timestamp now);
  /// What is free, which is taken out: another node owns the limit from now on, and is told of it
  /// as of something that we have.
  quota_amount close() noexcept;

  [[nodiscard]] const quota_amount& limit() const noexcept { return limit_; }
  [[nodiscard]] const quota_amount& free() const noexcept { return free_; }
  [[nodiscard]] const quota_amount& unknown() const noexcept { return unknown_; }
  [[nodiscard]] quota_amount lent() const noexcept;

 private:
  struct holder {
    std::uint64_t life = 0;
    quota_amount has;
    timestamp until{};
    quota_need wants;
    bool knew = false;
  };
  struct lost {
    quota_amount what;
    timestamp until{};
  };
  void tidy(timestamp now);
  void settle(timestamp now);
  [[nodiscard]] quota_amount share_of(const std::string& node) const;

  quota_amount limit_;
  quota_times times_;
  quota_amount free_;
  quota_amount unknown_;
  timestamp unknown_until_{};
  bool settled_ = false;
  std::set<std::string> members_;
  std::map<std::string, holder> holders_;
  std::vector<lost> lost_;
};

} // namespace troupe
