#pragma once

#include "actors/budget_book.hpp"
#include "actors/node_parts.hpp"
#include "src/store/budget_table.hpp"

#include <memory>
#include <set>
#include <string>

namespace troupe {

class memory_budgets;

/// The BUDGET KEEPER: takes what the book wants of the store to the journal, one errand at a time,
/// so that all that comes up meanwhile goes with the next one, and brings the answers back. Shows
/// which agents a used-up day has paused, and lets them go on when the new day comes.
///
/// When its node stops it gives back to the store what is not used, and stores what has been spent,
/// as long as its supervisor lets it: it is stopped after the agents and before the journal.
///
/// A store that is out of reach leaves slices as they are: what has been granted can be used, and
/// whoever needs more waits, and is refused in the end.
struct budget_keeper_state {
  void init(caf::event_based_actor* self, parts_ptr parts, seat_ptr journal,
            std::shared_ptr<memory_budgets> memory);
  void on_flush();
  void on_tick();
  void on_exit(const caf::exit_msg& x);

  /// Accounts in memory that are over are forgotten after so many errands.
  static constexpr std::uint64_t prunes_every = 1024;
  static constexpr milliseconds looks_every{250};
  /// What was spent is gathered for so long before it is stored, unless calls wait.
  static constexpr milliseconds gathers{50};
  static inline const char* name = "budget_keeper";

 private:
  void go();
  void show_pauses();
  /// Marks the agents that are paused.
  void mark_seats();
  caf::event_based_actor* self_ = nullptr;
  parts_ptr parts_;
  seat_ptr journal_; ///< null: accounts are kept in `memory_`
  std::shared_ptr<budget_book> book_;
  std::shared_ptr<memory_budgets> memory_;
  std::uint64_t errands_ = 0;
  std::shared_ptr<std::atomic<bool>> away_ = std::make_shared<std::atomic<bool>>(false);
  bool gathering_ = false;
  bool closing_ = false;
  std::set<std::string> paused_; ///< limits whose pause has been told
  std::uint64_t looked_ = 0;     ///< layout of the directory whose seats have been marked last
  budget_book::tally told_;
};

/// `memory`: where accounts are kept when there is no store for them; outlives the keeper.
caf::behavior budget_keeper(caf::stateful_actor<budget_keeper_state>* self, parts_ptr parts,
                            seat_ptr journal, std::shared_ptr<memory_budgets> memory);

} // namespace troupe
