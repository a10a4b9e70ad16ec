#pragma once

#include "actors/seat.hpp"
#include "policies/budget_slices.hpp"
#include "src/store/spend.hpp"

#include <troupe/model.hpp>

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace troupe {

class fleet_versions;

/// The limits on what this node spends on models: its slices of them, the calls that wait for more,
/// and what has been spent and is not stored yet. Any thread. It asks nobody itself: the budget
/// keeper takes its wishes to the store and brings the answers back.
class budget_book {
 public:
  struct settings {
    std::shared_ptr<const fleet_versions> versions; ///< what the limits are, at this moment
    std::vector<model_spec> models;
    std::function<timestamp()> now;
    seat_ptr keeper;
    std::string name; ///< unique among the lives of all nodes: what is spent is stored under it
  };
  explicit budget_book(settings with);

  /// What a call has been let through with.
  struct ticket {
    std::vector<std::string> accounts;
    budget_amount reserved;
  };
  /// Called once: with a ticket, or with why there is none.
  using decided = std::function<void(ticket, const budget_slices::reply&)>;

  /// Reserves for a call what it may use at most. Who waits already goes before others that need
  /// the same accounts; who is critical waits for nobody. `then` is called before this returns when
  /// nobody has to be asked, else on another thread, after `patience` at the latest. The number is
  /// for `withdraw`; 0 when it has been decided.
  std::uint64_t reserve(const model_request& what, milliseconds patience, decided then);
  /// False: it has been decided.
  bool withdraw(std::uint64_t number);
  /// The call is over. What it is charged is kept for the reports, whether or not a limit holds for
  /// it.
  void settle(const ticket& paid, const model_request& what, const model_reply& reply);

  /// How far the limits that hold for such calls are used up, as far as is known here.
  [[nodiscard]] budget_stance stance(const model_caller& by) const;
  /// Whether that is known, also of what other nodes have spent. False: the store is asked, and
  /// `then` is called once on another thread when it has said so, or after `patience`.
  bool knows(const model_caller& by, milliseconds patience, std::function<void()> then);

  /// A limit on a day that has been used up, or of which other nodes have the rest: what it stops.
  struct pause {
    std::string of;    ///< domain; empty: the fleet
    std::string limit; ///< in words
    std::string account;
    timestamp until{};
    budget_amount was;  ///< the limit
    bool brief = false; ///< others have the rest, and may give it back
    budget_amount need; ///< brief: of whom it did not suffice for; who needs less may try
  };
  [[nodiscard]] std::vector<pause> pauses() const;
  /// What stops this agent now, if anything does.
  [[nodiscard]] std::optional<pause> paused(const agent_spec& who) const;
  /// The limits on days, as the fleet sets them now.
  [[nodiscard]] std::vector<budget_slices::view> limits() const;

  // -- for the keeper -----------------------------------------------------------

  struct errand {
    std::vector<budget_claim> claims;
    std::vector<std::shared_ptr<const stored_spend>> spent;
    std::vector<budget_account> looks; ///< accounts that are only read
    [[nodiscard]] bool empty() const noexcept {
      return claims.empty() && spent.empty() && looks.empty();
    }
  };
  struct tidings {
    std::vector<budget_stand> said; ///< to each claim
    std::vector<budget_stand> seen; ///< of each account that was read
  };
  /// What is to be taken to the store now. Until it is answered nothing of it is given out again.
  [[nodiscard]] errand next_errand();
  void done(const errand& what, const tidings& heard);
  void failed(const errand& what);
  /// An errand is over: the keeper is told to come again if there is something for another one.
  void ready_again();
  /// Decides on the calls that wait, and ends pauses that are over.
  void look_again();
  /// Somebody waits for an answer of the store.
  [[nodiscard]] bool waiting() const;
  /// The node stops: whoever waits is refused, and all that is not used goes back to the store.
  void close();
  /// A keeper begins.
  void open();

  struct tally {
    std::map<std::pair<std::string, std::string>, std::uint64_t> refused; ///< by scope and domain
    std::uint64_t claims = 0;
    std::uint64_t lost = 0; ///< calls whose cost was forgotten, because the store took nothing
  };
  [[nodiscard]] tally counts() const;

  static constexpr std::size_t waiting_most = 20000;
  static constexpr std::size_t unstored_most = 100000;
  static constexpr std::size_t claims_most = 256; ///< of an errand
  static constexpr std::size_t looks_most = 256;  ///< likewise, besides those at days
  static constexpr std::size_t spent_most = 1000;
  /// The accounts of days are read so often: what other nodes spend is in them.
  static constexpr milliseconds looks_every{5000};
  /// Likewise, while there is a brief pause.
  static constexpr milliseconds looks_soon{1000};

 private:
  struct waiter {
    std::vector<budget_account> accounts;
    budget_amount need;
    bool forced = false;
    timestamp until{};
    decided then;
  };
  /// Wants to know how they stand before it asks for anything.
  struct listener {
    std::vector<budget_account> accounts;
    timestamp until{};
    std::function<void()> then;
  };
  struct verdict {
    decided then;
    ticket paid;
    budget_slices::reply said;
  };
  [[nodiscard]] std::vector<budget_account> accounts_for(const model_caller& by,
                                                         timestamp now) const;
  [[nodiscard]] bool is_critical(const model_caller& by) const;
  /// Null: there is none of this name.
  [[nodiscard]] const model_spec* model_of(const model_request& what) const;
  /// With the lock held.
  budget_slices::reply try_reserve(const std::vector<budget_account>& from,
                                   const budget_amount& need, bool forced, timestamp now);
  void note_refusal(const std::vector<budget_account>& from, const budget_amount& need,
                    const budget_slices::reply& said);
  /// What is left of the day may pause agents here, or let them go on.
  void note_day(const budget_account& what, const budget_stand& said);
  [[nodiscard]] std::vector<budget_account> days(timestamp now) const;
  /// Somebody waits for one of these.
  [[nodiscard]] bool awaited(const std::vector<budget_account>& of) const;
  using waiters = std::map<std::uint64_t, waiter>;
  waiters::iterator forget(waiters::iterator which);
  void stir();
  /// With the lock held: accounts that listeners wait to hear of, besides `days`.
  void add_looks(std::vector<budget_account>& to, timestamp now) const;
  [[nodiscard]] bool knows_all(const std::vector<budget_account>& of, timestamp now) const;
  [[nodiscard]] std::vector<listener> heard_enough(timestamp now);
  static ticket ticket_of(const std::vector<budget_account>& from, const budget_amount& need);

  const settings with_;
  mutable std::mutex mutex_;
  budget_slices slices_;
  waiters waiting_;                                         ///< in the order in which they came
  std::map<std::string, std::size_t, std::less<>> awaited_; ///< accounts: by how many
  std::vector<listener> listeners_;
  bool closed_ = false;
  std::map<std::string, pause, std::less<>> pauses_; ///< by the domain that sets the limit
  timestamp looked_{};                               ///< at the days, last
  std::deque<std::shared_ptr<const stored_spend>> unstored_;
  std::size_t storing_ = 0; ///< of them: on their way, the first ones
  std::uint64_t last_waiter_ = 0;
  std::uint64_t last_spend_ = 0;
  tally counts_;
  std::atomic<bool> stirred_{false};
};

} // namespace troupe
