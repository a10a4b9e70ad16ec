#pragma once

// What an orchestrator is told of tasks and sessions, and what it tells whoever asked: the front
// desks of all nodes, and orchestrators that delegate. Commands are imperative, facts past tense;
// INTERNAL marks, here and in the other headers of messages, what an actor says to itself.

#include <troupe/caf.hpp>
#include <troupe/event.hpp>
#include <troupe/reason.hpp>
#include <troupe/session.hpp>
#include <troupe/task.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace troupe {

// -- to an orchestrator -------------------------------------------------------

/// Take this task. Answered with `task_refused`, or `task_ended`. With `confirm`, also with
/// `task_accepted` once it is stored; with `watch`, with `task_progressed` for every event.
struct submit_task {
  task_ptr what;
  bool watch = false;
  bool again = false; ///< it may have been submitted, and even have ended, before
  bool confirm = true;
  bool open = false; ///< INTERNAL: the store knows of no end of it
};
/// Tell me of this task as if I had submitted it. Answered with `task_refused` when it is not known
/// here.
struct watch_task {
  std::string id;
  bool progress = false;
};
/// Tell me no more of this task.
struct unwatch_task {
  std::string id;
};
struct cancel_task {
  std::string id;
  std::string why;
};
/// Answered with `task_found`.
struct find_task {
  std::string id;
  std::uint64_t request = 0;
};
/// Answered with `session_found`.
struct find_session {
  std::string id;
  std::uint64_t request = 0;
};
/// What is going on now: answered with `shard_seen`.
struct view_shard {
  std::uint64_t request = 0;
  std::size_t limit = 100;
};

// -- from an orchestrator -----------------------------------------------------

struct task_accepted {
  std::string id;
  bool known = false; ///< it existed already
  std::string
      asked_as; ///< with an idempotency key that was used before: the id that was submitted now
};
struct task_refused {
  std::string id;
  refused why;
};
struct task_progressed {
  /// With the new event alone; the first one after `watch_task` has all so far.
  task_record_ptr record;
};
struct task_ended {
  /// Between nodes without the plan and with the newest event alone.
  task_record_ptr record;
};
struct task_found {
  std::uint64_t request = 0;
  task_record_ptr record; ///< null: not known
};
struct session_found {
  std::uint64_t request = 0;
  std::shared_ptr<const session_snapshot> what; ///< null: not known
  std::string domain;
  std::string working_on; ///< id of the task that runs now
  std::size_t waiting = 0;
  std::uint32_t shard = 0; ///< of the domain, that the session belongs to
  bool cut = false;        ///< it was too large to cross: some of the session is missing
};
struct shard_seen {
  std::uint64_t request = 0;
  std::vector<task_record_ptr> tasks;
  std::vector<std::shared_ptr<const session_snapshot>> sessions;
};

} // namespace troupe

TROUPE_BEGIN_MESSAGES(troupe_tasks, TROUPE_FIRST_TYPE_ID)
TROUPE_MESSAGE(troupe_tasks, troupe::submit_task)
TROUPE_MESSAGE(troupe_tasks, troupe::watch_task)
TROUPE_MESSAGE(troupe_tasks, troupe::unwatch_task)
TROUPE_MESSAGE(troupe_tasks, troupe::cancel_task)
TROUPE_MESSAGE(troupe_tasks, troupe::find_task)
TROUPE_MESSAGE(troupe_tasks, troupe::find_session)
TROUPE_MESSAGE(troupe_tasks, troupe::view_shard)
TROUPE_MESSAGE(troupe_tasks, troupe::task_accepted)
TROUPE_MESSAGE(troupe_tasks, troupe::task_refused)
TROUPE_MESSAGE(troupe_tasks, troupe::task_progressed)
TROUPE_MESSAGE(troupe_tasks, troupe::task_ended)
TROUPE_MESSAGE(troupe_tasks, troupe::task_found)
TROUPE_MESSAGE(troupe_tasks, troupe::session_found)
TROUPE_MESSAGE(troupe_tasks, troupe::shard_seen)
TROUPE_END_MESSAGES(troupe_tasks)
