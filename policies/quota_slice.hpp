#pragma once

#include "policies/quota_ease.hpp"
#include "policies/quota_leaves.hpp"

#include <cstddef>
#include <deque>
#include <vector>

namespace troupe {

/// A node's part of a limit, as the limit's owner has lent it, and what the node has used of it: a
/// sliding window of 60 seconds, and the requests under way. At no time is more in use than is
/// lent. So when all that is lent together is not more than the limit, then no 60 seconds see more
/// than the limit, however often parts of it change hands: a part is given back only when nothing
/// of it is in use.
///
/// A request stands in the window from when it is sent until 60 seconds after the provider must
/// have had it. Who sends when more wait than may go is spread over the minute, or everything would
/// go at once, and someone urgent find nothing left for most of a minute. Pure: time is an argument
/// and never goes back.
class quota_slice {
 public:
  /// `on_its_way`: a request that has no answer has reached its provider so long after it was sent.
  explicit quota_slice(quota_amount limit, milliseconds on_its_way = quota_on_its_way) noexcept
      : limit_(limit)
      , on_its_way_(on_its_way) {}

  struct verdict {
    bool goes = false;
    /// Else when it may, if nothing is lent or given back until then; `no_deadline`: only then.
    timestamp when = no_deadline;
  };
  /// Whether a request of so many tokens may be sent. `waiting`: how many there are that want to,
  /// this one included.
  [[nodiscard]] verdict look(std::uint64_t tokens, bool urgent, std::size_t waiting, timestamp now);
  /// It is sent; the number is for `ended`.
  std::uint64_t take(std::uint64_t tokens, timestamp now);
  /// Its answer is there, and so much it has cost; zero: nobody knows, what was expected stands.
  void ended(std::uint64_t number, std::uint64_t tokens, timestamp now);

  /// The provider has refused: nothing is sent before then, and afterwards what is not urgent goes
  /// evenly, as `quota_ease` says, until it has not refused for a while.
  void freeze(timestamp until, timestamp now) noexcept { ease_.refused(until, now); }
  [[nodiscard]] timestamp frozen() const noexcept { return ease_.until(); }

  /// So much is lent until then, and so much of it the owner wants left with us.
  void lend(const quota_amount& has, const quota_amount& target, timestamp until) noexcept;
  /// Something more is lent, for as long as the rest, and its owner wants it left with us.
  void add(const quota_amount& more) noexcept {
    has_ += more;
    target_ += more;
  }
  /// What is left once all is given back that is owed and not in use.
  [[nodiscard]] quota_amount kept(timestamp now);
  /// Gives that back, as an owner is told that knows of it; what is left. One that knows nothing of
  /// it would not know that it is free.
  quota_amount give_back(timestamp now);
  /// Whether the time is over, said once: from then on nothing is sent, and all is owed that is not
  /// in use.
  bool lapse(timestamp now) noexcept;
  /// Whether it has been over for so long that an owner which nobody takes for one may soon lend to
  /// others what we had, said once: from then on nothing of it may be claimed at another one.
  bool forget(timestamp now) noexcept;
  static constexpr milliseconds remembered{50000};

  [[nodiscard]] const quota_amount& limit() const noexcept { return limit_; }
  [[nodiscard]] const quota_amount& has() const noexcept { return has_; }
  [[nodiscard]] timestamp lent_until() const noexcept { return until_; }
  [[nodiscard]] quota_amount used(timestamp now);
  /// When what is in use gets free: `quota_leaves::steps`, counted from `now`.
  [[nodiscard]] std::vector<quota_amount> leaves(timestamp now);

 private:
  struct sent {
    timestamp at{};
    timestamp counts_until{};
    std::uint64_t tokens = 0;
    bool over = false;
  };
  void expire(timestamp now);
  [[nodiscard]] bool limited(quota_kind k) const noexcept { return limit_[k] > 0; }
  /// When so much more of both is free, counting what is in the window.
  [[nodiscard]] timestamp free_at(const quota_amount& may, std::uint64_t tokens) const;
  [[nodiscard]] timestamp paced(const quota_amount& may, std::uint64_t tokens, std::size_t waiting,
                                timestamp now) const;
  /// What such requests have cost lately: mostly less than they may.
  [[nodiscard]] std::uint64_t usual(std::uint64_t tokens) const noexcept;
  [[nodiscard]] milliseconds gap(const quota_amount& may, std::uint64_t tokens) const;

  quota_amount limit_;
  milliseconds on_its_way_;
  quota_amount has_;
  quota_amount target_;
  timestamp until_{};
  quota_ease ease_;
  std::deque<sent> window_;
  std::uint64_t first_ = 1;  ///< the number of the window's first
  std::uint64_t tokens_ = 0; ///< in the window
  std::uint64_t under_way_ = 0;
  bool lapsed_ = true;
  timestamp last_{};
  timestamp even_{}; ///< when the next one goes if all go evenly
};

} // namespace troupe
