#pragma once

#include "actors/journal_messages.hpp"
#include "actors/node_parts.hpp"
#include "src/store/store.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

namespace troupe {

/// The JOURNAL: the one actor that touches the store. It gathers every append that is already in
/// its mailbox, writes them as one transaction and answers each: group commit without waiting for
/// company. Spawn it detached, so that the disk blocks no scheduler thread; in a simulation it runs
/// like any other actor.
///
/// Rows whose store is full or failing are refused with `journal_failed`; whoever sent them
/// decides. So are those of somebody who owns his shard no more, marked `fenced`. A store that
/// fails for another reason than being full or busy ends the journal, and its supervisor opens the
/// store anew. A question that finds it full or busy fails alone: who asks by a request gets an
/// error, anybody else sees to hearing of it himself.
///
/// Once a minute it forgets what is older than the fleet keeps it, and the oldest when the store is
/// larger than it may be: `bite` tasks at a time, with the commits of the others in between. What
/// was written within `spared`, and sessions that may still be in memory, stay however large the
/// store is: a client that repeats a request has to find the first one, and so has its effect
/// ledger.
struct journal_state {
  void init(caf::event_based_actor* self, parts_ptr parts, std::shared_ptr<store> where);
  void on_append(const journal_append& x);
  void on_flush();
  caf::result<void> on_ask(const journal_ask& x);
  void on_tick();

  static constexpr std::size_t bite = 64;
  static constexpr std::chrono::hours spared{24};
  static inline const char* name = "journal";

 private:
  struct waiting {
    caf::actor who;
    std::uint64_t token;
  };
  using part = std::shared_ptr<const std::vector<store_write>>;
  /// Throws `store_error`.
  void commit(std::span<const std::span<const store_write>> batches);
  enum class fate : std::uint8_t {
    settled, ///< stored or not, and every caller knows it
    mixed,   ///< nothing was stored, because some of the callers own their shard no more
  };
  fate try_commit(std::span<const std::span<const store_write>> batches,
                  std::span<const waiting> callers);
  /// True: there is more to forget.
  [[nodiscard]] bool prune();
  [[nodiscard]] bool make_room(timestamp now, timestamp by_age, timestamp idle);
  caf::event_based_actor* self_ = nullptr;
  parts_ptr parts_;
  std::shared_ptr<store> store_;
  std::vector<part> gathered_;
  std::vector<waiting> waiting_;
  bool flushing_ = false;
  /// By sender: the token that is stored next. Whoever is not here begins with his oldest.
  std::unordered_map<caf::actor_id, std::uint64_t> next_;
  timestamp emptied_ = timestamp::min(); ///< for want of room, what is older has been forgotten
  bool cramped_ = false; ///< the store is too large although all that may go has gone
};

caf::behavior journal(caf::stateful_actor<journal_state>* self, parts_ptr parts,
                      std::shared_ptr<store> where);

} // namespace troupe
