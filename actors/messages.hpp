#pragma once

// What the actors of a node say to each other. Commands are imperative, facts past tense; INTERNAL
// marks what an actor says to itself.

#include "actors/seat.hpp"
#include "src/store/store.hpp"

#include <troupe/caf.hpp>
#include <troupe/event.hpp>
#include <troupe/model.hpp>
#include <troupe/session.hpp>

#include <cstdint>
#include <functional>
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
/// A person has answered (or let the time pass: then the outcome has failed).
struct question_answered {
  std::string task;
  std::uint32_t step = 0;
  std::uint32_t attempt = 0;
  outcome_ptr x;
};

/// A person has taken a question, for the history of its task.
struct question_claimed {
  std::string task;
  std::uint32_t step = 0;
  std::uint32_t attempt = 0;
  std::string by;
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
};
struct shard_seen {
  std::uint64_t request = 0;
  std::vector<task_record_ptr> tasks;
  std::vector<std::shared_ptr<const session_snapshot>> sessions;
};

// -- orchestrator and agent ---------------------------------------------------

/// Do this. Answered exactly once, with `call_ended` or `call_handed_over`, unless the agent dies.
struct run_call {
  std::uint64_t call = 0; ///< chosen by the sender
  agent_call_ptr what;
};
/// The sender no longer waits for this call. `hung`: it let its deadline pass.
struct stop_call {
  std::uint64_t call = 0;
  bool hung = false;
};
struct call_ended {
  std::uint64_t call = 0;
  outcome_ptr x;
  std::shared_ptr<const std::string> note; ///< what the agent's boundary did beside; mostly null
};
/// A person has been asked: the answer will come as `question_answered`.
struct call_handed_over {
  std::uint64_t call = 0;
  std::string question;
};
/// INTERNAL to an agent: its runner is done with a call.
struct runner_ended {
  std::uint64_t call = 0;
  outcome_ptr x;
  std::shared_ptr<const std::string> note = nullptr; ///< how the runner came to it; mostly null
};
/// INTERNAL to an agent: what its runner waited for has come, or a wait is over.
struct runner_turn {
  std::uint64_t call = 0;
  std::uint64_t number = 0;                 ///< of the wait, among all of the runner's
  std::shared_ptr<const model_reply> reply; ///< null: it was a wait for time to pass
};
/// INTERNAL to an agent: its runner can no longer be trusted.
struct runner_broke {
  std::string why;
};

// -- the seats ----------------------------------------------------------------

/// Whoever sat there up to and including `incarnation` has ended; what it had been given is lost.
struct seat_down {
  seat_ptr who;
  std::uint64_t incarnation = 0;
  std::string why;
};

// -- registry -----------------------------------------------------------------

/// The agents of a domain as the router sees them. Immutable; replaced as a whole when agents come
/// or go.
struct routing_table {
  std::vector<seat_ptr> agents;
  std::map<std::string, std::vector<seat_ptr>, std::less<>> by_skill;
  std::map<std::string, std::vector<seat_ptr>, std::less<>>
      by_name; ///< `domain/agent` and each replica's own
};
using routing_table_ptr = std::shared_ptr<const routing_table>;

struct register_agent {
  seat_ptr who;
};
struct unregister_agent {
  seat_ptr who;
};
/// Send me the routing table of this domain, now and whenever it changes.
struct subscribe_routes {
  std::string domain;
  seat_ptr subscriber;
};
struct routes_changed {
  routing_table_ptr table;
};

// -- journal ------------------------------------------------------------------

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
struct key_looked_up {
  std::string key;
  std::string id; ///< empty: no such task
  task_ptr what;  ///< as it was stored; null: no such task, or it cannot be read
};

// -- human desk ---------------------------------------------------------------

struct question {
  std::string id; ///< `<task>:<step>:<attempt>`
  std::string task;
  std::uint32_t step = 0;
  std::uint32_t attempt = 0;
  std::string domain;
  std::string queue;
  std::string text;
  json context;
  customer who;
  priority urgency = priority::medium;
  timestamp asked{};
  timestamp due = no_deadline;
  std::string claimed_by;
  timestamp claimed{};
  timestamp claimed_until{}; ///< set by the desk, which knows the queue's lease
  seat_ptr asker;
};
using question_ptr = std::shared_ptr<const question>;

[[nodiscard]] inline std::string question_id(const std::string& task, std::uint32_t step,
                                             std::uint32_t attempt) {
  return task + ":" + std::to_string(step) + ":" + std::to_string(attempt);
}

struct ask_human {
  question_ptr what;
};
struct withdraw_question {
  std::string id;
};
/// The answer to a question has become part of its task, and is stored. Not `taken`: the task no
/// longer waits for it.
struct question_settled {
  std::string id;
  bool taken = false;
};
/// Answered with `questions_seen`.
struct list_questions {
  std::uint64_t request = 0;
  std::string queue; ///< empty: all
};
struct questions_seen {
  std::uint64_t request = 0;
  std::vector<question_ptr> open;
};
/// Answered with `question_done`.
struct claim_question {
  std::uint64_t request = 0;
  std::string id;
  std::string by;
};
/// Answered with `question_done`.
struct answer_question {
  std::uint64_t request = 0;
  std::string id;
  std::string by;
  outcome_ptr x;
};
struct question_done {
  std::uint64_t request = 0;
  refused why; ///< `refusal::none`: done
  question_ptr what;
};

// -- from any node to any other -----------------------------------------------

