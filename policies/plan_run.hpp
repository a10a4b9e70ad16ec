#pragma once

#include "policies/aggregate.hpp"
#include "policies/step_table.hpp"

#include <troupe/event.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace troupe {

enum class step_status : std::uint8_t {
  idle,    ///< not reached yet
  queued,  ///< ready, waits for one of the task's parallel places
  wanted,  ///< an action asks for it to be routed, delegated or put to a person
  running, ///< somebody works on it; for a composite step: its children do
  waiting, ///< between two attempts
  done,
  failed,
  cancelled, ///< nobody needs it any more
};

template <>
struct enum_names<step_status> {
  static constexpr std::array<std::string_view, 8> value{
      "idle", "queued", "wanted", "running", "waiting", "done", "failed", "cancelled"};
};

/// What an interpreter wants done.
struct plan_action {
  enum class kind : std::uint8_t {
    call,     ///< route the step to an agent: answer with `assigned` or `unroutable`
    delegate, ///< hand the step to its domain: answer with `delegated` or `step_failed`
    ask,      ///< put the step to its queue of people: answer with `asked`
    stop,   ///< whoever works on this attempt, or was just asked to, should stop; `hung` if it let
            ///< its deadline pass
    finish, ///< the plan has ended: `result()` is its outcome
    expand, ///< find the list that the step goes through: answer with `expanded` or `step_failed`
  };
  kind what;
  std::uint32_t step = 0;
  std::uint32_t attempt = 0;
  bool hung = false;
  friend bool operator==(const plan_action&, const plan_action&) = default;
};

/// Interprets a plan: the largest of the policies. It is fed with events and says what to do next;
/// it has no clock, no randomness and no I/O of its own, so that resuming, replaying and simulating
/// a task are the same code run again on the same events. All later patterns are further operators
/// here, never a second interpreter.
///
/// Every `call`, `delegate` and `ask` is answered by an event or taken back by a `stop` before
/// `finish`; there is exactly one `finish`. An `expand` whose map is not wanted any more may be
/// left alone. Whatever is applied, in whatever order, only what fits changes anything.
///
/// The items of a `map` and the rounds of a `loop` or `judge` get steps of their own when they
/// begin, behind those of the plan (`step_table`): `node`, `name`, `parent` and `children` know
/// them all, `how().steps` only the first.
///
/// When a `compensate` fails, is cancelled or runs out of time, the steps below it that are done
/// and say how they are undone are undone, the last one first, each once. Nothing takes that away:
/// it goes on when the task's deadline passes or somebody cancels, bounded by the undo steps' own
/// limits, and `finish` waits for it. The group itself waits too unless those around it have ended.
/// What came of it stands in `data.undone`, `data.not_undone` and `data.uncertain` of the outcome
/// of the group and of the whole: names of steps, the second with reasons, the third for steps that
/// were stopped or lost while they worked, or failed and may have acted, so that nobody here knows
/// what they did. What cannot be undone goes to the plan's `human_queue`, if it has one.
///
/// An attempt that failed although its agent may have acted outside is settled first: an agent that
/// takes keys is called again with the same one, one that can be asked by key is asked (an attempt
/// like others, with `querying`), of all else a person says whether it happened. `reconciled` is
/// the word of whoever knows: it ends the step with what happened, at whatever point of all this; a
/// failed outcome says that it did not happen, and the failure is treated like any other. While
/// nobody knows, nobody else acts. After a person who denies it, `if_denied` says what is next: a
/// reason that leads to no other rung is no reason to give up what nobody has done.
///
/// `step_completed` with a failed outcome says of such an agent that it has acted, and that what it
/// says of it cannot stand: the failure is treated like any other, but nobody acts in its place
/// unless keys make that harmless. A step that fails so is undone like one that is done.
///
/// A sub-task that failed and has acted outside, as its outcome says (`acted`), is not done by
/// somebody else as well: instead of an agent on its ladder a person is asked, whose word ends the
/// step. Of one that only may have acted that person says whether it has; if not, the ladder goes
/// on. The same holds when its time was up and `time_up` brings such an outcome.
///
/// A sub-task that waits for a person holds up its parent as well: `asked` for a step that has been
/// delegated stops the task's clock, `delegated` for the same attempt starts it again. The clock of
/// a firm deadline is never stopped.
///
/// Lives on the stack of its caller's thread; not thread safe.
class plan_run {
 public:
  struct step_state {
    step_status status = step_status::idle;
    std::uint32_t attempt = 0; ///< number of the current or last attempt, over all rungs
    std::uint32_t retries = 0; ///< retries on this rung
    std::uint32_t rung = 0;    ///< 0: as planned; n: `fallback[n - 1]`
    bool repeatable = true;    ///< of the current attempt
    timestamp due =
        no_deadline; ///< running: deadline of the attempt; waiting: when the next attempt starts
    std::vector<std::string> tried;  ///< agents that failed
    bool asking = false;             ///< a person has been asked and has not answered
    bool by_hand = false;            ///< the failure table has handed the step to a person
    std::string asked_because;       ///< what made a person necessary, in words for that person
    std::string stay;                ///< the only agent that the next attempt may go to
    std::string agent;               ///< who has, or had, the attempt
    effects does = effects::none;    ///< of that agent
    bool querying = false;           ///< its agent is asked what a failed attempt has done
    std::uint32_t queries = 0;       ///< questions that were not answered
    std::uint32_t interruptions = 0; ///< attempts that ended with the node they ran on
    bool excused =
        false; ///< what is unsettled was interrupted, and counts as no attempt of its own
    /// Why the last attempt failed of which nobody knows whether it acted; null: there is none.
    std::shared_ptr<const failure> unsettled;
    /// What an agent is known to have done here, though its word of it was refused, or a sub-task
    /// that has failed; null: nothing.
    outcome_ptr acted;
    bool below = false;              ///< both: it is a sub-task
    outcome_ptr result;              ///< done, failed, cancelled
    std::uint32_t children_done = 0; ///< of a composite step
    std::uint32_t children_failed = 0;
    /// It has done what could be undone, and is not undone so far: its place in time.
    std::uint32_t order = 0;
  };

