#pragma once

#include "actors/act_watch.hpp"
#include "actors/action_list.hpp"
#include "actors/arrivals.hpp"
#include "actors/call_messages.hpp"
#include "actors/call_table.hpp"
#include "actors/domain_views.hpp"
#include "actors/finished_tasks.hpp"
#include "actors/journal_messages.hpp"
#include "actors/journal_port.hpp"
#include "actors/key_lines.hpp"
#include "actors/live_tasks.hpp"
#include "actors/node_parts.hpp"
#include "actors/open_work.hpp"
#include "actors/orchestrator_config.hpp"
#include "actors/question_messages.hpp"
#include "actors/seat_messages.hpp"
#include "actors/session_book.hpp"
#include "actors/sitter_cache.hpp"
#include "actors/task_messages.hpp"
#include "policies/degradation.hpp"
#include "policies/dice.hpp"
#include "policies/standing.hpp"
#include "policies/standstill.hpp"
#include "policies/timer_heap.hpp"
#include "policies/trial_line.hpp"

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace troupe {

struct domain_metrics;

/// The ORCHESTRATOR of one shard of a domain: accepts tasks and journals them, has them understood
/// and planned, feeds each task's interpreter with what happens and does what it says: routes to
/// agents, delegates to other domains, asks people, keeps deadlines, joins and answers. It holds
/// the sessions of its shard. All it knows is in the journal; after a crash it is rebuilt from
/// there.
struct orchestrator_state {
  void init(caf::event_based_actor* self, parts_ptr parts, orchestrator_config config);

  // Requests: orchestrator_accept.cpp, _keys.cpp, _sessions.cpp, _watch.cpp.
  void on_submit(const submit_task& x);
  void on_watch(const watch_task& x);
  void on_unwatch(const unwatch_task& x);
  void on_cancel(const cancel_task& x);
  void on_find_task(const find_task& x);
  void on_find_session(const find_session& x);
  void on_view(const view_shard& x);
  void on_session_loaded(const session_loaded& x);
  void on_keys_claimed(const keys_claimed& x);

  // What agents, children, people and clocks say: orchestrator_replies.cpp, orchestrator_run.cpp.
  void on_call_ended(const call_ended& x);
  void on_act_over(const act_over& x);
  void on_handed_over(const call_handed_over& x);
  void on_child_ended(const task_ended& x);
  void on_child_progressed(const task_progressed& x);
  void on_child_refused(const task_refused& x);
  void on_child_undelivered(const task_undelivered& x);
  void on_call_undelivered(const call_undelivered& x);
  void on_call_not_here(const call_not_here& x);
  void on_question_answered(const question_answered& x);
  void on_question_claimed(const question_claimed& x);
  void on_seat_down(const seat_down& x);
  void on_tick();
  void on_routes(const routes_changed& x);

  // The journal: orchestrator_journal.cpp, orchestrator_recover.cpp.
  void on_flush();
  void on_stored(const journal_stored& x);
  void on_store_failed(const journal_failed& x);
  void on_loaded(const shard_loaded& x);

  static inline const char* name = "orchestrator";

 private:
  /// When to ask again what was refused because of the moment.
  static constexpr milliseconds come_back{1000};
  using actions = action_list::actions;

  // Accepting: orchestrator_accept.cpp.
  void take(const submit_task& x, const caf::actor& from);
  void begin(const submit_task& x, const caf::actor& from, const json& session_context);
  void refuse(const caf::actor& to, const std::string& id, refusal why, std::string detail,
              milliseconds wait = {});
  /// Somebody submitted what is known already, under the id `asked_as` if that is another one.
  void acknowledge(live_task& t, const caf::actor& from, bool progress,
                   const std::string& asked_as);

  // Idempotency keys: orchestrator_keys.cpp.
  bool take_key(const submit_task& x, const caf::actor& from);
  bool answer_by_key(const submit_task& x, const caf::actor& from);
  bool key_fits(const submit_task& x, const caf::actor& from, const task* known);
  void answer_by_stored(const session_book::waiting& w, const claimed_key& x);
  [[nodiscard]] bool claims_key(const task& t) const;
  void claim_keys();
  void settle_key(const claimed_key& x);
  /// The request was refused before its task has begun.
  void give_key_up(const task& t);

  // Sessions: orchestrator_sessions.cpp.
  void begin_in_session(const submit_task& x, const caf::actor& from);
  void next_of_session(const std::string& id);
  /// Refuses the messages whose deadline has passed while they waited for their turn.
  void end_waits();
  /// The message has left its line: nothing comes of it.
  void send_away(const session_book::waiting& x, refusal why, const char* detail,
                 milliseconds wait = {});
  /// The session is served by this replica from now on, unless another one of the same agent that
  /// serves it still can.
  void bind_session(session_book::entry& session, const std::string& replica) const;

  // Those who watch: orchestrator_watch.cpp.
  void watch(const watch_task& x, const caf::actor& from);

  // Versions of the fleet: orchestrator_versions.cpp.
  /// Goes by the current version from here on. What runs stays with its own.
  void look_at_versions();
  void go_by(const domain_spec& domain);
  void enter_version(live_task& t);
  static void leave_version(live_task& t);
  /// The store knows of which versions it holds open tasks, so that nobody forgets them: written
  /// with the first task of a version, taken back with the last.
  void mark_version(live_task& t);
  void unmark_version(live_task& t);
  void clear_marks();
  void write_mark(std::uint64_t number, bool begins);

  // What a task is and how it is done: orchestrator_plan.cpp.
  void start_work(live_task& t);
  void start_triage(live_task& t, actions& todo);
  void use_plan(live_task& t, plan_ptr how, actions& todo);
  [[nodiscard]] standing asker_of(const live_task& t) const;
  void understood(live_task& t, actions& todo);

  // What a task's steps know: orchestrator_context.cpp.
  /// Keeps the task's context: notes what a step sees when it begins and takes over what it sets
  /// when it is done.
  void learn(live_task& t, const event& e);
  /// Turns the completion of a step that contradicts what another has set meanwhile into its
  /// failure. Of one that was found out later it is looked also whether it contradicts the facts.
  void refuse_contradiction(const live_task& t, event& e) const;
  void expand_step(live_task& t, const plan_action& a, actions& todo);

  // Running: orchestrator_run.cpp.
  /// Records an event that decides nothing.
  void note(live_task& t, event e);
  /// Records an event and lets the interpreter go on; false when it came too late.
  bool happen(live_task& t, event e, actions& todo);
  void carry_out(live_task& t, actions& todo);
  void fail_step(live_task& t, std::uint32_t step, std::uint32_t attempt, failure f);
  [[nodiscard]] event make_event(const live_task& t, event_kind kind, std::uint32_t step,
                                 std::uint32_t attempt);
  /// `turned`: the task's state is another one since this event.
  void tell_progress(live_task& t, const event& e, bool turned);
  void rearm(live_task& t);
  void arm();
  /// Nobody is to blame for a failure for that reason: this process, or its machine, stood still.
  [[nodiscard]] bool excused(reason why) const { return standstill_.excuses(why, armed_, now_); }

  // Steps: orchestrator_steps.cpp.
  /// `patient`: if everybody who could do it is down, they are waited for.
  void route_step(live_task& t, const plan_action& a, actions& todo, bool patient = true);
  void delegate_step(live_task& t, const plan_action& a, actions& todo);
  void ask_step(live_task& t, const plan_action& a, actions& todo);
  void stop_step(live_task& t, const plan_action& a);
  void perform_call(live_task& t, effect& e);
  void perform_delegate(live_task& t, const effect& e);
  void perform_ask(live_task& t, const effect& asks);
  /// Whose queue the question of a step goes to.
  [[nodiscard]] std::string queue_of(const live_task& t, std::uint32_t step) const;

  // Waiting for those who move between nodes: orchestrator_moves.cpp.
  /// True: it waits, for at most a few seconds.
  [[nodiscard]] bool strand(const live_task& t, std::uint32_t step, std::uint32_t attempt,
                            seat_ptr to);
  void look_at_stranded();
  // What may be done without the store: orchestrator_lease.cpp.
  [[nodiscard]] bool holds_lease() const;
  /// It waits until the shard is loaded, or its lease begins; `why`: when there is no room.
  void put_by(const submit_task& x, const caf::actor& from, const char* why);
  bool waits_for_lease(const submit_task& x, const caf::actor& from);
  void look_at_lease();
  /// False: it has to go on waiting.
  bool go_on(const stranded_step& s);

  // Steps under which nodes have ended: orchestrator_trials.cpp.
  /// False: the step has to wait until those have ended that may have ended the node, too.
  [[nodiscard]] bool has_its_turn(const live_task& t, const plan_action& a);
  /// Something has happened to `step`, or to the whole task: the turn may be free.
  void end_trial(const live_task& t, std::uint32_t step, bool task_over);
  void look_at_trials();
  void look_at_trials_later();

  // What the store keeps waiting: orchestrator_unstored.cpp.
  void look_at_unstored();
  /// True: somebody has waited for too long.
  bool refuse_unstored();
  void refuse_unstored(live_task& t);

  // What comes back: orchestrator_replies.cpp.
  /// The task that waits for the answer to this call; null: it does so no more.
  [[nodiscard]] live_task* awaiting(const open_call& c);
  /// Something came back for an attempt, whose task may be gone or may no longer wait for it: then
  /// false.
  bool reply(std::uint32_t slot, std::uint32_t generation, event_kind kind, std::uint32_t step,
             std::uint32_t attempt, event::body_type body);
  void lost(open_call& c, std::uint64_t incarnation);
  [[nodiscard]] std::optional<open_child> take_child(const std::string& id);
  void perform_settle(live_task& t, const effect& e);

  // Failures beyond the step itself: orchestrator_treat.cpp.
  /// Tells the breakers how a call went that this orchestrator had sent.
  void judge(open_call& c, reason how);
  void judge(open_call& c, call_sign for_agent, call_sign for_provider);
  /// The breaker of the agent, or of the provider, has something to tell to other nodes.
  void tell_breaker_desk(const seat_ptr& agent, const provider_ptr& provider);
  /// As many of those of `to` as a call there would probe.
  void tell_of_probe(const seat_ptr& to, std::uint8_t probe);
  void breaker_turned(const open_call& c, const breaker_change& x, bool of_provider);
  /// Writes into the task's history what decides nothing about it.
  void note(live_task& t, std::uint32_t step, std::uint32_t attempt, std::string text);
  /// Does to the agent that failed what the failure table says.
  void punish(live_task& t, std::uint32_t step, std::uint32_t attempt, const std::string& agent,
              const failure& f);
  void count_open();
  void show_stage() const;

  // What routing learns: orchestrator_learn.cpp.
  /// How a call that was routed went.
  void learn_of(const open_call& c, const outcome& x);
  /// `step` has judged what another one answered.
  void learn_of_judgement(const live_task& t, std::uint32_t step, const outcome& x);
  void stir_arms();

  // What passes between us and the agents: orchestrator_boundary.cpp.
  /// The outcome, as a `contradiction` if it contradicts the facts in the task's context.
  [[nodiscard]] outcome_ptr without_contradiction(const live_task& t, outcome_ptr x) const;
  /// Audit records of a call to an agent with effects: in the batch that is on disk before the
  /// call, in the one with its answer, and in that of its ledger line where that is settled
  /// otherwise. No end on record means that nobody knows how it ended.
  void audit_begin(live_task& t, const agent_spec& agent, std::uint32_t step,
                   std::uint32_t attempt);
  void audit_end(live_task& t, const agent_spec& agent, std::uint32_t step, std::uint32_t attempt,
                 const outcome& x, bool cleaned);
  void audit_settled(live_task* t, const std::string& task, const ledger_line& x,
                     std::uint32_t attempt, const char* by);
  void store_audit(live_task& t, store_write record);
  /// Why the other domain does not take this from us, put on record; empty: it does.
  [[nodiscard]] std::string barred_by_boundary(live_task& t, const plan_action& a,
                                               std::string_view domain, std::string_view skill);
  void note_barred(live_task& t, std::uint32_t step, std::uint32_t attempt, std::string_view domain,
                   std::string_view skill, const std::string& why);

  // The effect ledger: orchestrator_effects.cpp.
  /// An attempt is about to be made: true if the ledger of an earlier run has decided it.
  bool decided_before(live_task& t, const plan_action& a, actions& todo);
  /// Whom the attempt must go to, because nobody knows yet what the one before did; empty: anybody.
  [[nodiscard]] std::string bound_to(live_task& t, std::uint32_t step) const;
  void note_pending(live_task& t, std::uint32_t step, std::uint32_t attempt, const seat& who);
  void note_end(const acting_call& c, effect_state state, outcome_ptr result);
  void never_sent(live_task& t, const effect& e);
  /// A call or a question asks what has come of an act, and somebody may still be at it: nodes that
  /// its agent has left, or, when a person is asked, any. It is sent when that is over.
  bool waits_for_acts(const live_task& t, const effect& e);
  /// Its agent lives at another node by now than is on record: who asks later what has come of the
  /// act would look for it in the wrong place.
  [[nodiscard]] bool has_moved(const live_task& t, const effect& e) const;
  void store_line(live_task* t, const std::string& task, const ledger_line& x);
  void acting_ended(const open_call& c, const acting_call& a, bool happened, const outcome_ptr& x);
  void load_ledger(live_task& t, const stored_task& x) const;
  bool take_up_effect(live_task& t, const plan_action& a, actions& todo);
  /// Also for a task (`t` null) that is over.
  void store_late(live_task* t, store_write w);

  // What an act has come to when its call did not say it: orchestrator_settle.cpp.
  void query_ended(const open_call& c, const acting_call& a, const outcome_ptr& x);
  outcome_ptr settle_by_person(live_task& t, const question_answered& x);

  // The journal: orchestrator_journal.cpp.
  void hold(live_task& t, effect e);
  void release(live_task& t, std::uint64_t stored);
  void perform(live_task& t, effect e);
  void retire();
  /// Stores an event of a task whose steps are stored.
  void store_event(live_task& t, const event& e);
  void append_event(live_task& t, const event& e);
  void store(live_task& t, store_write&& w);
  void own(store_write& w) const;

  // Taking up what the store knows: orchestrator_recover.cpp.
  void ask_for_shard();
  void open_shard();
  void recover(const stored_task& x);
  void replay(live_task& t);
  void take_up(live_task& t);
  /// Asks the agent that was working on an attempt for what comes of it, if it is still where it
  /// was: what it has worked for is not lost with us.
  bool go_on_there(live_task& t, const plan_action& a, actions& todo);
  /// Nobody can be asked what comes of an attempt that was under way: it is handed out again, or
  /// the ledger decides.
  void take_up_anew(live_task& t, const plan_action& a, actions& todo);

  // Acts that outlive their orchestrator: orchestrator_claims.cpp.
  [[nodiscard]] bool is_member(const std::string& node) const;
  /// Asks whoever was given an act for its answer, or will do so when he can be reached. False:
  /// there is nobody to ask.
  bool claims_act(live_task& t, const plan_action& a, const seat_ptr& to, const route& given);
  bool claims_now(live_task& t, const stranded_step& s);
  bool claim(live_task& t, const plan_action& a, const seat_ptr& to, const std::string& node);
  /// Why an attempt that `agent` was given has no answer, in words.
  [[nodiscard]] std::string cut_short(const live_task& t, std::uint32_t step,
                                      const std::string& agent) const;

  // Ending: orchestrator_end.cpp.
  void finish(live_task& t, outcome_ptr result);
  void finish(live_task& t, failure why);
  void end(live_task& t);
  void log_end(const live_task& t, const task_record& record) const;

  caf::event_based_actor* self_ = nullptr;
  parts_ptr parts_;
  orchestrator_config config_;
  const domain_spec* domain_ = nullptr; ///< of the current version
  domain_metrics* counters_ = nullptr;
  dice_box dice_{0};
  timestamp now_{};       ///< of the message that is being handled
  seat_ptr breaker_desk_; ///< null until it is needed
  seat_ptr arm_keeper_;   ///< likewise
  std::optional<degradation> overload_;
  timer_heap timers_;
  timestamp armed_ = no_deadline;
  standstill standstill_;

  // The versions of the fleet.
  domain_views views_;
  /// Versions that the store knows to be used in this shard, with how many open tasks are stored.
  std::map<std::uint64_t, std::uint32_t> marks_;

  // The tasks and sessions that are here.
  live_tasks tasks_;
  /// By idempotency key: tasks in memory that run, wait for their session, or have ended.
  std::unordered_map<std::string, task_ptr> keys_;
  std::size_t keys_before_sweep_ = 1024;
  key_lines key_lines_;
  std::size_t bytes_ = 0; ///< bodies of all tasks that are here, open or waiting
  std::unique_ptr<session_book> sessions_;
  std::unique_ptr<finished_tasks> finished_;

  // What is out, and what waits for its turn to go out.
  call_table calls_;
  std::unordered_map<std::uint64_t, acting_call> acting_; ///< by the number of the call
  std::unordered_map<std::string, open_child> children_;
  std::deque<stranded_step> stranded_;
  timestamp look_again_{}; ///< at them
  trial_line trials_;
  timestamp trials_armed_{}; ///< when it is looked whose turn it is
  sitter_cache sitters_;
  action_list::memory spare_;

  // The store.
  journal_port journal_;
  std::uint64_t epoch_ = 0; ///< under which the shard is ours; 0: not opened yet

  // Before the shard is loaded.
  bool shard_asked_ = false;     ///< the store has been asked for the shard
  std::uint32_t seat_looks_ = 0; ///< how often the journal or we did not sit yet
  bool loaded_ = false;
  std::uint32_t looked_ =
      0; ///< how often it has waited for its agents to sit before opening the shard
  timestamp open_again_{}; ///< when it looks for them again
  std::shared_ptr<std::vector<stored_task>> to_recover_;
  std::vector<std::pair<watch_task, caf::actor>> early_watchers_;
  std::vector<cancel_task> early_cancels_;
  std::vector<session_book::waiting> stash_; ///< what came before that, or before its lease
  timestamp stash_until_{};                  ///< then what waits for a lease is refused
};

caf::behavior orchestrator(caf::stateful_actor<orchestrator_state>* self, parts_ptr parts,
                           orchestrator_config config);

} // namespace troupe