/// A question about a node, which any other may ask: what of, and the rest of the question as JSON
/// text. Answered with `node_answered`.
struct ask_node {
  std::string subject;
  std::string query;
  std::uint64_t rest = 0; ///< instead: go on with the answer that is kept under this number
  std::uint64_t from = 0; ///< from this byte on
};
struct node_answered {
  std::string part;        ///< of the answer: JSON text
  std::uint64_t whole = 0; ///< how many bytes all of it has
  std::uint64_t rest = 0;  ///< under which what is missing is kept for some seconds; 0: nothing is
  refused why;             ///< `refusal::none`: answered
};

// -- supervisors --------------------------------------------------------------

/// One actor in the supervision tree.
struct tree_node {
  std::string id;
  std::string kind;   ///< supervisor, orchestrator, agent, journal, ...
  std::string detail; ///< of a supervisor its strategy; of an agent its kind
  std::string state;  ///< up, down, stopped, waiting, draining, quarantined
  std::uint32_t restarts = 0;
  std::vector<tree_node> children;
};
/// Answered with `tree_viewed`.
struct view_tree {
  std::uint64_t request = 0;
};
struct tree_viewed {
  std::uint64_t request = 0;
  std::shared_ptr<const tree_node> tree;
};
/// End this child; it is started again as after a crash. For tests, chaos and people.
struct kill_child {
  std::string id;
};

enum class child_order : std::uint8_t {
  start,    ///< again, after `stop`
  stop,     ///< until `start`
  restart,  ///< it ends as a failure, which counts as one of its restarts, and is replaced
  escalate, ///< the supervisor itself fails: its own supervisor treats that
};
/// Does this to a child that is known. Answered with whether it is.
struct order_child {
  child_order what = child_order::start;
  std::string id;
  std::string why;
};
struct child_spec;
/// Adds a child and starts it.
struct start_child {
  std::shared_ptr<const child_spec> what;
};
/// Stops a child for good.
struct end_child {
  std::string id;
};
/// INTERNAL: the child with this actor id had its time to stop.
struct kill_due {
  caf::actor_id who = 0;
};

struct front_desk_state;
/// Anything that has to run on the front desk's own thread.
struct at_front_desk {
  std::function<void(front_desk_state&)> what;
};

/// INTERNAL: time to look at the timers.
struct tick {};
/// INTERNAL: hand what has gathered to the journal.
struct flush {};

} // namespace troupe

#define TROUPE_MESSAGES(X)                                                                         \
  X(troupe::submit_task)                                                                           \
  X(troupe::watch_task)                                                                            \
  X(troupe::unwatch_task)                                                                          \
  X(troupe::cancel_task)                                                                           \
  X(troupe::find_task)                                                                             \
  X(troupe::find_session)                                                                          \
  X(troupe::view_shard)                                                                            \
  X(troupe::question_answered)                                                                     \
  X(troupe::task_accepted)                                                                         \
  X(troupe::task_refused)                                                                          \
  X(troupe::task_progressed)                                                                       \
  X(troupe::task_ended)                                                                            \
  X(troupe::task_found)                                                                            \
  X(troupe::session_found)                                                                         \
  X(troupe::shard_seen)                                                                            \
  X(troupe::run_call)                                                                              \
  X(troupe::stop_call)                                                                             \
  X(troupe::call_ended)                                                                            \
  X(troupe::call_handed_over)                                                                      \
  X(troupe::runner_ended)                                                                          \
  X(troupe::runner_turn)                                                                           \
  X(troupe::runner_broke)                                                                          \
  X(troupe::seat_down)                                                                             \
  X(troupe::register_agent)                                                                        \
  X(troupe::unregister_agent)                                                                      \
  X(troupe::subscribe_routes)                                                                      \
  X(troupe::routes_changed)                                                                        \
  X(troupe::journal_append)                                                                        \
  X(troupe::journal_stored)                                                                        \
  X(troupe::journal_failed)                                                                        \
  X(troupe::journal_ask)                                                                           \
  X(troupe::shard_loaded)                                                                          \
  X(troupe::session_loaded)                                                                        \
  X(troupe::key_looked_up)                                                                         \
  X(troupe::ask_human)                                                                             \
  X(troupe::withdraw_question)                                                                     \
  X(troupe::question_claimed)                                                                      \
  X(troupe::question_settled)                                                                      \
  X(troupe::list_questions)                                                                        \
  X(troupe::questions_seen)                                                                        \
  X(troupe::claim_question)                                                                        \
  X(troupe::answer_question)                                                                       \
  X(troupe::question_done)                                                                         \
  X(troupe::ask_node)                                                                              \
  X(troupe::node_answered)                                                                         \
  X(troupe::view_tree)                                                                             \
  X(troupe::tree_viewed)                                                                           \
  X(troupe::kill_child)                                                                            \
  X(troupe::at_front_desk)                                                                         \
  X(troupe::start_child)                                                                           \
  X(troupe::end_child)                                                                             \
  X(troupe::order_child)                                                                           \
  X(troupe::kill_due)                                                                              \
  X(troupe::tick)                                                                                  \
  X(troupe::flush)

#if !TROUPE_CAF_LEGACY
CAF_BEGIN_TYPE_ID_BLOCK(troupe, TROUPE_FIRST_TYPE_ID)
TROUPE_MESSAGES(TROUPE_ADD_TYPE_ID)
CAF_END_TYPE_ID_BLOCK(troupe)
#endif
TROUPE_MESSAGES(TROUPE_ALLOW_LOCAL_MESSAGE)