  /// What is next when a person says of an attempt in doubt that nothing has happened.
  enum class denial : std::uint8_t {
    again,     ///< the step is tried again
    otherwise, ///< the next rung has its turn, or a person in its place
    fails,     ///< nothing is left: the step fails
  };

  /// What the current rung of a step asks for.
  struct target {
    plan_op op; ///< call, domain or human
    std::string_view skill;
    std::string_view agent;  ///< call: only this one
    std::string_view domain; ///< domain: its path
    std::string_view queue;  ///< human
  };

  /// A run of `how` that may last until `deadline`, which must be finite. `firm`: no longer while
  /// people are asked either.
  plan_run(plan_ptr how, timestamp deadline, bool firm = false);
  /// As long as the task may.
  plan_run(plan_ptr how, const task& whose);

  /// Starts the root. Only the first call does anything.
  void start(timestamp now, std::vector<plan_action>& todo);

  /// Applies what happened. False means: it came too late or does not fit, and nothing has changed.
  ///
  /// `assigned`, `delegated` and `asked` may come again for an attempt that is running: a resumed
  /// task hands out again what was open.
  bool apply(const event& e, std::vector<plan_action>& todo);

  [[nodiscard]] bool ended() const noexcept { return ended_; }
  /// Requires `ended()`.
  [[nodiscard]] const outcome_ptr& result() const noexcept { return steps_[0].result; }

  /// When `time_up` or `retry_due` is next to be applied, and what exactly. Nothing is due after
  /// `ended()`.
  [[nodiscard]] timestamp next_timer() const noexcept;
  /// The event that `next_timer()` stands for, with `at` = `now` and without dice.
  [[nodiscard]] event timer_event(timestamp now) const;

