#pragma once

#include "actors/boundary.hpp"
#include "actors/call_messages.hpp"
#include "actors/kept_answers.hpp"
#include "actors/node_parts.hpp"
#include "actors/runner.hpp"
#include "actors/waiting_calls.hpp"
#include "policies/standstill.hpp"

#include <memory>
#include <vector>

namespace troupe {

/// The AGENT: takes calls, most urgent first, as many at a time as it has slots, and lets its
/// runner do the work. Checks what goes in and what comes out: a call or an answer that breaks its
/// schema, or is below the confidence its team asks for, is a failure with its reason and every
/// flaw, never passed on; secrets that come back are masked. Holds no task state: all of
/// that is the orchestrator's.
struct agent_state {
  void init(caf::event_based_actor* self, parts_ptr parts, seat_ptr place);
  void on_run(const run_call& x);
  void on_claim(const claim_call& x);
  void on_stop(const stop_call& x);
  void on_runner_ended(const runner_ended& x);
  void on_runner_broke(const runner_broke& x);
  void on_runner_turn(const runner_turn& x) { runner_->turn(x); }
  void on_tick();
  /// Tells the seat how many calls are here.
  void show_held() const {
    place_->held.store(static_cast<std::uint32_t>(running_.size()) + waiting_.size(),
                       std::memory_order_relaxed);
  }

  static inline const char* name = "agent";

 private:
  struct running {
    std::uint64_t key =
        0; ///< our own number: callers number their calls independently of each other
    std::uint64_t call = 0;
    caf::actor caller;
    timestamp since{};
    std::shared_ptr<const std::string> note; ///< goes with the answer
    timestamp deadline = no_deadline;        ///< of whoever gave it
    bool query = false;                      ///< asks what an effect has come to
    timestamp own_deadline = no_deadline; ///< by the agent's `timeout`: then its caller is told so
    bool told = false;                    ///< that has been done: nobody waits for it any more
    bool stays = false;                   ///< it was to be stopped, and its runner cannot
    agent_call_ptr what;                  ///< as it came
    std::shared_ptr<void> act;            ///< as in `waiting_call`
  };

  void begin(waiting_call x, timestamp now);
  /// Works on this call already, or has just ended it, for somebody who is gone: now it is this
  /// caller's.
  bool passes_on(std::uint64_t call, const agent_call& what, const caf::actor& caller);
  /// For whoever comes for it after its caller has gone.
  void keep(agent_call_ptr what, outcome_ptr said, std::shared_ptr<const std::string> note,
            timestamp since);
  /// Asks what has come of a call that is being worked on here, for an owner of its task that is
  /// gone, or by a former incarnation of this agent: nobody can say before that has ended.
  [[nodiscard]] bool waits_for_its_call(const agent_call& what) const;
  /// It is being asked what came of a call that waits for a slot: the answer is nothing, and has to
  /// stay so.
  void withdraw_waiting(const agent_call& asked);
  /// The call as the agent's screens let it pass; or `why` they do not.
  [[nodiscard]] agent_call_ptr screened(const agent_call_ptr& what, timestamp now,
                                        std::shared_ptr<const std::string>& note,
                                        failure& why) const;
  void start_next();
  /// A call has run on past its deadline: nobody waits for it any more, and its slot would be taken
  /// for ever.
  [[nodiscard]] bool hangs(timestamp now) const;
  /// Ends a call that has taken longer than the agent's `timeout`.
  void end_late(running& who);
  /// Comes back for the first call whose time is over then.
  void arm();
  /// Returns what was answered.
  outcome_ptr answer(const caf::actor& to, std::uint64_t call, timestamp since, outcome_ptr x,
                     std::shared_ptr<const std::string> note = nullptr, bool query = false);
  void count(const outcome& x, timestamp since);
  [[nodiscard]] outcome_ptr checked(outcome_ptr x, bool query) const;
  /// The outcome without the secrets that the agent may have been told and repeats.
  [[nodiscard]] outcome_ptr without_secrets(outcome_ptr x) const;

  caf::event_based_actor* self_ = nullptr;
  parts_ptr parts_;
  seat_ptr place_;
  fleet_version_ptr version_; ///< the newest that it belonged to when it began
  runner_ptr runner_;
  boundary_ptr boundary_; ///< null: anything may pass
  std::vector<running> running_;
  waiting_calls waiting_;
  std::uint64_t next_key_ = 0;
  kept_answers kept_;
  timestamp armed_ = no_deadline;
  standstill standstill_;
  agent_metrics* metrics_ = nullptr; ///< from the first call on: idle agents stay small
  std::shared_ptr<void> in_flight_;
};

caf::behavior agent(caf::stateful_actor<agent_state>* self, parts_ptr parts, seat_ptr place);

} // namespace troupe
