#pragma once

#include <troupe/clock.hpp>
#include <troupe/learning.hpp>
#include <troupe/reason.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace troupe {

/// How a call went, in each respect from 0 to 1.
struct arm_mark {
  double success = 0;
  double quality = 0;
  double thrift = 0;  ///< how little it cost
  double haste = 0;   ///< how soon it answered
  double cost = 0;    ///< what it did cost, in the fleet's currency
  double seconds = 0; ///< what it took
};

/// The mark of a call that ended well. What costs or takes `half_cost` or `half_latency` gets half
/// a mark, ten times that a tenth or less.
[[nodiscard]] arm_mark arm_mark_of(double quality, double cost, microseconds took,
                                   const learning_spec& by);
/// The mark of one that failed: it is worth nothing in any respect, however cheap it was.
[[nodiscard]] arm_mark arm_mark_of_failure(double cost, microseconds took);

/// Whether the end of a call says something of the agent that had it: not what somebody else
/// forbade, could not pay for, asked wrongly or did not want any more.
[[nodiscard]] constexpr bool tells_of_arm(reason ended) noexcept {
  return ended != reason::invalid_input && ended != reason::budget_exhausted &&
         ended != reason::policy_denied && ended != reason::cancelled;
}

/// What calls of an agent came to: sums in which older calls count less.
struct arm_tally {
  double trials = 0;
  double success = 0;
  double quality = 0;
  double thrift = 0;
  double haste = 0;
  double cost = 0;
  double seconds = 0;

  arm_tally& operator+=(const arm_tally& x);
  arm_tally& operator*=(double factor);
};

/// What is believed of an agent: a Beta distribution of the worth of its next call.
struct arm_belief {
  double alpha = 1;
  double beta = 1;
  arm_tally from;

  [[nodiscard]] double mean() const { return alpha / (alpha + beta); }
  [[nodiscard]] double spread() const;
};

/// The arms of one intent: which agents were tried for it and what came of it. A value; Thompson
/// sampling over it is `draw_beta` of the beliefs.
///
/// The worth of a call is the mean of its marks by their weights; sums of worths take the place of
/// successes in a Beta distribution that begins as uniform (Agrawal, Goyal, "Analysis of Thompson
/// Sampling for the Multi-armed Bandit Problem", COLT 2012, section 2, for rewards in [0, 1]). With
/// every call for the intent all that was known is multiplied by 2^(-1 / half_life), also of arms
/// that were not tried, whose beliefs so drift back to where they began until they are tried again
/// (Raj, Kalyani, "Taming Non-stationary Bandits: A Bayesian Approach", 2017): that is how it
/// follows a change.
///
/// Several nodes learn together without asking each other: each writes a share of its own and reads
/// all. A share says how many calls it has seen and how many all had when it was written, so that
/// whoever reads it knows how old it is, also when its node is gone. Of two states of a share the
/// one with more changes is the newer: merging is idempotent and in any order (a state-based CRDT).
class bandit {
 public:
  struct share {
    std::uint64_t changes = 0; ///< of the share, ever
    std::uint64_t trials = 0;  ///< noted by its node, ever
    std::uint64_t as_of = 0;   ///< trials of all nodes when it was changed last
    std::map<std::string, arm_tally, std::less<>> arms;
  };
  static constexpr std::size_t arms_max = 256; ///< of a share; further ones are not learned of

  /// `node` has seen a call of `arm` end.
  void note(std::string_view node, std::string_view arm, const arm_mark& how,
            const learning_spec& by);
  /// The quality of a call that has been noted turned out to be so much higher, or lower.
  void correct(std::string_view node, std::string_view arm, double quality,
               const learning_spec& by);
  /// Takes what another node, or this one before it was restarted, has written. False: it is no
  /// news.
  bool merge(std::string_view node, share x);

  [[nodiscard]] arm_belief belief(std::string_view arm, const learning_spec& by) const;
  /// Calls of all nodes, ever.
  [[nodiscard]] std::uint64_t trials() const;
  [[nodiscard]] const std::map<std::string, share, std::less<>>& shares() const noexcept {
    return shares_;
  }

 private:
  /// The share, with all its sums as of now.
  share& aged(std::string_view node, const learning_spec& by);

  std::map<std::string, share, std::less<>> shares_; ///< by node
};

/// Whether this decision tries anybody, whatever is believed.
[[nodiscard]] bool explores(const learning_spec& by, std::uint64_t dice) noexcept;

} // namespace troupe