  [[nodiscard]] const plan& how() const noexcept { return *how_; }
  /// How many steps there are by now: those of the plan and the copies for items and rounds.
  [[nodiscard]] std::uint32_t size() const noexcept { return table_.size(); }
  [[nodiscard]] const plan_node& node(std::uint32_t i) const noexcept { return table_.node(i); }
  [[nodiscard]] const step_table& table() const noexcept { return table_; }
  [[nodiscard]] const step_state& step(std::uint32_t i) const noexcept { return steps_[i]; }
  [[nodiscard]] target target_of(std::uint32_t i) const noexcept;
  /// What comes of `step`, whose person is asked what an attempt has done, if that person denies
  /// it.
  [[nodiscard]] denial if_denied(std::uint32_t step) const noexcept;
  /// The deadline for an attempt of `step` that starts now. What a person may take is not bounded
  /// by the task's deadline; one that is firm ends the whole.
  [[nodiscard]] timestamp deadline_for(std::uint32_t step, timestamp now) const noexcept;
  /// The results that `step` builds on: for every sequence it stands in, the step before it, and
  /// for every loop and judge the round before, by name. Null if none.
  [[nodiscard]] json previous_of(std::uint32_t step) const;
  /// What `step` is given besides its own input, null or an object: `previous`; in a map `item` and
  /// `index` (of the innermost); in a loop or judge `round`, from 1; where it judges, `candidate`;
  /// what is done again because of a judgement, `feedback`; what undoes a step, `undo_of`. Nothing
  /// of it has a `context`: what steps set there is given to those that may read it.
  [[nodiscard]] json given_to(std::uint32_t step) const;
  /// The members of the request that are lists of which `step` is given an item: it gets `item` in
  /// their place, or every item would cost as much as the whole list.
  [[nodiscard]] std::vector<std::string> lists_above(std::uint32_t step) const;
  [[nodiscard]] task_phase phase() const noexcept;
  /// A person has to say something before the task can go on.
  [[nodiscard]] bool waits_for_human() const noexcept { return asking_ > 0; }
  /// The deadline of the whole, as far as it is known: unless it is firm, it moves on by the time
  /// that was spent waiting for people.
  [[nodiscard]] timestamp deadline() const noexcept { return deadline_; }
  [[nodiscard]] bool firm() const noexcept { return firm_; }
  /// The actions that are still open, as a resumed task needs them: everything wanted or running is
  /// asked for again, with the attempt it had.
  void open_actions(std::vector<plan_action>& todo) const;

  /// So many attempts of a step may end with their node before that is held against the step.
  static constexpr std::uint32_t most_interruptions = 8;
  /// What a person may take when the plan does not say it. The queue's own limit is kept where the
  /// questions are; this one only ends what nobody else would end.
  static constexpr milliseconds human_timeout = std::chrono::hours{24 * 366};

 private:
  using kind = plan_action::kind;
  using actions = std::vector<plan_action>;

  /// What a `compensate` that has failed still undoes.
  struct undoing {
    std::uint32_t group = 0;
    bool waited = false;                ///< the group has not ended: this ends it
    outcome x;                          ///< of the group
    std::vector<std::uint32_t> pending; ///< steps that were done, the one to undo next at the back
    std::vector<std::uint32_t> running; ///< undo steps
    json undone = json::array();
    json not_undone = json::array();
  };

  [[nodiscard]] const plan_node& at(std::uint32_t i) const noexcept { return table_.node(i); }
  [[nodiscard]] timestamp whole_deadline(timestamp now) const noexcept;
  /// When the whole is to be ended as things stand.
  [[nodiscard]] timestamp whole_due() const noexcept;
  /// What an attempt of `i` may take by the limits of the whole.
  [[nodiscard]] timestamp limit_of(std::uint32_t i, timestamp now) const noexcept;
  [[nodiscard]] bool root_is_over() const noexcept;
  void set_status(std::uint32_t i, step_status to) noexcept;

  // Going down: plan_run.cpp.
  void begin(std::uint32_t i, actions& todo);
  void begin_leaf(std::uint32_t i, actions& todo);
  void attempt(std::uint32_t i, actions& todo);
  void start_queued(actions& todo);

  // Going up: plan_run.cpp.
  void leave(std::uint32_t i);
  void finish_step(std::uint32_t i, outcome_ptr x, actions& todo);
  void end_group(std::uint32_t i, outcome x, actions& todo);
  void child_ended(std::uint32_t parent, std::uint32_t child, actions& todo);
  void quorum_child_ended(std::uint32_t i, std::uint32_t child, actions& todo);
  void go_on(std::uint32_t sequence, std::uint32_t after, actions& todo);
  [[nodiscard]] bool pass_gate(std::uint32_t gate, const outcome_ptr& before);
  void fail_group(std::uint32_t i, const failure& f, actions& todo);
  [[nodiscard]] outcome join_children(std::uint32_t i) const;

  // One answer of several: plan_synthesis.cpp.
  /// The step that makes one answer of what the others of the group said; 0: there is none.
  [[nodiscard]] std::uint32_t synthesiser(std::uint32_t group) const noexcept;
  [[nodiscard]] std::vector<contribution> contributions(std::uint32_t group) const;
  void synthesise(std::uint32_t group, actions& todo);
  void synthesis_ended(std::uint32_t group, actions& todo);

  void end_run(actions& todo);

