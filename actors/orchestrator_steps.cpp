#include "actors/act_name.hpp"
#include "actors/asked_answer.hpp"
#include "actors/attempt_record.hpp"
#include "actors/orchestrator.hpp"
#include "actors/task_deeds.hpp"

#include "policies/context_scope.hpp"
#include "policies/step_input.hpp"
#include "src/telemetry/metrics.hpp"

#include <algorithm>

namespace troupe {

namespace {

/// Counts an attempt after the first, for its domain, for whoever does it, and for those whose task
/// it is: the first one of a further rung is a fallback, every other one a retry.
void count_again(const node_parts& parts, domain_metrics* domain, agent_metrics* agent,
                 const live_task& t, std::uint32_t step) {
  const auto& s = t.run->step(step);
  const bool fallback = s.rung > 0 && s.retries == 0;
  if (domain)
    (fallback ? domain->step_fallbacks : domain->step_retries).add();
  if (agent)
    (fallback ? agent->fallbacks : agent->retries).add();
  if (parts.counters)
    parts.counters->groups_of(t.what->who, [&](task_counters& of) {
      (fallback ? of.step_fallbacks : of.step_retries).add();
    });
}

} // namespace

void orchestrator_state::route_step(live_task& t, const plan_action& a, actions& todo,
                                    bool patient) {
  if (decided_before(t, a, todo))
    return;
  if (t.recovered && !has_its_turn(t, a))
    return;
  const auto dice = dice_.draw();
  auto* session = t.what->context_id.empty() ? nullptr : sessions_->find(t.what->context_id);
  const bool has_own = session && !session->now.instances.empty();
  const auto* own = has_own ? &session->now.instances : nullptr;
  const auto failures = session ? session->now.failures : 0;
  dispatcher::choice choice;
  if (const auto drawn = drawn_before(t, a.step); !drawn.empty())
    choice = t.by->routes.choose(t, a.step, dice, now_, drawn, own, failures);
  if (!choice.to)
    choice = t.by->routes.choose(t, a.step, dice, now_, bound_to(t, a.step), own, failures);
  if (!choice.to && patient && t.by->routes.all_down(t, a.step, bound_to(t, a.step)) &&
      strand(t, a.step, a.attempt, nullptr))
    return;
  if (!choice.to && t.run->step(a.step).status == step_status::running) {
    // It was given to somebody before, who is gone, and nobody has come in his place. What he had
    // done by then nobody knows.
    const bool acted = t.run->step(a.step).does != effects::none;
    auto e = make_event(t, event_kind::step_failed, a.step, a.attempt);
    e.body = std::make_shared<const failure>(failure{
        acted ? reason::crash : reason::unavailable, "nobody who could do it is there", {}});
    happen(t, std::move(e), todo);
    return;
  }
  if (session && choice.to)
    bind_session(*session, choice.to->where().name);
  tell_of_probe(choice.to, choice.probe);
  const bool acting = choice.to && acts(t, *choice.to);
  auto e =
      make_event(t, choice.to ? event_kind::assigned : event_kind::unroutable, a.step, a.attempt);
  e.body = choice.why;
  if (!happen(t, std::move(e), todo) || !choice.to)
    return;
  if (a.attempt > 1)
    count_again(*parts_, counters_, choice.to->metrics.load(std::memory_order_acquire), t, a.step);
  if (acting && !t.run->step(a.step).querying) {
    note_pending(t, a.step, a.attempt, *choice.to);
    audit_begin(t, *choice.to->spec(), a.step, a.attempt);
  }
  hold(t, {effect::kind::call, 0, a.step, a.attempt, std::move(choice.to), choice.probe});
}

void orchestrator_state::delegate_step(live_task& t, const plan_action& a, actions& todo) {
  const auto target = t.run->target_of(a.step);
  const auto mark = std::string{target.domain} + ":" + std::string{target.skill};
  auto path = t.what->path;
  path.push_back(domain_->path + ":" + t.what->skill);
  auto e = make_event(t, event_kind::delegated, a.step, a.attempt);
  if (std::find(path.begin(), path.end(), mark) != path.end()) {
    std::string way;
    for (const auto& stop : path)
      way += stop + " > ";
    e.kind = event_kind::step_failed;
    e.body = std::make_shared<const failure>(failure{reason::loop, way + mark, {}});
    happen(t, std::move(e), todo);
    return;
  }
  if (auto why = barred_by_boundary(t, a, target.domain, target.skill); !why.empty()) {
    e.kind = event_kind::step_failed;
    e.body = std::make_shared<const failure>(failure{reason::policy_denied, std::move(why), {}});
    happen(t, std::move(e), todo);
    return;
  }
  e.body = std::make_shared<const std::string>(child_task_id(t.what->id, a.step));
  auto to = parts_->places->find(directory::orchestrator_of(target.domain, config_.shard));
  if (!to) {
    e.kind = event_kind::step_failed;
    e.body = std::make_shared<const failure>(
        failure{reason::policy_denied, "there is no domain " + std::string{target.domain}, {}});
    happen(t, std::move(e), todo);
    return;
  }
  if (!happen(t, std::move(e), todo))
    return;
  if (a.attempt > 1)
    count_again(*parts_, counters_, nullptr, t, a.step);
  hold(t, {effect::kind::delegate, 0, a.step, a.attempt, std::move(to)});
}

void orchestrator_state::ask_step(live_task& t, const plan_action& a, actions& todo) {
  const auto& node = t.run->node(a.step);
  auto e = make_event(t, event_kind::asked, a.step, a.attempt);
  const auto& step = t.run->step(a.step);
  auto text = node.text.empty() ? t.what->text : node.text;
  if (auto doubt = doubt_about(t, a.step, text); !doubt.empty())
    text = std::move(doubt);
  // Whoever stands in for what could not undo a step has to know that this is what is asked.
  if (t.run->table().is_undo(a.step) && node.op != plan_op::human)
    text = "Please take back by hand: " + t.run->table().name(t.run->table().parent(a.step)) +
           ". " + t.run->table().name(a.step) + " could not do it. It came to: " +
           shown_value(t.run->given_to(a.step).value("undo_of", json())) +
           (text.empty() ? "" : "\n\n") + text;
  if (const auto& why = step.asked_because; !why.empty())
    text += "\n\nAsked because of " + why;
  e.body = std::make_shared<const std::string>(std::move(text));
  if (happen(t, std::move(e), todo))
    hold(t, {effect::kind::ask, 0, a.step, a.attempt, nullptr});
}

void orchestrator_state::stop_step(live_task& t, const plan_action& a) {
  const auto call = calls_.find_if([&](const open_call& c) {
    return c.slot == t.slot && c.generation == t.generation && c.step == a.step &&
           c.attempt == a.attempt;
  });
  if (call) {
    // A hung agent may never say how it went.
    const bool hung = a.hung && !excused(reason::timeout);
    if (hung) {
      if (!calls_[*call].judged)
        learn_of(calls_[*call], outcome::of({reason::timeout, {}, {}}));
      judge(calls_[*call], reason::timeout);
    }
    self_->send(calls_[*call].at, stop_call{*call, hung});
    return;
  }
  if (auto child = children_.find(child_task_id(t.what->id, a.step)); child != children_.end()) {
    send_to(self_, child->second.to,
            cancel_task{child->first, "the parent task no longer needs it"});
    children_.erase(child);
    return;
  }
  send_to(self_, config_.desk, withdraw_question{question_id(t.what->id, a.step, a.attempt)});
}

void orchestrator_state::perform_call(live_task& t, effect& e) {
  // The step may have been cancelled while its route was on the way to the disk.
  if (!t.works_on(e.step, e.attempt))
    return never_sent(t, e);
  const auto& step = t.run->step(e.step);
  const auto& who = sitters_.at(e.to);
  const bool acting = acts(t, *e.to);
  if (!who.handle) {
    never_sent(t, e);
    // Who could have acted is known not to have done so.
    fail_step(t, e.step, e.attempt,
              {acting ? reason::unavailable : reason::crash, e.to->where().str() + " is down", {}});
    return;
  }
  if (acting && !step.querying && has_moved(t, e)) {
    never_sent(t, e);
    fail_step(t, e.step, e.attempt,
              {reason::unavailable, e.to->where().str() + " has moved to another node", {}});
    return;
  }
  if (acting && step.querying && !e.over && waits_for_acts(t, e))
    return;
  const auto& node = t.run->node(e.step);
  const auto target = t.run->target_of(e.step);
  auto call = std::make_shared<agent_call>();
  call->about = t.for_agents();
  call->step = e.step;
  call->attempt = e.attempt;
  call->skill = target.skill.empty() ? std::string_view{node.skill} : target.skill;
  call->text = node.text.empty() ? t.what->text : node.text;
  call->input = step_input(*t.run, e.step, t.what->data);
  if (e.attempt > 1)
    if (auto errors = errors_of_last_attempt(t, e.step); !errors.is_null())
      call->input["errors"] = std::move(errors);
  call->context = scoped(t.context, e.to->spec()->reads);
  t.shared.rewind(e.step, call->context);
  call->urgency = node.urgency; // Its plan has weighed the task's.
  call->deadline = step.due;
  acting_call note;
  if (acting) {
    note = acting_call_of(t, e.step, e.attempt, *e.to, step.querying);
    call->idempotency_key = act_key(t.what->id, e.step, note.index);
    call->query = step.querying;
    call->epoch = epoch_;
  }
  const auto number = calls_.open({t.slot, t.generation, e.step, e.attempt, std::move(e.to),
                                   who.incarnation, who.handle, now_, e.probe, false});
  if (acting)
    acting_.emplace(number, std::move(note));
  self_->send(who.handle, run_call{number, std::move(call), e.again});
}

void orchestrator_state::perform_delegate(live_task& t, const effect& e) {
  if (t.ending || !t.run || t.run->step(e.step).status != step_status::running ||
      t.run->step(e.step).attempt != e.attempt)
    return;
  const auto& node = t.run->node(e.step);
  const auto target = t.run->target_of(e.step);
  auto child = std::make_shared<task>();
  child->id = child_task_id(t.what->id, e.step);
  child->domain = target.domain;
  child->skill = target.skill;
  child->text = node.text.empty() ? t.what->text : node.text;
  child->data = step_input(*t.run, e.step, t.what->data);
  if (child->data.is_null())
    child->data = json::object();
  // The other domain takes of our context what it declares itself.
  if (!t.context.is_null()) {
    auto& shown = child->data["context"] = t.context;
    t.shared.rewind(e.step, shown);
  }
  child->who = t.what->who;
  child->urgency = node.urgency;
  child->keep = t.what->keep;
  child->created = now_;
  child->deadline = t.run->deadline_for(e.step, now_);
  // What the plan gives a step is the domain's own; the parent's end is the end of all the same.
  child->firm = t.run->firm() && child->deadline == t.run->deadline();
  child->trace_id = t.what->trace_id;
  child->fleet = t.what->fleet;
  child->parent = t.what->id;
  child->parent_step = e.step;
  child->path = t.what->path;
  child->path.push_back(domain_->path + ":" + t.what->skill);
  const auto who = e.to->now();
  if (!who.handle) {
    if (strand(t, e.step, e.attempt, e.to))
      return;
    fail_step(t, e.step, e.attempt,
              {reason::unavailable, e.to->where().str() + " is being restarted", {}});
    return;
  }
  children_[child->id] = {t.slot, t.generation, e.step, e.attempt, e.to, who.incarnation};
  self_->send(who.handle,
              submit_task{std::move(child), false, t.recovered || e.attempt > 1, false});
}

std::string orchestrator_state::queue_of(const live_task& t, std::uint32_t step) const {
  const auto target = t.run->target_of(step);
  if (target.op == plan_op::call) {
    // An agent that stands for people has handed over.
    auto seats = t.by->routes.table()->by_name.find(t.run->step(step).agent);
    if (seats != t.by->routes.table()->by_name.end())
      return seats->second.front()->spec()->settings.value("queue", std::string{});
  }
  return std::string{target.queue};
}

std::shared_ptr<const boundary> gives_of(const live_task& t, std::uint32_t step) {
  const auto& agents = t.by->routes.table()->by_name;
  const auto who = agents.find(t.run->step(step).agent);
  return t.run->target_of(step).op == plan_op::call && who != agents.end() && !who->second.empty()
             ? t.by->version->boundary_of(*who->second.front()->spec())
             : nullptr;
}

void orchestrator_state::perform_ask(live_task& t, const effect& asks) {
  const auto i = asks.step;
  const auto attempt = asks.attempt;
  if (t.ending || !t.run || !t.run->step(i).asking || t.run->step(i).attempt != attempt)
    return;
  const auto target = t.run->target_of(i);
  if (target.op == plan_op::domain)
    return; // The other domain's orchestrator asks.
  if (!asks.over && waits_for_acts(t, asks))
    return;
  const auto& node = t.run->node(i);
  auto q = std::make_shared<question>();
  q->id = question_id(t.what->id, i, attempt);
  q->task = t.what->id;
  q->step = i;
  q->attempt = attempt;
  q->domain = domain_->path;
  q->queue = queue_of(t, i);
  // The question is what was recorded when it was asked.
  for (auto e = t.history.rbegin(); e != t.history.rend(); ++e) {
    if (e->kind == event_kind::claimed && e->step == i && e->attempt == attempt &&
        q->claimed_by.empty()) {
      if (const auto* by = e->get<std::string>())
        q->claimed_by = *by;
      q->claimed = e->at;
    }
    if (e->kind == event_kind::asked && e->step == i) {
      if (const auto* text = e->get<std::string>())
        q->text = *text;
      q->asked = e->at;
      break;
    }
  }
  if (q->text.empty())
    q->text = node.text.empty() ? t.what->text : node.text;
  q->context = t.context;
  q->who = t.what->who;
  q->urgency = node.urgency;
  q->due = t.run->step(i).due;
  if (t.run->firm())
    q->until = t.run->deadline();
  q->asker = config_.place;
  q->gives = gives_of(t, i);
  send_to(self_, config_.desk, ask_human{std::move(q)});
}

} // namespace troupe
