#pragma once

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
/// `finish`; there is exactly one `finish`. Whatever is applied, in whatever order, only what fits
/// changes anything.
///
/// An attempt that failed although its agent may have acted outside is settled first: an agent that
/// takes keys is called again with the same one, one that can be asked by key is asked (an attempt
/// like others, with `querying`), of all else a person says whether it happened. `reconciled` is
/// the word of whoever knows: it ends the step with what happened, at whatever point of all this; a
/// failed outcome says that it did not happen, and the failure is treated like any other. So does
/// a person who denies it. While nobody knows, nobody else acts.
///
/// A sub-task that waits for a person holds up its parent as well: `asked` for a step that has been
/// delegated stops the task's clock, `delegated` for the same attempt starts it again.
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
    std::vector<std::string> tried; ///< agents that failed
    bool asking = false;            ///< a person has been asked and has not answered
    bool by_hand = false;           ///< the failure table has handed the step to a person
    std::string asked_because;      ///< what made a person necessary, in words for that person
    std::string stay;               ///< the only agent that the next attempt may go to
    std::string agent;              ///< who has, or had, the attempt
    effects does = effects::none;   ///< of that agent
    bool querying = false;          ///< its agent is asked what a failed attempt has done
    std::uint32_t queries = 0;      ///< questions that were not answered
    /// Why the last attempt failed of which nobody knows whether it acted; null: there is none.
    std::shared_ptr<const failure> unsettled;
    outcome_ptr result;              ///< done, failed, cancelled
    std::uint32_t children_done = 0; ///< of a composite step
    std::uint32_t children_failed = 0;
  };

  /// What the current rung of a step asks for.
  struct target {
    plan_op op; ///< call, domain or human
    std::string_view skill;
    std::string_view agent;  ///< call: only this one
    std::string_view domain; ///< domain: its path
    std::string_view queue;  ///< human
  };

  /// A run of `how` that may last until `deadline`, which must be finite.
  plan_run(plan_ptr how, timestamp deadline);

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
  [[nodiscard]] const step_state& step(std::uint32_t i) const noexcept { return steps_[i]; }
  [[nodiscard]] target target_of(std::uint32_t i) const noexcept;
  /// The deadline for an attempt of `step` that starts now. What a person may take is not bounded
  /// by the task's deadline.
  [[nodiscard]] timestamp deadline_for(std::uint32_t step, timestamp now) const noexcept;
  /// The results that `step` builds on: for every sequence it stands in, the step before it, by
  /// name. Null if none.
  [[nodiscard]] json previous_of(std::uint32_t step) const;
  [[nodiscard]] task_phase phase() const noexcept;
  /// A person has to say something before the task can go on.
  [[nodiscard]] bool waits_for_human() const noexcept { return asking_ > 0; }
  /// The deadline of the whole, as far as it is known: it moves on by the time that was spent
  /// waiting for people.
  [[nodiscard]] timestamp deadline() const noexcept { return deadline_; }
  /// The actions that are still open, as a resumed task needs them: everything wanted or running is
  /// asked for again, with the attempt it had.
  void open_actions(std::vector<plan_action>& todo) const;

  /// What a person may take when the plan does not say it. The queue's own limit is kept where the
  /// questions are; this one only ends what nobody else would end.
  static constexpr milliseconds human_timeout = std::chrono::hours{24 * 366};

 private:
  using kind = plan_action::kind;
  using actions = std::vector<plan_action>;

  [[nodiscard]] const plan::step& at(std::uint32_t i) const noexcept { return how_->steps[i]; }
  [[nodiscard]] timestamp whole_deadline(timestamp now) const noexcept;

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
  void go_on(std::uint32_t sequence, std::uint32_t after, actions& todo);
  [[nodiscard]] bool pass_gate(std::uint32_t gate, const outcome_ptr& before);
  void fail_sequence(std::uint32_t i, const failure& f, actions& todo);
  [[nodiscard]] outcome join_children(std::uint32_t i) const;

  // Giving up: plan_close.cpp.
  void stop_leaf(std::uint32_t i, actions& todo);
  void cancel_below(std::uint32_t i, actions& todo);
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
  void fail_attempt(const failure& f, outcome_ptr given, const event& e, actions& todo);
  void count_failed_agent(std::string_view agent, reason why);
  bool hand_to_person(std::uint32_t i, std::string why, actions& todo);

  // Settling what an attempt has done: plan_settle.cpp.
  bool begin_query(const failure& f, const event& e, actions& todo);
  bool query_failed(const failure& f, const event& e, actions& todo);
  void not_happened(const event& e, actions& todo);
  bool reconcile(const event& e, actions& todo);

  plan_ptr how_;
  timestamp deadline_;
  std::vector<step_state> steps_;
  std::vector<std::string> failed_agents_; ///< at most `max_failed_agents` of the plan
  std::vector<std::uint32_t> timed_; ///< steps with a finite `due`; as many as run at the same time
  std::vector<std::uint32_t> queued_; ///< leaves that wait for a place, first come first served
  std::size_t queued_from_ = 0;       ///< the first of them that has not had its turn
  std::uint32_t active_ = 0;          ///< leaves that are wanted, running or waiting
  std::uint32_t asking_ = 0;          ///< leaves that wait for a person
  timestamp asking_since_{};
  timestamp now_{}; ///< of the event that is being applied; never runs backwards
  bool started_ = false;
  bool ended_ = false;
};

} // namespace troupe
