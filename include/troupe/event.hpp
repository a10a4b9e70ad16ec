#pragma once

#include <troupe/clock.hpp>
#include <troupe/effects.hpp>
#include <troupe/enum_names.hpp>
#include <troupe/learning.hpp>
#include <troupe/plan.hpp>
#include <troupe/reason.hpp>
#include <troupe/task.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace troupe {

/// Why a candidate was taken or passed over.
enum class verdict : std::uint8_t {
  chosen,
  other_pinned,  ///< the step names another agent
  already_tried, ///< a former attempt of this step failed there, or a limit has stopped it
  unhealthy,     ///< down, quarantined or draining
  full,          ///< slots and queue are taken
  below_quality, ///< its quality is under what the customer's tier asks for
  costlier,
  more_loaded,
  lower_quality,
  not_first,    ///< static order prefers another
  breaker_open, ///< its circuit breaker, or its provider's, is open
  shed,         ///< the domain is overloaded, and this agent is not needed most
  probe_due,    ///< another one is tried first, to see whether it works again
  farther,      ///< another one is nearer: on this node, or in this region
  not_its_own,  ///< the session is served by another replica of the same agent
  drew_lower,   ///< learned: more was drawn for another one
  fits_less,    ///< classifier: the message is rather about what another one is there for
};

template <>
struct enum_names<verdict> {
  static constexpr std::array<std::string_view, 17> value{
      "chosen",    "other_pinned", "already_tried", "unhealthy",  "full",         "below_quality",
      "costlier",  "more_loaded",  "lower_quality", "not_first",  "breaker_open", "shed",
      "probe_due", "farther",      "not_its_own",   "drew_lower", "fits_less"};
};

enum class route_strategy : std::uint8_t {
  static_order,
  least_loaded,
  cheapest,
  best_quality,
  classifier,
  learned, ///< by what became of earlier calls (Thompson sampling)
};

template <>
struct enum_names<route_strategy> {
  static constexpr std::array<std::string_view, 6> value{"static",       "least_loaded", "cheapest",
                                                         "best_quality", "classifier",   "learned"};
};

/// One candidate as the router saw it at the moment of the decision.
struct considered {
  std::string agent;
  verdict said = verdict::chosen;
  std::uint32_t load = 0;     ///< calls queued and running there
  std::uint32_t capacity = 0; ///< slots and queue places
  float cost = 0;
  float quality = 0;
  float success_rate = 1; ///< over its recent calls
  float fit = 0;          ///< classifier: how far the message is about what it is there for
};

/// A routing decision with everything that led to it.
struct route {
  std::string skill;
  std::string agent; ///< empty: nobody could take it
  route_strategy strategy = route_strategy::least_loaded;
  bool repeatable =
      true; ///< a failed attempt there may be repeated: the agent has no unsafe effects
  effects does =
      effects::none;    ///< of the agent: how its effect is settled when an attempt there fails
  std::string because;  ///< the customer's tier, the intent, the rung of the fallback ladder: what
                        ///< shaped the request
  std::uint32_t of = 0; ///< how many candidates there were in all; `seen` may be a sample
  std::string
      node; ///< where the agent lived then; empty: the node is alone, or nobody could take it
  std::string decided_at; ///< the node whose orchestrator decided; empty: the node is alone
  std::vector<considered> seen;
  std::vector<arm_seen> arms; ///< learned: of the agents in `seen`
};

using route_ptr = std::shared_ptr<const route>;

/// What happened to a task. The numbers go into the store: append only.
enum class event_kind : std::uint8_t {
  accepted,       ///< the task is stored and will be finished
  understood,     ///< triage answered (body: outcome)
  planned,        ///< the plan is fixed (body: plan)
  assigned,       ///< an attempt of a step goes to an agent (body: route)
  unroutable,     ///< nobody could take the attempt (body: route)
  delegated,      ///< a step went to another domain (body: text, the child's task id)
  asked,          ///< a step waits for a person (body: text, the question)
  step_completed, ///< (body: outcome; a failed one of an agent with effects: it has acted, and its
                  ///< word of it was refused)
  step_failed,    ///< (body: failure)
  retry_due,      ///< the wait before the next attempt is over
  answered,       ///< a person answered (body: outcome)
  cancel_wanted,  ///< somebody asked to cancel the task (body: text)
  time_up,        ///< a deadline passed; the step says whose: `whole_task` means the task's own
                  ///< (body of a sub-task that may have acted: outcome)
  finished,       ///< (body: outcome)
  reconciled,     ///< the ledger, the agent or a person said what had become of an effect (body:
                  ///< outcome)
  noted,          ///< something happened around the step that decides nothing about it (body: text)
  claimed,        ///< a person took the step's question (body: text, who)
  expanded,    ///< the list that a `map` goes through is known (body: outcome, whose `data` is the
               ///< list)
  interrupted, ///< the node that an attempt ran on has ended; its agent has not failed (body:
               ///< failure)
};

template <>
struct enum_names<event_kind> {
  static constexpr std::array<std::string_view, 19> value{
      "accepted",  "understood",    "planned",        "assigned",    "unroutable",
      "delegated", "asked",         "step_completed", "step_failed", "retry_due",
      "answered",  "cancel_wanted", "time_up",        "finished",    "reconciled",
      "noted",     "claimed",       "expanded",       "interrupted"};
};

inline constexpr std::uint32_t whole_task = 0xFFFFFFFF;

/// An entry of a task's history. The history is the task: applying it again gives the same state,
/// which is what resume, replay, trace and audit do. `dice` is the random number that the decision
/// upon it used.
struct event {
  using body_type =
      std::variant<std::monostate, plan_ptr, route_ptr, outcome_ptr, std::shared_ptr<const failure>,
                   std::shared_ptr<const std::string>>;
  event_kind kind = event_kind::accepted;
  bool triage = false; ///< belongs to the understanding of the task, not to its plan
  std::uint32_t step = whole_task;
  std::uint32_t attempt = 0;
  timestamp at{};
  std::uint64_t dice = 0;
  body_type body;

  template <class T>
  [[nodiscard]] const T* get() const noexcept {
    auto p = std::get_if<std::shared_ptr<const T>>(&body);
    return p ? p->get() : nullptr;
  }
  /// Why something failed, as the body says; null: it says nothing of a failure.
  [[nodiscard]] const failure* why_failed() const noexcept {
    const auto* x = get<outcome>();
    return !x ? get<failure>() : x->ok() ? nullptr : &x->failed;
  }
};

/// The whole of a task as others may see it: a snapshot, never changed. What is told of a task
/// while it runs has only the events that are new, so that the length of a history costs nobody
/// anything.
struct task_record {
  task_ptr what;
  task_state state = task_state::submitted;
  task_phase phase = task_phase::planning;
  plan_ptr how;
  std::vector<event> history;
  std::size_t before = 0; ///< how many events came before those in `history`
  outcome_ptr result;
  timestamp updated{};
  /// What the task's deadline has become while people were asked; `no_deadline`: what the task
  /// says.
  timestamp moved_deadline = no_deadline;
  /// It came from another node and was too large for the way: some of it was left there.
  bool cut = false;
};

using task_record_ptr = std::shared_ptr<const task_record>;

} // namespace troupe
