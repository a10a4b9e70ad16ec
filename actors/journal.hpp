#pragma once

#include "actors/messages.hpp"
#include "actors/node_parts.hpp"
#include "src/store/store.hpp"

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

namespace troupe {

/// The JOURNAL: the one actor that touches the store. It gathers every append that is already in
/// its mailbox, writes them as one transaction and answers each: group commit without waiting for
/// company. Spawn it detached, so that the disk blocks no scheduler thread; in a simulation it runs
/// like any other actor.
///
/// Rows whose store is full or failing are refused with `journal_failed`; whoever sent them
/// decides. A store that fails for another reason than being full or busy ends the journal, and its
/// supervisor opens the store anew.
struct journal_state {
  void init(caf::event_based_actor* self, parts_ptr parts, std::shared_ptr<store> where);
  void on_append(const journal_append& x);
  void on_flush();
  void on_ask(const journal_ask& x);

  static inline const char* name = "journal";

 private:
  struct waiting {
    caf::actor who;
    std::uint64_t token;
  };
  caf::event_based_actor* self_ = nullptr;
  parts_ptr parts_;
  std::shared_ptr<store> store_;
  std::vector<std::shared_ptr<const std::vector<store_write>>> gathered_;
  std::vector<waiting> waiting_;
  bool flushing_ = false;
  /// By sender: the token that is stored next. Whoever is not here begins with his oldest.
  std::unordered_map<caf::actor_id, std::uint64_t> next_;
};

caf::behavior journal(caf::stateful_actor<journal_state>* self, parts_ptr parts,
                      std::shared_ptr<store> where);

} // namespace troupe
