#pragma once

// What a journal is asked to store and to look up, and what it answers.

#include "src/store/store.hpp"

#include <troupe/caf.hpp>
#include <troupe/task.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace troupe {

/// Store these. Answered with `journal_stored` when they are on disk. Those of one sender are
/// stored in the order of their tokens or not at all: once one has failed, or has been lost with a
/// former journal, those after it are refused until it comes again.
struct journal_append {
  std::uint64_t token = 0;
  std::shared_ptr<const std::vector<store_write>> writes;
  std::uint64_t oldest = 0; ///< the sender's oldest token that is not known to be stored
};
struct journal_stored {
  std::uint64_t token = 0;
};
struct journal_failed {
  std::uint64_t token = 0;
  std::string why;
  bool fenced = false; ///< the shard has another owner by now: these writes will never be stored
};
/// Asks the store something on the journal's thread; the answer is sent as the question says.
struct journal_ask {
  std::function<void(store&)> what;
};
/// What an orchestrator finds of its shard when it starts.
struct shard_loaded {
  std::shared_ptr<std::vector<stored_task>> open;
  std::uint64_t epoch = 0; ///< under which the shard is owned from now on
};
struct session_loaded {
  std::string id;
  std::string body; ///< empty: not stored
};
/// Whose the idempotency key is that a request has claimed.
struct claimed_key {
  key_claim asked;
  key_holder now;
  task_ptr what; ///< as it was stored; null: it is not, or it cannot be read
};
struct keys_claimed {
  std::vector<claimed_key> all;
};

} // namespace troupe

TROUPE_BEGIN_MESSAGES(troupe_journal, TROUPE_FIRST_TYPE_ID + 40)
TROUPE_MESSAGE(troupe_journal, troupe::journal_append)
TROUPE_MESSAGE(troupe_journal, troupe::journal_stored)
TROUPE_MESSAGE(troupe_journal, troupe::journal_failed)
TROUPE_MESSAGE(troupe_journal, troupe::journal_ask)
TROUPE_MESSAGE(troupe_journal, troupe::shard_loaded)
TROUPE_MESSAGE(troupe_journal, troupe::session_loaded)
TROUPE_MESSAGE(troupe_journal, troupe::keys_claimed)
TROUPE_END_MESSAGES(troupe_journal)
