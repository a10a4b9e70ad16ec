#pragma once

#include "actors/effect_book.hpp"
#include "actors/fleet_version.hpp"
#include "policies/plan_run.hpp"
#include "policies/shared_state.hpp"

#include <troupe/event.hpp>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace troupe {

struct domain_view;

/// Something an orchestrator does for a task once the events that decided it are stored.
struct effect {
  enum class kind : std::uint8_t { accept, start, call, delegate, ask, settle, end };
  kind what;
  std::uint64_t after = 0; ///< number of the journal batch that has to be on disk before
  std::uint32_t step = 0;
  std::uint32_t attempt = 0;
  seat_ptr to;
  std::uint8_t probe = 0; ///< call: what it is a probe of, as `dispatcher` says
  bool again = false;     ///< call: whoever sits there works on it already
  bool over = false;      ///< call, ask: what it asks about is under way nowhere any more
};

/// A task that an orchestrator is working on: the interpreter, the history that it is fed with, and
/// who wants to know. Owned by the orchestrator.
struct live_task {
  struct watcher {
    caf::actor who;
    bool progress = false;
    bool confirm = false; ///< hears of the task's acceptance
  };

  task_ptr what;
  task_ptr shown;            ///< `what` as agents see it, once one was asked; null: never
  domain_view* by = nullptr; ///< the version of the domain that it is worked on by
  version_hold use;
  bool marked = false; ///< the store knows that a task of its version is open
  std::uint32_t slot = 0;
  std::uint32_t generation = 0; ///< of the slot
  std::size_t bytes = 0;        ///< as `body_size` says
  task_state state = task_state::submitted;
  bool triage = false;   ///< `run` is the understanding of the task, not its plan
  bool accepted = false; ///< whoever has asked for it may know: it is stored, if it is to be
  bool ending = false;   ///< its end is on the way to the journal
  bool unstored = false; ///< whoever asked for it was told that it was not stored in time
  bool recovered = false;
  plan_ptr how;
  std::optional<plan_run> run;
  std::vector<event> history;
  std::uint32_t stored = 0; ///< how many events of `history` have been handed to the journal
  std::vector<effect> held;
  effect_book ledger; ///< of its agents that act outside
  bool plan_kept =
      false; ///< `durability::task`: the plan is stored, because something was done by it
  /// `durability::task`: its plan takes back what it does, or does at once what sets fields of the
  /// context and is not repeated. A second run from the start could neither know what the first one
  /// had taken back, nor take back what it does not come to itself, nor merge answers of the first
  /// one. So its steps are stored like those of `durability::step`.
  bool steps_kept = false;
  [[nodiscard]] bool goes_on_by_step() const noexcept {
    return what->keep == durability::step || steps_kept;
  }
  std::vector<watcher> watchers;
  /// A human desk of another node that sent an answer which has been taken, and hears of it when
  /// that is stored.
  struct other_desk {
    std::uint32_t step = 0;
    std::uint32_t attempt = 0;
    caf::actor who;
  };
  std::vector<other_desk> other_desks;
  /// Who asked for it again by its idempotency key before it was stored, and under which id.
  std::vector<std::pair<caf::actor, std::string>> asked_again;
  json context;
  shared_state shared; ///< which versions of `context` its steps have seen
  outcome_ptr understood;
  outcome_ptr result;

  /// Ready for another task, with the memory of the one before.
  void reset(std::uint32_t new_generation) {
    generation = new_generation;
    what = shown = nullptr;
    by = nullptr;
    use = {};
    marked = false;
    bytes = 0;
    state = task_state::submitted;
    triage = accepted = ending = unstored = recovered = false;
    how = nullptr;
    run.reset();
    history.clear();
    stored = 0;
    held.clear();
    ledger.clear();
    plan_kept = steps_kept = false;
    watchers.clear();
    asked_again.clear();
    other_desks.clear();
    context = nullptr;
    shared = {};
    understood = nullptr;
    result = nullptr;
  }

  /// The task as agents see it: what the request brought for the context comes to them scoped. Only
  /// a task that brought something has a copy, and only one.
  [[nodiscard]] const task_ptr& for_agents() {
    if (!what->data.is_object() || !what->data.contains("context"))
      return what;
    if (!shown) {
      auto out = std::make_shared<task>(*what);
      out->data.erase("context");
      shown = std::move(out);
    }
    return shown;
  }

  /// An agent has this attempt, and what comes of it is waited for.
  [[nodiscard]] bool works_on(std::uint32_t step, std::uint32_t attempt) const {
    if (ending || !run || step >= run->size())
      return false;
    const auto& now = run->step(step);
    return now.status == step_status::running && now.attempt == attempt && !now.asking;
  }

  /// `from` hears of the task from now on, once, however often it asks.
  watcher& add_watcher(const caf::actor& from, bool progress) {
    auto known = std::find_if(watchers.begin(), watchers.end(),
                              [&](const watcher& w) { return w.who == from; });
    if (known == watchers.end())
      return watchers.emplace_back(watcher{from, progress});
    known->progress = known->progress || progress;
    return *known;
  }

  [[nodiscard]] task_phase phase() const noexcept {
    if (ending)
      return task_phase::synthesising;
    if (triage || !run)
      return task_phase::planning;
    return run->phase();
  }

  /// What others may see. An end that is on the way to the journal is none yet: it may still be
  /// lost, and another one take its place.
  [[nodiscard]] task_record_ptr record() const {
    auto out = record_from(0);
    if (ending) {
      out->state = task_state::working;
      out->phase = phase();
      out->result = nullptr;
      if (!out->history.empty() && out->history.back().kind == event_kind::finished)
        out->history.pop_back();
    }
    return out;
  }
  /// With the newest event alone, and the end, if there is one.
  [[nodiscard]] task_record_ptr news() const {
    return record_from(history.empty() ? 0 : history.size() - 1);
  }

 private:
  [[nodiscard]] std::shared_ptr<task_record> record_from(std::size_t first) const {
    auto out = std::make_shared<task_record>();
    out->what = what;
    out->state = state;
    out->phase = is_final(state) ? task_phase::ended : phase();
    out->how = how;
    out->history.assign(history.begin() + static_cast<std::ptrdiff_t>(first), history.end());
    out->before = first;
    out->result = result;
    if (run && run->deadline() != what->deadline)
      out->moved_deadline = run->deadline();
    out->updated = history.empty() ? what->created : history.back().at;
    return out;
  }
};

} // namespace troupe
