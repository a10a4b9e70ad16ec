#include "policies/deadline.hpp"
#include "policies/plan_ops.hpp"
#include "policies/plan_run.hpp"

#include <algorithm>
#include <utility>

namespace troupe {

// -- clocks -------------------------------------------------------------------

void plan_run::arm(std::uint32_t i, timestamp due) {
  if (steps_[i].due == no_deadline && due != no_deadline)
    timed_.push_back(i);
  steps_[i].due = due;
}

void plan_run::disarm(std::uint32_t i) {
  if (steps_[i].due == no_deadline)
    return;
  steps_[i].due = no_deadline;
  const auto hit = std::find(timed_.begin(), timed_.end(), i);
  *hit = timed_.back();
  timed_.pop_back();
}

void plan_run::set_asking(std::uint32_t i, bool on) {
  auto& s = steps_[i];
  if (s.asking == on)
    return;
  s.asking = on;
  if (on && asking_++ == 0)
    asking_since_ = now_;
  if (!on && --asking_ == 0 && !firm_)
    deadline_ = later(deadline_, std::chrono::ceil<milliseconds>(now_ - asking_since_));
}

// -- events -------------------------------------------------------------------

bool plan_run::apply(const event& e, actions& todo) {
  if (ended_)
    return false;
  if (e.kind == event_kind::cancel_wanted ||
      (e.kind == event_kind::time_up && e.step == whole_task)) {
    if (root_is_over())
      return false; // Only what is undone goes on.
    now_ = std::max(now_, e.at);
    const bool cancelled = e.kind == event_kind::cancel_wanted;
    const auto* why = e.get<std::string>();
    const std::string detail = why         ? *why
                               : cancelled ? "somebody cancelled the task"
                                           : "the task's deadline passed";
    close_out(0, {cancelled ? reason::cancelled : reason::timeout, detail, {}}, todo);
    end_run(todo);
    start_queued(todo); // What is to be undone may have waited for a place.
    return true;
  }
  if (e.step >= steps_.size() || e.attempt != steps_[e.step].attempt)
    return false;
  if (is_leaf(at(e.step).op))
    return apply_to_leaf(e, todo);
  if (e.kind != event_kind::time_up)
    return at(e.step).op == plan_op::map && apply_to_map(e, todo);
  const auto status = steps_[e.step].status;
  // A group that undoes has no limit of its own any more.
  if ((status != step_status::running && status != step_status::wanted) ||
      undoing_of(e.step) < undoing_.size())
    return false;
  now_ = std::max(now_, e.at);
  group_time_up(e.step, todo);
  return true;
}

void plan_run::group_time_up(std::uint32_t i, actions& todo) {
  close_out(i, {reason::timeout, "step " + table_.name(i) + " took longer than it may", {}}, todo);
  if (const auto job = undoing_of(i); job < undoing_.size()) {
    // Those around it have time left: they go on when everything is undone.
    undoing_[job].waited = true;
    set_status(i, step_status::running);
    steps_[i].result = nullptr;
  } else if (i == 0) {
    end_run(todo);
  } else {
    child_ended(table_.parent(i), i, todo);
  }
  start_queued(todo);
}

bool plan_run::apply_to_leaf(const event& e, actions& todo) {
  const auto i = e.step;
  auto& s = steps_[i];
  const bool running = s.status == step_status::running;
  const bool wanted = s.status == step_status::wanted;
  const auto before = std::exchange(now_, std::max(now_, e.at));
  const auto no_fit = [&] {
    now_ = before;
    return false;
  };
  switch (e.kind) {
  case event_kind::assigned:
  case event_kind::delegated:
  case event_kind::asked:
    return taken_up(e) || no_fit();
  case event_kind::unroutable: {
    if (!wanted)
      return no_fit();
    const auto* r = e.get<route>();
    std::string detail = "nobody could take it";
    if (r) {
      detail = "nobody could take " + (r->skill.empty() ? at(i).name : r->skill);
      if (!r->because.empty())
        detail += " (" + r->because + ")";
    }
    fail_attempt({reason::unavailable, std::move(detail), {}}, nullptr, e, todo);
    return true;
  }
  case event_kind::step_completed:
  case event_kind::answered: {
    const auto* x = std::get_if<outcome_ptr>(&e.body);
    if (!x || !*x)
      return no_fit();
    if (e.kind == event_kind::step_completed && !(*x)->ok() && is_active(s.status) &&
        (s.does != effects::none || s.unsettled)) {
      acted_badly(*x, e, todo);
      return true;
    }
    if (!running)
      return no_fit();
    if ((*x)->ok())
      finish_step(i, *x, todo);
    else if (e.kind == event_kind::step_completed && (*x)->acted != deeds::none &&
             target_of(i).op == plan_op::domain)
      sub_task_acted(*x, true, e, todo);
    else if (s.unsettled && s.asking && (*x)->failed.why == reason::policy_denied)
      denied(e, todo);
    else
      fail_attempt((*x)->failed, *x, e, todo);
    return true;
  }
  case event_kind::reconciled:
    return reconcile(e, todo) || no_fit();
  case event_kind::step_failed: {
    if (!running && !wanted)
      return no_fit();
    const auto* f = e.get<failure>();
    const bool told = f && f->why != reason::none;
    fail_attempt(told ? *f : failure{reason::crash, "it failed and did not say why", {}}, nullptr,
                 e, todo);
    return true;
  }
  case event_kind::interrupted: {
    const auto* f = e.get<failure>();
    if (!running || !f)
      return no_fit();
    // A step that ends every node which takes it up has to end some time.
    fail_attempt(*f, nullptr, e, todo, ++s.interruptions <= most_interruptions);
    return true;
  }
  case event_kind::retry_due:
    if (s.status != step_status::waiting)
      return no_fit();
    disarm(i);
    attempt(i, todo);
    return true;
  case event_kind::time_up: {
    if (!running)
      return no_fit();
    const auto op = target_of(i).op;
    todo.push_back({kind::stop, i, s.attempt, op == plan_op::call});
    const char* detail =
        op == plan_op::human ? "nobody answered in time" : "no answer before the deadline";
    const auto* x = std::get_if<outcome_ptr>(&e.body);
    if (op == plan_op::domain && x && *x && !(*x)->ok() && (*x)->acted != deeds::none) {
      sub_task_acted(*x, false, e, todo);
      return true;
    }
    fail_attempt({reason::timeout, detail, {}}, nullptr, e, todo);
    return true;
  }
  default:
    return no_fit();
  }
}

bool plan_run::taken_up(const event& e) {
  const auto i = e.step;
  auto& s = steps_[i];
  const auto op = target_of(i).op;
  const bool running = s.status == step_status::running;
  if (!running && s.status != step_status::wanted)
    return false;
  switch (e.kind) {
  case event_kind::assigned:
    if (op != plan_op::call)
      return false;
    // It is given out again after a restart: what the first one came to nobody knows, and what the
    // second one says that it did not do says nothing of the first.
    if (running && s.does != effects::none && !s.querying && !s.unsettled)
      s.unsettled = std::make_shared<const failure>(
          failure{reason::crash, "it was handed out again while " + s.agent + " had it", {}});
    if (const auto* r = e.get<route>()) {
      s.agent = r->agent;
      s.repeatable = r->repeatable;
      s.does = r->does;
    }
    break;
  case event_kind::delegated:
    if (op != plan_op::domain)
      return false;
    set_asking(i, false);
    break;
  case event_kind::asked:
    // A sub-task can only wait for a person once it has been delegated, and an agent can only hand
    // over what it has been given.
    if (op != plan_op::human && !running)
      return false;
    // Whoever has been asked already keeps the time that was set then.
    if (s.asking)
      return true;
    set_asking(i, true);
    break;
  default:
    return false;
  }
  set_status(i, step_status::running);
  arm(i, deadline_for(i, now_));
  return true;
}

} // namespace troupe
