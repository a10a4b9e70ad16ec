#include "nodes/doors/history.hpp"

#include "policies/plan_ops.hpp"

#include <algorithm>

namespace troupe {

namespace {

constexpr std::size_t shown_max = 20; ///< items or rounds, and as many again that failed

bool begins(event_kind k) noexcept {
  return k == event_kind::assigned || k == event_kind::unroutable || k == event_kind::delegated ||
         k == event_kind::asked;
}

bool ends(event_kind k) noexcept {
  return k == event_kind::step_completed || k == event_kind::step_failed ||
         k == event_kind::interrupted || k == event_kind::answered || k == event_kind::time_up ||
         k == event_kind::unroutable || k == event_kind::understood || k == event_kind::reconciled;
}

void begin(std::vector<attempt_seen>& all, const event& e) {
  attempt_seen a;
  a.attempt = e.attempt;
  a.began_as = e.kind;
  a.started = e.at;
  if (const auto* r = std::get_if<route_ptr>(&e.body))
    a.how = *r;
  if (const auto* text = e.get<std::string>())
    a.detail = *text;
  all.push_back(std::move(a));
}

void end(attempt_seen& a, const event& e) {
  a.ended = e.at;
  if (const auto* x = std::get_if<outcome_ptr>(&e.body); x && *x) {
    a.given = *x;
    a.failed = (*x)->failed;
  } else if (const auto* f = e.get<failure>()) {
    a.failed = *f;
  } else if (e.kind == event_kind::time_up) {
    a.failed = {reason::timeout,
                a.began_as == event_kind::asked ? "nobody answered in time"
                                                : "no answer before the deadline",
                {}};
  } else if (e.kind == event_kind::unroutable) {
    a.failed = {reason::unavailable, "nobody could take it", {}};
  }
}

attempt_seen* current(std::vector<attempt_seen>& all, std::uint32_t attempt) noexcept {
  return all.empty() || all.back().attempt != attempt || all.back().over() ? nullptr : &all.back();
}

/// What becomes of an attempt that has begun and is none of its own: its agent hands it over to a
/// person, its sub-task begins or ends to wait for one, or a resumed run says the same again.
bool goes_on(std::vector<attempt_seen>& all, const event& e) {
  auto* a = current(all, e.attempt);
  if (!a || (e.kind != event_kind::asked && e.kind != event_kind::delegated))
    return false;
  if (a->began_as == event_kind::delegated) {
    a->asks = e.kind == event_kind::asked;
    return true;
  }
  if (e.kind != event_kind::asked)
    return false;
  a->began_as = event_kind::asked;
  if (const auto* text = e.get<std::string>())
    a->detail = *text;
  return true;
}

void read_triage(history_seen& out, const event& e) {
  if (begins(e.kind) && !goes_on(out.triage, e))
    begin(out.triage, e);
  if (!ends(e.kind))
    return;
  if (auto* a = current(out.triage, e.attempt);
      a || (a = out.triage.empty() ? nullptr : &out.triage.back())) {
    if (!a->over() || e.kind == event_kind::understood)
      end(*a, e);
  }
}

/// What the interpreter decided about the attempt that has just ended.
void read_decision(const plan_run& run, std::uint32_t i, const plan_run::step_state& before,
                   attempt_seen& a, timestamp at) {
  const auto& now = run.step(i);
  if (!a.failed)
    return;
  if (now.by_hand && !before.by_hand) {
    a.then = after_failure::ask_human;
    a.asked_because = now.asked_because;
  } else if (now.rung != before.rung) {
    a.then = after_failure::fallback;
    const auto& ladder = run.node(i).fallback;
    a.fallback = now.rung <= ladder.size() ? ladder[now.rung - 1] : "human";
  } else if (now.status == step_status::waiting || now.attempt != before.attempt) {
    a.then = after_failure::retry;
    a.next_at = now.status == step_status::waiting ? now.due : at;
  } else {
    a.then = after_failure::gave_up;
  }
}

void read_step(history_seen& out, plan_run& run, const event& e) {
  std::vector<plan_action> ignored;
  if (e.step >= out.steps.size()) {
    run.apply(e, ignored);
    return;
  }
  if (e.kind == event_kind::noted) {
    if (const auto* text = e.get<std::string>())
      out.steps[e.step].notes.push_back({e.at, *text});
    return;
  }
  const auto before = run.step(e.step);
  if (!run.apply(e, ignored))
    return;
  out.steps.resize(run.size());
  auto& attempts = out.steps[e.step].attempts;
  if (begins(e.kind) && !goes_on(attempts, e)) {
    begin(attempts, e);
    attempts.back().rung = before.rung;
  }
  if (!ends(e.kind))
    return;
  if (auto* a = current(attempts, e.attempt)) {
    end(*a, e);
    read_decision(run, e.step, before, *a, e.at);
  }
}

/// A step begins with the first of its parts and ends with the last; a gate takes no time after the
/// step before it.
void read_times(history_seen& out, const plan_run& run) {
  for (auto i = out.steps.size(); i-- > 0;) {
    auto& s = out.steps[i];
    for (const auto& a : s.attempts) {
      s.started = s.started == timestamp{} ? a.started : std::min(s.started, a.started);
      s.ended = std::max(s.ended, a.ended);
    }
    for (auto c : run.table().children(static_cast<std::uint32_t>(i))) {
      const auto& child = out.steps[c];
      if (child.started != timestamp{})
        s.started = s.started == timestamp{} ? child.started : std::min(s.started, child.started);
      s.ended = std::max(s.ended, child.ended);
    }
    if (s.status != step_status::done && s.status != step_status::failed &&
        s.status != step_status::cancelled)
      s.ended = {};
  }
  for (std::size_t i = 0; i < out.steps.size(); ++i) {
    const auto step = static_cast<std::uint32_t>(i);
    if (run.node(step).op != plan_op::gate || !out.steps[i].result || i == 0)
      continue;
    const auto siblings = run.table().children(run.table().parent(step));
    const auto me = std::lower_bound(siblings.begin(), siblings.end(), step);
    if (me != siblings.begin() && me != siblings.end())
      out.steps[i].started = out.steps[i].ended = out.steps[*(me - 1)].ended;
  }
}

} // namespace

history_seen read_history(const task_record& x) {
  history_seen out;
  std::shared_ptr<plan_run> run;
  for (const auto& e : x.history) {
    if (e.kind == event_kind::understood) {
      out.understood_at = e.at;
      if (const auto* o = std::get_if<outcome_ptr>(&e.body))
        out.understood = *o;
      read_triage(out, e);
    } else if (e.triage) {
      read_triage(out, e);
    } else if (e.kind == event_kind::planned) {
      auto how = x.how;
      if (const auto* p = std::get_if<plan_ptr>(&e.body); p && *p)
        how = *p;
      if (!how || how->steps.empty())
        continue;
      out.planned_at = e.at;
      out.steps.assign(how->steps.size(), {});
      run = std::make_shared<plan_run>(std::move(how), *x.what);
      std::vector<plan_action> ignored;
      run->start(e.at, ignored);
    } else if (run) {
      read_step(out, *run, e);
    }
  }
  // A retry follows where another attempt of the triage does.
  for (std::size_t i = 0; i + 1 < out.triage.size(); ++i) {
    out.triage[i].then = after_failure::retry;
    out.triage[i].next_at = out.triage[i + 1].started;
  }
  if (!run)
    return out;
  out.steps.resize(run->size());
  for (std::uint32_t i = 0; i < out.steps.size(); ++i) {
    out.steps[i].status = run->step(i).status;
    out.steps[i].rung = run->step(i).rung;
    out.steps[i].result = run->step(i).result;
  }
  read_times(out, *run);
  out.run = std::move(run);
  return out;
}

std::vector<std::uint32_t> shown_below(const plan_run& run, std::uint32_t step) {
  std::vector<std::uint32_t> out;
  const auto children = run.table().children(step);
  std::size_t failed = 0;
  for (std::size_t n = 0; n < children.size(); ++n) {
    const bool all = !is_expanding(run.node(step).op) || n < shown_max;
    if (all || (run.step(children[n]).status == step_status::failed && failed++ < shown_max))
      out.push_back(children[n]);
  }
  if (const auto undo = run.table().undo(step);
      undo != 0 && run.step(undo).status != step_status::idle)
    out.push_back(undo);
  return out;
}

json items_view(const plan_run& run, std::uint32_t step) {
  if (!is_expanding(run.node(step).op))
    return {};
  std::size_t done = 0, failed = 0;
  for (auto child : run.table().children(step)) {
    done += run.step(child).status == step_status::done;
    failed += run.step(child).status == step_status::failed;
  }
  return {{"begun", run.table().begun(step)}, {"done", done}, {"failed", failed}};
}

} // namespace troupe