  // Items and rounds: plan_expand.cpp.
  bool begin_copy(std::uint32_t group, std::size_t which, std::uint32_t number, actions& todo);
  bool apply_to_map(const event& e, actions& todo);
  void next_items(std::uint32_t map, actions& todo);
  void next_round(std::uint32_t group, actions& todo);
  void map_child_ended(std::uint32_t map, actions& todo);
  void loop_child_ended(std::uint32_t loop, std::uint32_t child, actions& todo);
  void judge_child_ended(std::uint32_t judge, std::uint32_t child, actions& todo);
  [[nodiscard]] const json& list_of(std::uint32_t map) const;
  [[nodiscard]] outcome join_items(std::uint32_t map) const;
  [[nodiscard]] outcome last_round(std::uint32_t group) const;
  void give_rounds(std::uint32_t child, std::uint32_t group, json& out) const;

  // Taking back: plan_undo.cpp.
  void take_back(std::uint32_t group, outcome x, bool waited, actions& todo);
  void collect_done(std::uint32_t i, std::vector<std::uint32_t>& out);
  void go_back(std::size_t job, actions& todo);
  void undo_ended(std::uint32_t undo, actions& todo);
  /// `i` ends: what it has done, or may have done, is remembered.
  void remember_deed(std::uint32_t i, bool done, bool lost);
  [[nodiscard]] std::size_t undoing_of(std::uint32_t group) const noexcept;

  // Giving up: plan_close.cpp.
  void stop_leaf(std::uint32_t i, actions& todo);
  void cancel_below(std::uint32_t i, actions& todo);
  void cancel_group(std::uint32_t i, actions& todo);
  void close_out(std::uint32_t i, const failure& f, actions& todo);
  [[nodiscard]] outcome closing(std::uint32_t i, const failure& f) const;

  // Events: plan_apply.cpp.
  bool apply_to_leaf(const event& e, actions& todo);
  bool taken_up(const event& e);
  void group_time_up(std::uint32_t i, actions& todo);
  void arm(std::uint32_t i, timestamp due);
  void disarm(std::uint32_t i);
  void set_asking(std::uint32_t i, bool on);

  // After a failure: plan_remedy.cpp.
  /// `excused`: the failure is not held against the agent, nor counted as a try.
  void fail_attempt(const failure& f, outcome_ptr given, const event& e, actions& todo,
                    bool excused = false);
  void count_failed_agent(std::string_view agent, reason why);
  bool hand_to_person(std::uint32_t i, std::string why, actions& todo);

  // Settling what an attempt has done: plan_settle.cpp.
  bool begin_query(const failure& f, const event& e, actions& todo, bool excused);
  bool query_failed(const failure& f, const event& e, actions& todo);
  void not_happened(const event& e, actions& todo);
  /// A person says that it has not happened.
  void denied(const event& e, actions& todo);
  /// Nobody doubts any more what the step has done: nothing.
  void clear_doubt(std::uint32_t i);
  /// It has acted, and what it says of it was refused.
  void acted_badly(const outcome_ptr& x, const event& e, actions& todo);
  /// A sub-task ends without success, and has left something behind, or may have. `given`: it says
  /// so itself.
  void sub_task_acted(const outcome_ptr& x, bool given, const event& e, actions& todo);
  bool reconcile(const event& e, actions& todo);

  plan_ptr how_;
  timestamp deadline_;
  bool firm_;
  step_table table_;
  std::vector<step_state> steps_;                        ///< grows with `table_`, which moves them
  std::unordered_map<std::uint32_t, outcome_ptr> lists_; ///< by map: what it goes through
  std::vector<undoing> undoing_;           ///< of groups that failed and are not through with it
  std::vector<std::string> failed_agents_; ///< at most `max_failed_agents` of the plan
  json undone_;                      ///< what came of all of them, as it stands in the outcome
  std::vector<std::uint32_t> timed_; ///< steps with a finite `due`; as many as run at the same time
  std::vector<std::uint32_t> queued_; ///< leaves that wait for a place, first come first served
  std::size_t queued_from_ = 0;       ///< the first of them that has not had its turn
  std::uint32_t active_ = 0;          ///< leaves that are wanted, running or waiting
  std::uint32_t wanted_ = 0;          ///< steps that are wanted
  std::uint32_t asking_ = 0;          ///< leaves that wait for a person
  std::uint32_t done_so_far_ = 0;     ///< counts `step_state::order`
  timestamp asking_since_{};
  timestamp now_{};                ///< of the event that is being applied; never runs backwards
  bool inside_taken_back_ = false; ///< a `compensate` around what is being closed undoes all of it
  bool started_ = false;
  bool ended_ = false;
};

} // namespace troupe
