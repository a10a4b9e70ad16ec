#pragma once

#include "actors/budget_book.hpp"
#include "actors/node_parts.hpp"
#include "src/store/budget_table.hpp"

#include <memory>
#include <set>
#include <string>

namespace troupe {

/// The BUDGET KEEPER: takes what the book wants of the store to the journal, one errand at a time,
/// so that all that comes up meanwhile goes with the next one, and brings the answers back. Shows
/// which agents a used-up day has paused, and lets them go on when the new day comes.
///
/// A store that is out of reach leaves slices as they are: what has been granted can be used, and
/// whoever needs more waits, and is refused in the end.
struct budget_keeper_state {
  void init(caf::event_based_actor* self, parts_ptr parts, seat_ptr journal);
  void on_flush();
  void on_tick();

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
  std::shared_ptr<budget_table> memory_;
  std::shared_ptr<std::atomic<bool>> away_ = std::make_shared<std::atomic<bool>>(false);
  bool gathering_ = false;
  std::set<std::string> paused_; ///< limits whose pause has been told
  std::uint64_t looked_ = 0;     ///< layout of the directory whose seats have been marked last
  budget_book::tally told_;
};

caf::behavior budget_keeper(caf::stateful_actor<budget_keeper_state>* self, parts_ptr parts,
                            seat_ptr journal);

} // namespace troupe
