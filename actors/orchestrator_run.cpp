#include "actors/orchestrator.hpp"

#include "policies/context_scope.hpp"
#include "policies/deadline.hpp"
#include "policies/planner.hpp"
#include "src/telemetry/log.hpp"
#include "src/telemetry/metrics.hpp"

#include <algorithm>
#include <stdexcept>

namespace troupe {

namespace {

outcome_ptr failed_outcome(reason why, std::string detail) {
  return std::make_shared<const outcome>(outcome::of({why, std::move(detail), {}}));
}

task_state state_after(const outcome& x) {
  if (x.ok())
    return task_state::completed;
  return x.failed.why == reason::cancelled ? task_state::canceled : task_state::failed;
}

} // namespace

// -- slots --------------------------------------------------------------------

std::uint32_t orchestrator_state::new_slot() {
  std::uint32_t slot;
  if (free_slots_.empty()) {
    slot = static_cast<std::uint32_t>(slots_.size());
    slots_.push_back(std::make_unique<live_task>());
  } else {
    slot = free_slots_.back();
    free_slots_.pop_back();
  }
  slots_[slot]->reset(++generation_);
  slots_[slot]->slot = slot;
  return slot;
}

live_task* orchestrator_state::live(std::uint32_t slot, std::uint32_t generation) {
  if (slot >= slots_.size() || slots_[slot]->generation != generation || !slots_[slot]->what)
    return nullptr;
  return slots_[slot].get();
}

live_task* orchestrator_state::find_live(const std::string& id) {
  auto hit = by_id_.find(id);
  return hit == by_id_.end() ? nullptr : slots_[hit->second].get();
}

event orchestrator_state::make_event(const live_task& t, event_kind kind, std::uint32_t step,
                                     std::uint32_t attempt) {
  event e;
  e.kind = kind;
  e.triage = t.triage;
  e.step = step;
  e.attempt = attempt;
  e.at = now_;
  return e;
}

void orchestrator_state::rearm(live_task& t) {
  timers_.arm(t.slot, t.ending ? no_deadline : t.run ? t.run->next_timer() : t.what->deadline);
}

void orchestrator_state::arm() {
  const auto next = timers_.next();
  if (next >= armed_)
    return;
  armed_ = next;
  self_->delayed_send(self_, left(next, now_) + milliseconds{1}, tick{});
}

// -- plans --------------------------------------------------------------------

plan_ptr orchestrator_state::with_limits(plan_node root) const {
  auto laid_out = std::make_shared<plan>(*plan::of(std::move(root)));
  laid_out->retry = domain_->retry;
  laid_out->step_timeout = domain_->step_timeout;
  return laid_out;
}

plan_ptr orchestrator_state::plan_for(const live_task& t, std::string& problem) {
  const auto& skill = t.what->skill;
  if (skill.empty()) {
    if (domain_->fixed_plan) {
      auto& known = single_plans_[""];
      if (!known)
        known = with_limits(*domain_->fixed_plan);
      return known;
    }
    problem = "the request names no skill, and domain " + domain_->path +
              " does not understand free text";
    return nullptr;
  }
  if (auto known = single_plans_.find(skill); known != single_plans_.end())
    return known->second;
  plan_node root;
  if (auto composite = domain_->plans.find(skill); composite != domain_->plans.end()) {
    root = composite->second;
  } else {
    const auto& offered = dispatcher_->table()->by_skill;
    if (!offered.contains(skill)) {
      problem = "no agent of domain " + domain_->path + " offers the skill " + skill;
      return nullptr;
    }
    root.skill = skill;
    root.name = skill;
    root.note = "the request asks for this skill";
    // A step that only one agent can do inherits that agent's own ladder.
    const auto& who = offered.find(skill)->second;
    if (!who.empty())
      root.fallback = who.front()->spec()->fallback;
  }
  auto how = with_limits(std::move(root));
  single_plans_.emplace(skill, how);
  return how;
}

void orchestrator_state::start_triage(live_task& t, actions& todo) {
  if (!triage_plan_) {
    plan_node root;
    root.name = "understand";
    root.target = domain_->path + "/" + domain_->understanding.agent;
    root.note = "find out what the message wants";
    triage_plan_ = with_limits(std::move(root));
  }
  t.triage = true;
  t.run.emplace(triage_plan_, t.what->deadline);
  t.run->start(now_, todo);
}

void orchestrator_state::start_work(live_task& t) {
  t.state = task_state::working;
  action_list todo{*this};
  const bool free_text =
      t.what->skill.empty() && !domain_->fixed_plan && !domain_->understanding.agent.empty();
  if (free_text) {
    start_triage(t, todo);
    carry_out(t, todo);
    return;
  }
  std::string problem;
  auto how = plan_for(t, problem);
  if (!how) {
    finish(t, failed_outcome(reason::invalid_input, std::move(problem)), task_state::failed);
    return;
  }
  use_plan(t, std::move(how), todo);
  carry_out(t, todo);
}

void orchestrator_state::use_plan(live_task& t, plan_ptr how, actions& todo) {
  t.triage = false;
  auto e = make_event(t, event_kind::planned, whole_task, 0);
  e.body = how;
  t.history.push_back(std::move(e));
  store_event(t, t.history.back());
  t.how = how;
  t.run.emplace(std::move(how), t.what->deadline);
  tell_progress(t, t.history.back(), false);
  t.run->start(now_, todo);
}

void orchestrator_state::understood(live_task& t, actions& todo) {
  const auto& x = t.run->result();
  std::string problem;
  understanding found;
  if (x->ok()) {
    auto read = read_understanding(x->data, problem);
    if (read)
      found = std::move(*read);
  } else {
    problem = "triage failed: " + std::string{to_string(x->failed.why)} + ": " + x->failed.detail;
  }
  if (x->failed.why == reason::cancelled || x->failed.why == reason::timeout) {
    finish(t, x, state_after(*x));
    return;
  }
  if (!problem.empty()) {
    // Without triage nobody knows what the message wants: it goes where unclear ones go, and says
    // why.
    parts_->log->warn("task {}: {}", t.what->id, problem);
    found.clauses = {understood_clause{t.what->text, {}, 0, false, false}};
  }
  auto e = make_event(t, event_kind::understood, 0, 0);
  e.body = x;
  t.history.push_back(std::move(e));
  store_event(t, t.history.back());
  t.understood = x;
  plan_wish wish;
  wish.domain = domain_;
  wish.text = t.what->text;
  wish.tier = t.what->who.tier;
  wish.urgency = t.what->urgency;
  if (auto* session = t.what->context_id.empty() ? nullptr : sessions_->find(t.what->context_id))
    wish.former_failures = session->now.failures;
  std::string why_not;
  auto root = make_plan(wish, found, why_not);
  if (!root) {
    finish(t, failed_outcome(reason::low_confidence, problem.empty() ? why_not : problem),
           task_state::failed);
    return;
  }
  use_plan(t, with_limits(std::move(*root)), todo);
}

// -- events and actions -------------------------------------------------------

bool orchestrator_state::happen(live_task& t, event e, actions& todo) {
  e.dice = dice_.draw();
  if (!t.run || !t.run->apply(e, todo))
    return false;
  // Whoever reads the record, stored or told, sees the state that this event led to.
  const auto before = t.state;
  if (!t.ending)
    t.state = t.run->waits_for_human() ? task_state::input_required : task_state::working;
  t.history.push_back(std::move(e));
  const auto& noted = t.history.back();
  store_event(t, noted);
  learn(t, noted);
  tell_progress(t, noted, t.state != before);
  return true;
}

void orchestrator_state::learn(live_task& t, const event& e) {
  if (e.kind != event_kind::step_completed)
    return;
  const auto* x = e.get<outcome>();
  if (!x || !x->ok() || !x->data.is_object() || !x->data.contains("context"))
    return;
  // An agent sets what its team lets it write; another domain answers for its own agents, and we
  // take what we declare.
  std::vector<std::string> writes;
  const auto& step = t.run->step(e.step);
  if (t.run->target_of(e.step).op == plan_op::domain) {
    for (const auto& [field, type] : domain_->context)
      writes.push_back(field);
  } else {
    const auto& agents = dispatcher_->table()->by_name;
    if (auto who = agents.find(step.agent); who != agents.end() && !who->second.empty())
      writes = who->second.front()->spec()->writes;
  }
  for (const auto& field : write_back(t.context, *domain_, writes, x->data))
    parts_->log->warn("task {}: {} may not set the context field '{}' so", t.what->id, step.agent,
                      field);
}

void orchestrator_state::tell_progress(live_task& t, const event& e, bool turned) {
  if (e.kind == event_kind::asked && counters_)
    counters_->escalations.add();
  task_record_ptr record;
  for (const auto& w : t.watchers) {
    // A parent hears in any case when we begin and cease to wait for people: its clock stands still
    // meanwhile, as ours does.
    if (!w.progress && !(turned && !t.what->parent.empty()))
      continue;
    if (!record)
      record = t.record();
    self_->send(w.who, task_progressed{record});
  }
}

void orchestrator_state::carry_out(live_task& t, actions& todo) {
  // Steps append to the list while it is worked through.
  // Any of them may end the task, and its slot may then have been taken by the next one already.
  const auto generation = t.generation;
  const auto goes_on = [&] { return t.generation == generation && !t.ending; };
  for (std::size_t i = 0; i < todo.size() && goes_on(); ++i) {
    const auto a = todo[i];
    switch (a.what) {
    case plan_action::kind::call:
      route_step(t, a, todo);
      break;
    case plan_action::kind::delegate:
      delegate_step(t, a, todo);
      break;
    case plan_action::kind::ask:
      ask_step(t, a, todo);
      break;
    case plan_action::kind::stop:
      stop_step(t, a);
      break;
    case plan_action::kind::finish:
      if (t.triage) {
        todo.erase(todo.begin(), todo.begin() + static_cast<std::ptrdiff_t>(i) + 1);
        i = static_cast<std::size_t>(-1);
        understood(t, todo);
      } else {
        const auto result = t.run->result();
        finish(t, result, state_after(*result));
      }
      break;
    }
  }
  if (goes_on()) {
    t.state = t.run && t.run->waits_for_human() ? task_state::input_required : task_state::working;
    rearm(t);
  }
  arm();
}

void orchestrator_state::route_step(live_task& t, const plan_action& a, actions& todo) {
  const auto dice = dice_.draw();
  auto choice = dispatcher_->choose(t, a.step, dice);
  auto e =
      make_event(t, choice.to ? event_kind::assigned : event_kind::unroutable, a.step, a.attempt);
  e.body = choice.why;
  if (!happen(t, std::move(e), todo) || !choice.to)
    return;
  if (a.attempt > 1)
    if (auto* m = choice.to->metrics.load(std::memory_order_acquire))
      (t.run->step(a.step).rung > 0 ? m->fallbacks : m->retries).add();
  hold(t, {effect::kind::call, 0, a.step, a.attempt, std::move(choice.to)});
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
  e.body = std::make_shared<const std::string>(child_task_id(t.what->id, a.step));
  auto to = parts_->places->find(directory::orchestrator_of(target.domain, config_.shard));
  if (!to) {
    e.kind = event_kind::step_failed;
    e.body = std::make_shared<const failure>(
        failure{reason::policy_denied, "there is no domain " + std::string{target.domain}, {}});
    happen(t, std::move(e), todo);
    return;
  }
  if (happen(t, std::move(e), todo))
    hold(t, {effect::kind::delegate, 0, a.step, a.attempt, std::move(to)});
}

void orchestrator_state::ask_step(live_task& t, const plan_action& a, actions& todo) {
  const auto& node = t.run->how().steps[a.step].node;
  auto e = make_event(t, event_kind::asked, a.step, a.attempt);
  e.body = std::make_shared<const std::string>(node.text.empty() ? t.what->text : node.text);
  if (happen(t, std::move(e), todo))
    hold(t, {effect::kind::ask, 0, a.step, a.attempt, nullptr});
}

void orchestrator_state::stop_step(live_task& t, const plan_action& a) {
  for (std::size_t i = 0; i < calls_.size(); ++i) {
    auto& c = calls_[i];
    if (c.open && c.slot == t.slot && c.generation == t.generation && c.step == a.step &&
        c.attempt == a.attempt) {
      const auto number = static_cast<std::uint64_t>(c.reuse) << 32 | i;
      send_to(self_, c.to, stop_call{number, a.hung});
      return;
    }
  }
  if (auto child = children_.find(child_task_id(t.what->id, a.step)); child != children_.end()) {
    send_to(self_, child->second.to,
            cancel_task{child->first, "the parent task no longer needs it"});
    children_.erase(child);
    return;
  }
  send_to(self_, config_.desk,
          withdraw_question{t.what->id + ":" + std::to_string(a.step) + ":" +
                            std::to_string(a.attempt)});
}

// -- what agents, children and people say -------------------------------------

const seat::sitter& orchestrator_state::sitter_of(const seat_ptr& place) {
  auto& known =
      known_sitters_[(reinterpret_cast<std::uintptr_t>(place.get()) >> 6) % known_sitters_.size()];
  // The version is read first: a change in between is then noticed the next time.
  const auto version = place->version();
  if (known.place != place || known.version != version)
    known = {place, version, place->now()};
  return known.who;
}

void orchestrator_state::close_call(call_slot& c, const outcome* x) {
  c.open = false;
  ++c.reuse;
  c.to->load.fetch_sub(1, std::memory_order_relaxed);
  if (!x) {
    // Agents count their calls themselves; one that died cannot.
    c.to->count(false);
    if (auto* m = c.to->metrics.load(std::memory_order_acquire))
      m->call_ended(outcome::of({reason::crash, {}, {}}), now_ - c.started);
  }
  free_calls_.push_back(static_cast<std::uint32_t>(&c - calls_.data()));
}

void orchestrator_state::on_call_ended(const call_ended& x) {
  now_ = parts_->now(self_);
  const auto place = static_cast<std::uint32_t>(x.call);
  if (place >= calls_.size() || !calls_[place].open ||
      calls_[place].reuse != static_cast<std::uint32_t>(x.call >> 32))
    return;
  const auto c = calls_[place];
  close_call(calls_[place], x.x.get());
  auto* t = live(c.slot, c.generation);
  if (!t || t->ending)
    return;
  action_list todo{*this};
  auto e = make_event(*t, event_kind::step_completed, c.step, c.attempt);
  if (x.x->ok()) {
    e.body = x.x;
  } else {
    e.kind = event_kind::step_failed;
    e.body = std::make_shared<const failure>(x.x->failed);
  }
  // What the interpreter no longer waits for came too late: it is dropped here.
  if (happen(*t, std::move(e), todo))
    carry_out(*t, todo);
}

void orchestrator_state::on_handed_over(const call_handed_over& x) {
  now_ = parts_->now(self_);
  const auto place = static_cast<std::uint32_t>(x.call);
  if (place >= calls_.size() || !calls_[place].open ||
      calls_[place].reuse != static_cast<std::uint32_t>(x.call >> 32))
    return;
  const auto c = calls_[place];
  outcome handed;
  close_call(calls_[place], &handed);
  auto* t = live(c.slot, c.generation);
  if (!t || t->ending)
    return;
  auto e = make_event(*t, event_kind::asked, c.step, c.attempt);
  e.body = std::make_shared<const std::string>(x.question);
  action_list todo{*this};
  if (!happen(*t, std::move(e), todo))
    return;
  hold(*t, {effect::kind::ask, 0, c.step, c.attempt, c.to});
  carry_out(*t, todo);
}

void orchestrator_state::fail_step(live_task& t, std::uint32_t step, std::uint32_t attempt,
                                   failure f) {
  auto e = make_event(t, event_kind::step_failed, step, attempt);
  e.body = std::make_shared<const failure>(std::move(f));
  action_list todo{*this};
  if (happen(t, std::move(e), todo))
    carry_out(t, todo);
}

void orchestrator_state::on_child_ended(const task_ended& x) {
  now_ = parts_->now(self_);
  auto hit = children_.find(x.record->what->id);
  if (hit == children_.end())
    return;
  const auto child = hit->second;
  children_.erase(hit);
  auto* t = live(child.slot, child.generation);
  if (!t || t->ending)
    return;
  auto e = make_event(*t, event_kind::step_completed, child.step, child.attempt);
  e.body = x.record->result;
  action_list todo{*this};
  if (happen(*t, std::move(e), todo))
    carry_out(*t, todo);
}

void orchestrator_state::on_child_progressed(const task_progressed& x) {
  now_ = parts_->now(self_);
  auto hit = children_.find(x.record->what->id);
  if (hit == children_.end())
    return;
  const auto child = hit->second;
  auto* t = live(child.slot, child.generation);
  const bool asks = x.record->state == task_state::input_required;
  if (!t || t->ending || !t->run || t->run->step(child.step).asking == asks)
    return;
  auto e = make_event(*t, asks ? event_kind::asked : event_kind::delegated, child.step,
                      child.attempt);
  e.body = std::make_shared<const std::string>(
      asks ? "a person is asked by " + x.record->what->domain : x.record->what->id);
  action_list todo{*this};
  if (happen(*t, std::move(e), todo))
    carry_out(*t, todo);
}

void orchestrator_state::on_child_refused(const task_refused& x) {
  now_ = parts_->now(self_);
  auto hit = children_.find(x.id);
  if (hit == children_.end())
    return;
  const auto child = hit->second;
  children_.erase(hit);
  auto* t = live(child.slot, child.generation);
  if (!t || t->ending)
    return;
  const auto why = x.why.why == refusal::busy ? reason::rate_limited : reason::unavailable;
  fail_step(*t, child.step, child.attempt, {why, x.why.detail, x.why.retry_after});
}

void orchestrator_state::on_question_answered(const question_answered& x) {
  now_ = parts_->now(self_);
  auto* t = find_live(x.task);
  if (!t || t->ending)
    return;
  auto e = make_event(*t, event_kind::answered, x.step, x.attempt);
  e.body = x.x;
  action_list todo{*this};
  if (happen(*t, std::move(e), todo))
    carry_out(*t, todo);
}

void orchestrator_state::on_seat_down(const seat_down& x) {
  now_ = parts_->now(self_);
  if (x.who == config_.journal || x.who == config_.desk) {
    // Whoever was restarted has forgotten what it had been given; it gets that again from the one
    // who remembers.
    if (x.who == config_.journal) {
      store_failing_ = true;
      self_->send(self_, flush{});
      return;
    }
    for (const auto& [id, slot] : by_id_)
      if (slots_[slot]->run)
        for (std::uint32_t i = 0; i < slots_[slot]->run->how().steps.size(); ++i)
          if (slots_[slot]->run->step(i).asking)
            perform_ask(*slots_[slot], i, slots_[slot]->run->step(i).attempt);
    return;
  }
  for (std::size_t i = 0; i < calls_.size(); ++i) {
    if (!calls_[i].open || calls_[i].to != x.who || calls_[i].incarnation > x.incarnation)
      continue;
    const auto c = calls_[i];
    close_call(calls_[i], nullptr);
    if (auto* t = live(c.slot, c.generation); t && !t->ending)
      fail_step(*t, c.step, c.attempt, {reason::crash, x.who->where().str() + ": " + x.why, {}});
  }
  std::vector<child_ref> lost;
  for (auto i = children_.begin(); i != children_.end();) {
    if (i->second.to == x.who && i->second.incarnation <= x.incarnation) {
      lost.push_back(i->second);
      i = children_.erase(i);
    } else {
      ++i;
    }
  }
  for (const auto& child : lost) {
    auto* t = live(child.slot, child.generation);
    if (!t || t->ending)
      continue;
    if (t->what->keep == durability::none)
      fail_step(*t, child.step, child.attempt,
                {reason::crash, x.who->where().str() + ": " + x.why, {}});
    else
      // The child is in the journal; its new orchestrator goes on with it, and we ask for it again.
      perform_delegate(*t, {effect::kind::delegate, 0, child.step, child.attempt, child.to});
  }
}

void orchestrator_state::on_tick() {
  now_ = parts_->now(self_);
  armed_ = no_deadline;
  if (!loaded_)
    open_shard();
  while (timers_.next() <= now_) {
    auto& t = *slots_[timers_.next_slot()];
    if (!t.run) {
      finish(t, failed_outcome(reason::timeout, "the task's deadline passed before it began"),
             task_state::failed);
      continue;
    }
    auto e = t.run->timer_event(now_);
    e.triage = t.triage;
    action_list todo{*this};
    if (!happen(t, std::move(e), todo)) {
      // Cannot be: a timer stands for an event that fits. Going round in circles would be worse
      // than losing it.
      parts_->log->error("task {}: a timer did not fit its state", t.what->id);
      timers_.disarm(t.slot);
      continue;
    }
    carry_out(t, todo);
  }
  arm();
}

// -- the end ------------------------------------------------------------------

void orchestrator_state::finish(live_task& t, outcome_ptr result, task_state state) {
  t.ending = true;
  t.result = std::move(result);
  t.state = state;
  auto e = make_event(t, event_kind::finished, whole_task, 0);
  e.triage = false;
  e.body = t.result;
  t.history.push_back(std::move(e));
  timers_.disarm(t.slot);
  hold(t, {effect::kind::end, 0, 0, 0, nullptr});
}

void orchestrator_state::end(live_task& t) {
  auto record = std::make_shared<task_record>();
  record->what = t.what;
  record->state = t.state;
  record->phase = task_phase::ended;
  record->how = t.how;
  record->history = std::move(t.history);
  record->result = t.result;
  record->updated = record->history.back().at;
  for (const auto& w : t.watchers)
    self_->send(w.who, task_ended{record});
  const bool with_human = std::any_of(record->history.begin(), record->history.end(),
                                      [](const event& e) { return e.kind == event_kind::asked; });
  if (counters_) {
    counters_->running.add(-1);
    counters_->task_ended(t.state, *t.result, now_ - record->history.front().at, with_human);
  }
  if (parts_->counters && t.what->parent.empty()) {
    const auto state = static_cast<std::size_t>(t.state);
    if (!t.what->who.id.empty())
      parts_->counters->customer(t.what->who.id)->ended[state].add();
    if (!t.what->who.tier.empty())
      parts_->counters->tier(t.what->who.tier)->ended[state].add();
  }
  log_end(t, *record);
  const auto what = t.what;
  by_id_.erase(what->id);
  if (!what->idempotency_key.empty() && config_.journal && what->keep != durability::none)
    keys_.erase(what->idempotency_key);
  else if (keys_.size() > keys_before_sweep_) {
    std::erase_if(keys_, [&](const auto& k) {
      return k.second != what->id && !by_id_.contains(k.second) && !finished_->find(k.second);
    });
    keys_before_sweep_ = std::max<std::size_t>(1024, keys_.size() * 2);
  }
  const auto slot = t.slot;
  timers_.disarm(slot);
  last_batch_.erase(slot);
  t.reset(0);
  free_slots_.push_back(slot);
  finished_->add(std::move(record));
  if (!what->context_id.empty())
    next_of_session(what->context_id);
}

void orchestrator_state::log_end(const live_task& t, const task_record& record) const {
  if (!parts_->events)
    return;
  const auto level = t.state == task_state::completed ? log_level::info : log_level::warning;
  if (!parts_->events->wants(level))
    return;
  auto entry = log_entry::of(level, "task.ended", std::string{to_string(t.state)});
  entry.at = now_;
  if (!t.result->ok())
    entry.message +=
        ": " + std::string{to_string(t.result->failed.why)} + ": " + t.result->failed.detail;
  entry.task_type = t.what->skill;
  for (const auto& e : record.history) {
    if (e.kind == event_kind::assigned && !e.triage) {
      const auto* r = e.get<route>();
      if (entry.agent.empty())
        entry.agent = r->agent;
      if (entry.task_type.empty())
        entry.task_type = r->skill;
    }
  }
  entry.about(*t.what);
  entry.fields = {
      {"duration_ms",
       std::chrono::duration_cast<milliseconds>(now_ - record.history.front().at).count()},
      {"steps", record.how ? record.how->steps.size() : 0},
      {"partial", t.result->partial},
      {"confidence", t.result->confidence}};
  parts_->events->write(std::move(entry));
}

} // namespace troupe
