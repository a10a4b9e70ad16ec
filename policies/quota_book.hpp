#pragma once

#include "policies/quota_leaves.hpp"
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
  /// A request that has no answer has reached its provider so long after it was sent.
  milliseconds on_its_way = quota_on_its_way;
  milliseconds longest{0}; ///< that a request is under way; where that is limited
};

/// What a node says to the owner of a limit.
struct quota_claim {
  std::uint64_t life = 0; ///< other ones have forgotten what they had
  quota_amount has;       ///< lent to it, and not given back
  bool knew = false;      ///< the limit has had an owner before
  quota_need wants;
  std::uint64_t after = 0;          ///< it was said after it had this answer; 0: after none
  std::vector<quota_amount> leaves; ///< `quota_leaves::steps` of what it uses, at that moment
  /// The owner that it has heard of before this one, and what that one has said of its own node:
  /// `since` when this was said, if it is heard at once. Empty: it has heard of none.
  std::string left_by;
  quota_leaves left;
};

/// What the owner says to it.
struct quota_answer {
  quota_amount has;    ///< from now on
  quota_amount target; ///< what is above it is to be given back as soon as it is free
  milliseconds lease{0};
  milliseconds again{0};
  milliseconds busy{0};
  bool settled = false; ///< nothing is unknown to the owner: who hears it knows of an owner
  std::uint64_t number = 0;
};

/// The book of a limit's owner: what is lent to which node, what is free, and what nobody knows
/// anything of. The sum of the three is the limit.
///
/// Who begins to own a limit knows of nothing: until a lease and a minute have passed it lends only
/// what nodes give back that had it from the owner before. What they say that they have stays
/// theirs. Only when all members there have been say that there was no owner before them, all
/// is free at once.
/// What a node has that is silent until its lease is over comes back by and by within a minute, as
/// the requests leave their window of which the node had told, and the rest after the minute: it
/// may have used it at the last moment. When it is there again and has forgotten nothing, it has
/// what it uses, and the rest is free at once.
///
/// Of what nobody knows the former owner's own part comes back in the same way. Let it be `u` at
/// the moment when nobody can send any more who has something of it and is silent. At most `u` is
/// in use then, and what leaves the former owner's window afterwards makes that less. So this much,
/// counted from that moment on, can be lent. Two nodes may tell of the same requests; hence what
/// one of them tells is believed, and no more once the former owner claims its part itself.
/// Pure: time is an argument.
class quota_book {
 public:
  quota_book(quota_amount limit, timestamp now, quota_times times = {});

  /// The nodes that get their share; others are to give back what they have.
  void use(std::set<std::string> members);
  quota_answer asked(const std::string& node, quota_claim x, timestamp now);
  /// What a node has told last of when what it uses gets free. Empty: nothing that can be told on.
  [[nodiscard]] quota_leaves leaves_of(const std::string& node) const;
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
    std::uint64_t answer = 0; ///< the number of the last one
    timestamp answered{};
    quota_leaves leaves;
  };
  struct due {
    quota_amount what;
    timestamp at{};
    std::string node; ///< that had it, of what is lost
    std::uint64_t life = 0;
  };
  void tidy(timestamp now);
  void settle(timestamp now);
  /// What it has comes back when nobody can have it in use any more.
  void lose(const std::string& node, const holder& h);
  /// A node that was only silent has not forgotten what it uses.
  void find_again(const std::string& node, holder& h, quota_claim& x);
  void note_left(const quota_claim& x, milliseconds heard_late, timestamp now);
  [[nodiscard]] quota_amount share_of(const std::string& node) const;

  quota_amount limit_;
  quota_times times_;
  quota_amount free_;
  quota_amount unknown_;
  timestamp silent_from_{}; ///< then nobody sends who had something before us and has not said so
  timestamp unknown_until_{};
  bool settled_ = false;
  bool left_noted_ = false;
  std::string left_by_;
  std::vector<due> leaving_; ///< of what is unknown
  std::set<std::string> members_;
  std::set<std::string> ever_; ///< have been members, as long as something is unknown
  std::map<std::string, holder> holders_;
  std::vector<due> lost_;
  std::map<std::string, std::uint64_t> lapsed_; ///< lives of nodes that were silent for too long
  std::uint64_t answers_ = 0;
};

} // namespace troupe
