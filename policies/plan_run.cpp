#include "policies/plan_run.hpp"

#include "policies/aggregate.hpp"
#include "policies/deadline.hpp"
#include "policies/dice.hpp"
#include "policies/failure_table.hpp"
#include "policies/gate.hpp"

#include <algorithm>

namespace troupe {

namespace {

bool is_leaf(plan_op op) noexcept {
  return op == plan_op::call || op == plan_op::domain || op == plan_op::human ||
         op == plan_op::gate;
}

bool is_over(step_status s) noexcept {
  return s == step_status::done || s == step_status::failed || s == step_status::cancelled;
}

bool is_active(step_status s) noexcept {
  return s == step_status::wanted || s == step_status::running || s == step_status::waiting;
}

outcome_ptr failed_with(reason why, std::string detail) {
  return std::make_shared<const outcome>(outcome::of({why, std::move(detail), {}}));
}

} // namespace

plan_run::plan_run(plan_ptr how, timestamp deadline)
    : how_(std::move(how))
    , deadline_(deadline)
    , steps_(how_->steps.size()) {}

void plan_run::start(timestamp now, actions& todo) {
  now_ = now;
  begin(0, now, todo);
}

// -- timers -------------------------------------------------------------------

void plan_run::watch(std::uint32_t i) {
  timed_.push_back(i);
}

void plan_run::unwatch(std::uint32_t i) {
  steps_[i].due = no_deadline;
  if (auto hit = std::find(timed_.begin(), timed_.end(), i); hit != timed_.end()) {
    *hit = timed_.back();
    timed_.pop_back();
  }
}

timestamp plan_run::next_timer() const noexcept {
  if (ended_)
    return no_deadline;
  // The task's own clock stands still while a person is asked; what the person may take is the
  // asking step's `due`.
  auto next = asking_ > 0 ? no_deadline : deadline_;
  for (auto i : timed_)
    next = std::min(next, steps_[i].due);
  return next;
}

event plan_run::timer_event(timestamp now) const {
  event e;
  e.at = now;
  e.kind = event_kind::time_up;
  auto next = asking_ > 0 ? no_deadline : deadline_;
  for (auto i : timed_) {
    if (steps_[i].due < next) {
      next = steps_[i].due;
      e.step = i;
      e.attempt = steps_[i].attempt;
      e.kind =
          steps_[i].status == step_status::waiting ? event_kind::retry_due : event_kind::time_up;
    }
  }
  return e;
}

timestamp plan_run::deadline_for(std::uint32_t i, timestamp now) const noexcept {
  const auto& node = at(i).node;
  if (target_of(i).op == plan_op::human)
    return node.timeout.count() > 0 ? later(now, node.timeout) : later(now, std::chrono::hours{24});
  const auto own = node.timeout.count() > 0 ? node.timeout : how_->step_timeout;
  // A sub-domain has its own limits for its steps; here only the whole counts, unless the plan says
  // otherwise.
  if (at(i).node.op == plan_op::domain && node.timeout.count() == 0)
    return deadline_;
  return inherit(deadline_, now, own);
}

void plan_run::set_asking(std::uint32_t i, bool on) {
  auto& s = steps_[i];
  if (s.asking == on || target_of(i).op != plan_op::human)
    return;
  s.asking = on;
  if (on && asking_++ == 0)
    asking_since_ = now_;
  if (!on && --asking_ == 0)
    deadline_ += now_ - asking_since_;
}

// -- going down ---------------------------------------------------------------

plan_run::target plan_run::target_of(std::uint32_t i) const noexcept {
  const auto& node = at(i).node;
  const auto rung = steps_[i].rung;
  if (rung == 0) {
    switch (node.op) {
    case plan_op::domain:
      return {plan_op::domain, node.skill, {}, node.target, {}};
    case plan_op::human:
      return {plan_op::human, node.skill, {}, {}, node.target};
    default:
      return {plan_op::call, node.skill, node.target, {}, {}};
    }
  }
  const std::string_view rest = node.fallback[rung - 1];
  const auto colon = rest.find(':');
  const auto word = rest.substr(0, colon);
  const auto name = colon == std::string_view::npos ? std::string_view{} : rest.substr(colon + 1);
  if (word == "human")
    return {plan_op::human, node.skill, {}, {}, name};
  if (word == "agent")
    return {plan_op::call, {}, name, {}, {}};
  return {plan_op::call, name, {}, {}, {}};
}

void plan_run::begin(std::uint32_t i, timestamp now, actions& todo) {
  const auto& node = at(i).node;
  if (is_leaf(node.op)) {
    if (node.op == plan_op::gate)
      run_gate(i, now, todo);
    else
      begin_leaf(i, todo);
    return;
  }
  auto& s = steps_[i];
  s.status = step_status::running;
  s.attempt = 1;
  if (node.timeout.count() > 0) {
    s.due = inherit(deadline_, now, node.timeout);
    watch(i);
  }
  if (node.op == plan_op::sequence) {
    begin(at(i).children.front(), now, todo);
    return;
  }
  for (auto child : at(i).children) {
    if (is_over(steps_[i].status))
      return; // An earlier child has ended the whole group already.
    begin(child, now, todo);
  }
}

void plan_run::begin_leaf(std::uint32_t i, actions& todo) {
  if (active_ >= how_->max_parallel) {
    steps_[i].status = step_status::queued;
    queued_.push_back(i);
    return;
  }
  ++active_;
  attempt(i, todo);
}

void plan_run::attempt(std::uint32_t i, actions& todo) {
  auto& s = steps_[i];
  s.status = step_status::wanted;
  s.repeatable = true;
  s.agent.clear();
  ++s.attempt;
  switch (target_of(i).op) {
  case plan_op::domain:
    todo.push_back({kind::delegate, i, s.attempt, false});
    break;
  case plan_op::human:
    todo.push_back({kind::ask, i, s.attempt, false});
    break;
  default:
    todo.push_back({kind::call, i, s.attempt, false});
  }
}

void plan_run::run_gate(std::uint32_t i, timestamp now, actions& todo) {
  const auto& siblings = at(at(i).parent).children;
  const auto me = std::find(siblings.begin(), siblings.end(), i);
  const auto& before = steps_[*(me - 1)].result;
  const auto document = as_document(*before);
  steps_[i].attempt = 1;
  ++active_;
  if (holds(at(i).node.when, document)) {
    // A gate that opens passes on what came to it.
    finish_step(i, before, now, todo);
    return;
  }
  auto why =
      at(i).node.when.pointer == "/confidence" ? reason::low_confidence : reason::policy_denied;
  finish_step(
      i, failed_with(why, "gate " + at(i).node.name + " " + explain(at(i).node.when, document)),
      now, todo);
}

// -- going up -----------------------------------------------------------------

void plan_run::rest(std::uint32_t i) {
  unwatch(i);
  set_asking(i, false);
}

void plan_run::leave(std::uint32_t i) {
  rest(i);
  if (is_leaf(at(i).node.op) && active_ > 0)
    --active_;
}

void plan_run::start_queued(actions& todo) {
  while (!ended_ && !queued_.empty() && active_ < how_->max_parallel) {
    const auto i = queued_.front();
    queued_.erase(queued_.begin());
    if (steps_[i].status == step_status::queued) {
      ++active_;
      attempt(i, todo);
    }
  }
}

void plan_run::finish_step(std::uint32_t i, outcome_ptr x, timestamp now, actions& todo) {
  auto& s = steps_[i];
  leave(i);
  s.status = x->ok() ? step_status::done : step_status::failed;
  s.result = std::move(x);
  if (i == 0) {
    ended_ = true;
    todo.push_back({kind::finish, 0, 0, false});
    return;
  }
  child_ended(at(i).parent, i, now, todo);
  start_queued(todo);
}

outcome plan_run::join_children(std::uint32_t i) const {
  std::vector<contribution> parts;
  for (auto child : at(i).children)
    if (steps_[child].result && at(child).node.op != plan_op::gate &&
        steps_[child].status != step_status::cancelled)
      parts.push_back({at(child).node.name, at(child).node.urgency, steps_[child].result.get()});
  return aggregate(at(i).node.how, parts);
}

void plan_run::child_ended(std::uint32_t i, std::uint32_t child, timestamp now, actions& todo) {
  if (is_over(steps_[i].status))
    return;
  const auto& children = at(i).children;
  const auto& ended = steps_[child];
  const bool ok = ended.status == step_status::done;
  const auto count = [&](step_status s) {
    return std::count_if(children.begin(), children.end(),
                         [&](auto c) { return steps_[c].status == s; });
  };
  const auto finish_with = [&](outcome x) {
    cancel_below(i, reason::cancelled, todo);
    finish_step(i, std::make_shared<const outcome>(std::move(x)), now, todo);
  };
  switch (at(i).node.op) {
  case plan_op::sequence: {
    if (ok && child != children.back()) {
      begin(*(std::find(children.begin(), children.end(), child) + 1), now, todo);
      return;
    }
    auto x = join_children(i);
    if (!ok) {
      // What was done before stays visible, but the line has stopped.
      x.failed = ended.result->failed;
      x.partial = false;
    }
    finish_with(std::move(x));
    return;
  }
  case plan_op::parallel:
    if (static_cast<std::size_t>(count(step_status::done) + count(step_status::failed)) ==
        children.size())
      finish_with(join_children(i));
    return;
  case plan_op::race:
    if (ok)
      finish_with(*ended.result);
    else if (static_cast<std::size_t>(count(step_status::failed)) == children.size())
      finish_with(join_children(i));
    return;
  case plan_op::quorum: {
    const auto needed = at(i).node.needed;
    const auto failed = static_cast<std::size_t>(count(step_status::failed));
    if (count(step_status::done) >= needed) {
      auto x = join_children(i);
      x.partial = false;
      finish_with(std::move(x));
    } else if (children.size() - failed < needed) {
      auto x = join_children(i);
      x.failed = {ended.result->failed.why,
                  "no quorum: " + std::to_string(needed) + " of " +
                      std::to_string(children.size()) + " had to succeed, " +
                      std::to_string(failed) + " failed; last: " + ended.result->failed.detail,
                  {}};
      finish_with(std::move(x));
    }
    return;
  }
  default:
    return;
  }
}

void plan_run::cancel_below(std::uint32_t i, reason why, actions& todo) {
  for (auto child : at(i).children) {
    auto& s = steps_[child];
    if (is_over(s.status))
      continue;
    const bool leaf = is_leaf(at(child).node.op);
    if (s.status == step_status::running && leaf)
      todo.push_back({kind::stop, child, s.attempt, false});
    if (!leaf)
      cancel_below(child, why, todo);
    if (leaf && is_active(s.status))
      leave(child);
    else
      unwatch(child);
    // An action that has been asked for but not answered yet dies with its step: its answer no
    // longer fits.
    s.status = step_status::cancelled;
    s.result = failed_with(why, "no longer needed");
  }
}

void plan_run::close_out(std::uint32_t i, const failure& f, actions& todo) {
  auto& s = steps_[i];
  if (is_over(s.status))
    return;
  if (is_leaf(at(i).node.op)) {
    if (s.status == step_status::running)
      todo.push_back({kind::stop, i, s.attempt, false});
    if (is_active(s.status))
      leave(i);
    s.status = step_status::failed;
    s.result = std::make_shared<const outcome>(outcome::of(f));
    return;
  }
  const bool reached = s.status != step_status::idle;
  for (auto child : at(i).children)
    if (reached &&
        (steps_[child].status != step_status::idle || at(i).node.op != plan_op::sequence))
      close_out(child, f, todo);
  unwatch(i);
  // A fan-out hands over what has arrived; everything else needed all of its parts and has failed.
  auto x = reached ? join_children(i) : outcome::of(f);
  if (at(i).node.op != plan_op::parallel && x.ok())
    x.failed = f;
  s.status = x.ok() ? step_status::done : step_status::failed;
  s.result = std::make_shared<const outcome>(std::move(x));
}

// -- events -------------------------------------------------------------------

void plan_run::fail_attempt(std::uint32_t i, const failure& f, outcome_ptr given, const event& e,
                            actions& todo) {
  auto& s = steps_[i];
  rest(i);
  const auto draw = unit_interval(scramble(e.dice));
  auto next = treat(f, s.retries, how_->retry, s.repeatable, draw);
  const bool human = target_of(i).op == plan_op::human;
  if (human && next.what == remedy::retry)
    next.what = remedy::fall_back;
  if (!s.agent.empty() && std::find(s.tried.begin(), s.tried.end(), s.agent) == s.tried.end())
    s.tried.push_back(s.agent);
  if (next.what == remedy::retry && later(e.at, next.delay) < deadline_) {
    ++s.retries;
    if (next.delay.count() <= 0) {
      attempt(i, todo);
      return;
    }
    s.status = step_status::waiting;
    s.due = later(e.at, next.delay);
    watch(i);
    return;
  }
  if (next.what != remedy::give_up && s.rung < at(i).node.fallback.size()) {
    ++s.rung;
    s.retries = 0;
    attempt(i, todo);
    return;
  }
  finish_step(i, given ? std::move(given) : std::make_shared<const outcome>(outcome::of(f)), e.at,
              todo);
}

bool plan_run::apply(const event& e, actions& todo) {
  if (ended_)
    return false;
  now_ = e.at;
  if (e.kind == event_kind::cancel_wanted ||
      (e.kind == event_kind::time_up && e.step == whole_task)) {
    const bool cancelled = e.kind == event_kind::cancel_wanted;
    const auto* why = e.get<std::string>();
    close_out(0,
              {cancelled ? reason::cancelled : reason::timeout,
               why ? *why : "the task's deadline passed",
               {}},
              todo);
    ended_ = true;
    todo.push_back({kind::finish, 0, 0, false});
    return true;
  }
  if (e.step >= steps_.size())
    return false;
  const auto i = e.step;
  auto& s = steps_[i];
  if (e.attempt != s.attempt)
    return false;
  switch (e.kind) {
  case event_kind::assigned:
    if (s.status != step_status::wanted)
      return false;
    if (const auto* r = e.get<route>()) {
      s.agent = r->agent;
      s.repeatable = r->repeatable;
    }
    [[fallthrough]];
  case event_kind::delegated:
  case event_kind::asked:
    if (s.status != step_status::wanted)
      return false;
    s.status = step_status::running;
    s.due = deadline_for(i, e.at);
    watch(i);
    set_asking(i, true);
    return true;
  case event_kind::unroutable: {
    if (s.status != step_status::wanted)
      return false;
    const auto* r = e.get<route>();
    fail_attempt(
        i, {reason::unavailable, r ? "nobody could take " + r->skill + r->because : "no route", {}},
        nullptr, e, todo);
    return true;
  }
  case event_kind::step_completed:
  case event_kind::answered: {
    if (s.status != step_status::running)
      return false;
    const auto* x = std::get_if<outcome_ptr>(&e.body);
    if (!x || !*x)
      return false;
    if ((*x)->ok())
      finish_step(i, *x, e.at, todo);
    else
      fail_attempt(i, (*x)->failed, *x, e, todo);
    return true;
  }
  case event_kind::step_failed: {
    if (s.status != step_status::running && s.status != step_status::wanted)
      return false;
    const auto* f = e.get<failure>();
    fail_attempt(i, f ? *f : failure{reason::crash, {}, {}}, nullptr, e, todo);
    return true;
  }
  case event_kind::retry_due:
    if (s.status != step_status::waiting)
      return false;
    unwatch(i);
    attempt(i, todo);
    return true;
  case event_kind::time_up: {
    if (s.status != step_status::running)
      return false;
    if (!is_leaf(at(i).node.op)) {
      const failure late{
          reason::timeout, "step " + at(i).node.name + " took longer than it may", {}};
      close_out(i, late, todo);
      if (i == 0) {
        ended_ = true;
        todo.push_back({kind::finish, 0, 0, false});
      } else {
        child_ended(at(i).parent, i, e.at, todo);
        start_queued(todo);
      }
      return true;
    }
    const bool human = target_of(i).op == plan_op::human;
    todo.push_back({kind::stop, i, s.attempt, !human && target_of(i).op == plan_op::call});
    fail_attempt(
        i,
        {reason::timeout, human ? "nobody answered in time" : "no answer before the deadline", {}},
        nullptr, e, todo);
    return true;
  }
  default:
    return false;
  }
}

// -- views --------------------------------------------------------------------

json plan_run::previous_of(std::uint32_t i) const {
  json out;
  while (i != 0) {
    const auto parent = at(i).parent;
    const auto& siblings = at(parent).children;
    if (at(parent).node.op == plan_op::sequence) {
      auto me = std::find(siblings.begin(), siblings.end(), i);
      while (me != siblings.begin()) {
        --me;
        const auto& before = steps_[*me];
        if (at(*me).node.op != plan_op::gate && before.result) {
          out[at(*me).node.name] = {{"text", before.result->text}, {"data", before.result->data}};
          break;
        }
      }
    }
    i = parent;
  }
  return out;
}

task_phase plan_run::phase() const noexcept {
  if (ended_)
    return task_phase::synthesising;
  for (const auto& s : steps_)
    if (s.status == step_status::wanted)
      return task_phase::delegating;
  return task_phase::monitoring;
}

void plan_run::open_actions(actions& todo) const {
  for (std::uint32_t i = 0; i < steps_.size(); ++i) {
    const auto s = steps_[i].status;
    if (!is_leaf(at(i).node.op) || (s != step_status::wanted && s != step_status::running))
      continue;
    const auto op = target_of(i).op;
    todo.push_back({op == plan_op::domain  ? kind::delegate
                    : op == plan_op::human ? kind::ask
                                           : kind::call,
                    i, steps_[i].attempt, false});
  }
}

} // namespace troupe
