#pragma once

#include "policies/budget.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

/// What becomes of a wish to spend.
enum class budget_answer : std::uint8_t {
  granted,
  wait,    ///< the store has to be asked first, or others may give something back
  refused, ///< there is too little left
};

/// What a node holds of the limits: slices that the store has granted it. Calls are paid for out of
/// them, so that the store is asked once for many calls. What is reserved for a call leaves the
/// slice before the call is made and comes back when less was used. A slice that nobody has used
/// for a while goes back; what is known of its limit is kept, so that who comes back after a rest
/// works as cheaply as before.
///
/// The invariant: of every limit, what all nodes have reserved and spent is at most what the store
/// has granted, which is at most the limit. What a node that dies still held stays granted.
class budget_slices {
 public:
  struct reply {
    budget_answer answer = budget_answer::granted;
    std::string limit;                  ///< not granted: by which one, in words
    std::string account;                ///< likewise
    timestamp again = timestamp::max(); ///< not granted: it is worth another try then
    /// Not granted by the day of a domain or of the fleet: it is used up, or other nodes have the
    /// rest of it, which may have died with it.
    bool daily = false;
  };

  /// Takes `need` out of all accounts, or out of none. `forced`: what is missing of a day is taken
  /// all the same.
  reply reserve(const std::vector<budget_account>& from, const budget_amount& need, bool forced,
                timestamp now);
  /// The calls that wait for these accounts want so much more of each.
  void want(const std::vector<budget_account>& from, const budget_amount& need, timestamp now);
  /// Nobody waits, until somebody says so.
  void want_nothing();
  /// A call is over: of what was reserved so much has been used.
  void settle(const std::vector<std::string>& from, const budget_amount& reserved,
              const budget_amount& used, timestamp now);

  /// What is to be asked of and told to the store, at most `most` accounts; each is asked once at a
  /// time. Those that calls wait for come first.
  [[nodiscard]] std::vector<budget_claim> claims(timestamp now, std::size_t most);
  void granted(const budget_claim& asked, const budget_stand& said, timestamp now);
  /// How an account stands has been read, without a claim.
  void seen(const budget_account& what, const budget_stand& said, timestamp now);
  /// The store has said how it stands, no longer ago than `believes`.
  [[nodiscard]] bool knows(const budget_account& what, timestamp now) const;
  /// The store could not be asked, and nobody knows whether it has kept something all the same.
  /// What was told is told again; what was to be given back is not used any more: rather too little
  /// is spent than too much.
  void failed(const budget_claim& asked);

  /// `closed`: nobody is going to spend any more here, and all that is not used goes back at once.
  void close(bool closed) noexcept { closed_ = closed; }

  /// How far the limits are used up, as far as is known here.
  [[nodiscard]] budget_stance stance(const std::vector<budget_account>& of, double tight_at) const;

  struct view {
    budget_account what;
    budget_amount used; ///< spent everywhere as far as is known, and reserved here
    budget_amount held; ///< granted to other nodes, also to dead ones, and not told to be spent
  };
  [[nodiscard]] view view_of(const budget_account& what) const;
  [[nodiscard]] std::size_t size() const noexcept { return slices_.size(); }

  static constexpr milliseconds idle{1000};      ///< without use: then a slice goes back
  static constexpr std::size_t remembers = 4096; ///< accounts, however long nobody has used them
  /// Without use, when there are more: then nothing is known of an account any more.
  static constexpr milliseconds forgets{10000};
  /// When other nodes have what is left of a day: it is tried again then.
  static constexpr milliseconds tries_again{30000};
  static constexpr milliseconds believes{10000}; ///< what the store has said of an account
  static constexpr milliseconds tells{500};      ///< what was spent is told at least so often
  static constexpr milliseconds asks_again{100}; ///< after a refusal
  static constexpr std::size_t most{100000};     ///< accounts

 private:
  struct slice {
    budget_account what;
    budget_amount free;     ///< granted and not reserved
    budget_amount reserved; ///< for calls that are being made
    budget_amount unsaid;   ///< spent, and the store does not know
    budget_amount telling;  ///< likewise, and it is being told
    budget_amount spent;    ///< as the store said last
    budget_amount held;     ///< by other nodes, as the store said last
    budget_amount wanted;   ///< by those who wait, all together
    budget_amount first;    ///< by the first of them
    bool asking = false;
    bool pressed = false; ///< others wait for what can be spared
    timestamp used{};     ///< last
    timestamp told{};
    timestamp heard{};   ///< how it stands, last
    timestamp refused{}; ///< last, by the store
  };
  [[nodiscard]] static bool limited(const slice& s, std::size_t unit) noexcept {
    return s.what.limit[unit] < no_limit;
  }
  [[nodiscard]] static bool lacks(const slice& s, const budget_amount& need) noexcept;
  /// Nothing that is given back anywhere can make room for it.
  [[nodiscard]] static bool hopeless(const slice& s, const budget_amount& need) noexcept;
  /// Nor can anything that is given back here.
  [[nodiscard]] static bool is_elsewhere(const slice& s, const budget_amount& need) noexcept;
  static void hear(slice& s, const budget_stand& said, timestamp now) noexcept;
  slice& slice_of(const budget_account& x, timestamp now);

  std::map<std::string, slice, std::less<>> slices_;
  std::set<std::string, std::less<>> wanting_; ///< accounts that somebody waits for
  bool closed_ = false;
};

} // namespace troupe
