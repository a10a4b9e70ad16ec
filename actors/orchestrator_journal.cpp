#include "actors/orchestrator.hpp"

#include "policies/context_scope.hpp"
#include "policies/deadline.hpp"
#include "policies/priority.hpp"
#include "src/telemetry/metrics.hpp"
#include "src/wire/codec.hpp"

#include <algorithm>

namespace troupe {

namespace {

constexpr milliseconds store_retry{500};
constexpr milliseconds open_wait{10};
constexpr std::uint32_t open_looks = 300;

} // namespace

// -- writing ------------------------------------------------------------------

void orchestrator_state::store(live_task& t, store_write w) {
  line_.add(std::move(w), t.slot, t.generation);
  last_batch_[t.slot] = line_.number();
  if (!flushing_) {
    // What the messages that are already waiting will add goes into the same batch.
    flushing_ = true;
    if (store_failing_)
      self_->delayed_send(self_, store_retry, flush{});
    else
      self_->send(self_, flush{});
  }
}

void orchestrator_state::store_event(live_task& t, const event& e) {
  if (t.what->keep != durability::step || !config_.journal)
    return;
  store_write w;
  w.what = store_write::kind::append;
  w.id = t.what->id;
  w.domain = domain_->path;
  w.state = t.state;
  w.at = e.at;
  w.n = t.stored++;
  w.body = encode(e);
  store(t, std::move(w));
}

void orchestrator_state::on_flush() {
  flushing_ = false;
  bool reached = true;
  if (store_failing_) {
    for (auto& batch : line_.again())
      reached = reached && send_to(self_, config_.journal, std::move(batch));
    // One answer is enough to know that it works again.
    if (line_.unconfirmed() == 0)
      store_failing_ = false;
  }
  if (line_.has_open())
    reached = send_to(self_, config_.journal, line_.close()) && reached;
  if (!reached)
    on_store_failed({});
}

void orchestrator_state::on_stored(const journal_stored& x) {
  now_ = parts_->now(self_);
  store_failing_ = false;
  for (auto [slot, generation] : line_.stored(x.token))
    if (auto* t = live(slot, generation))
      release(*t, x.token);
}

void orchestrator_state::on_store_failed(const journal_failed&) {
  store_failing_ = true;
  if (!flushing_) {
    flushing_ = true;
    self_->delayed_send(self_, store_retry, flush{});
  }
}

// -- effects ------------------------------------------------------------------

void orchestrator_state::hold(live_task& t, effect e) {
  // The end of a task is a write of its own, and nobody hears of it before it is on disk.
  if (e.what == effect::kind::end && t.what->keep != durability::none && config_.journal) {
    store_event(t, t.history.back());
    store_write w;
    w.what = store_write::kind::close;
    w.id = t.what->id;
    w.domain = domain_->path;
    w.state = t.state;
    w.at = now_;
    w.body = encode(*t.result);
    store(t, std::move(w));
    if (auto* session =
            t.what->context_id.empty() ? nullptr : sessions_->find(t.what->context_id)) {
      sessions_->end_turn(*session, *t.record(), t.context, now_);
      session->working_on =
          t.what->id; // Until the end is stored, nobody else may write the session.
      store_write s;
      s.what = store_write::kind::session;
      s.id = t.what->context_id;
      s.domain = domain_->path;
      s.at = now_;
      s.body = encode_session(session->now);
      store(t, std::move(s));
    }
  }
  if (auto batch = last_batch_.find(t.slot); batch != last_batch_.end()) {
    e.after = batch->second;
    t.held.push_back(std::move(e));
    return;
  }
  perform(t, e);
}

void orchestrator_state::release(live_task& t, std::uint64_t stored) {
  const auto slot = t.slot;
  const auto generation = t.generation;
  if (auto batch = last_batch_.find(slot); batch != last_batch_.end() && batch->second <= stored)
    last_batch_.erase(batch);
  while (true) {
    auto* same = live(slot, generation);
    if (!same || same->held.empty() || same->held.front().after > stored)
      return;
    const auto next = std::move(same->held.front());
    same->held.erase(same->held.begin());
    perform(*same, next);
  }
}

void orchestrator_state::perform(live_task& t, const effect& e) {
  switch (e.what) {
  case effect::kind::begin:
    for (const auto& w : t.watchers)
      self_->send(w.who, task_accepted{t.what->id, false, {}});
    for (const auto& [who, id] : t.asked_again)
      self_->send(who, task_accepted{t.what->id, true, id});
    t.asked_again.clear();
    if (!t.ending)
      start_work(t);
    break;
  case effect::kind::call:
    perform_call(t, e);
    break;
  case effect::kind::delegate:
    perform_delegate(t, e);
    break;
  case effect::kind::ask:
    perform_ask(t, e.step, e.attempt);
    break;
  case effect::kind::end:
    if (auto* session =
            t.what->context_id.empty() ? nullptr : sessions_->find(t.what->context_id)) {
      // The turn of a stored task was ended when its end was written.
      if (t.what->keep != durability::none && config_.journal)
        session->working_on.clear();
      else
        sessions_->end_turn(*session, *t.record(), t.context, now_);
    }
    end(t);
    break;
  }
}

void orchestrator_state::perform_call(live_task& t, const effect& e) {
  if (t.ending || !t.run || e.step >= t.run->how().steps.size())
    return;
  const auto& step = t.run->step(e.step);
  // The step may have been cancelled while its route was on the way to the disk.
  if (step.status != step_status::running || step.attempt != e.attempt || step.asking)
    return;
  const auto& who = sitter_of(e.to);
  if (!who.handle) {
    fail_step(t, e.step, e.attempt, {reason::crash, e.to->where().str() + " is down", {}});
    return;
  }
  const auto& node = t.run->how().steps[e.step].node;
  const auto target = t.run->target_of(e.step);
  auto call = std::make_shared<agent_call>();
  call->about = t.what;
  call->step = e.step;
  call->attempt = e.attempt;
  call->skill = target.skill.empty() ? std::string_view{node.skill} : target.skill;
  call->text = node.text.empty() ? t.what->text : node.text;
  if (t.what->data.is_object()) {
    call->input = t.what->data;
    // What the agent may read of the context comes to it scoped, not by the back door.
    call->input.erase("context");
  }
  if (node.input.is_object())
    call->input.update(node.input);
  if (auto previous = t.run->previous_of(e.step); !previous.is_null())
    call->input["previous"] = std::move(previous);
  call->context = scoped(t.context, e.to->spec()->reads);
  call->urgency = more_urgent(t.what->urgency, node.urgency);
  call->deadline = step.due;
  if (e.to->spec()->card.does != effects::none)
    call->idempotency_key = t.what->id + "/" + std::to_string(e.step);

  std::uint32_t place;
  if (free_calls_.empty()) {
    place = static_cast<std::uint32_t>(calls_.size());
    calls_.emplace_back();
  } else {
    place = free_calls_.back();
    free_calls_.pop_back();
  }
  auto& c = calls_[place];
  c.slot = t.slot;
  c.generation = t.generation;
  c.step = e.step;
  c.attempt = e.attempt;
  c.open = true;
  c.to = e.to;
  c.incarnation = who.incarnation;
  c.started = now_;
  c.to->load.fetch_add(1, std::memory_order_relaxed);
  self_->send(who.handle,
              run_call{static_cast<std::uint64_t>(c.reuse) << 32 | place, std::move(call)});
}

void orchestrator_state::perform_delegate(live_task& t, const effect& e) {
  if (t.ending || !t.run || t.run->step(e.step).status != step_status::running ||
      t.run->step(e.step).attempt != e.attempt)
    return;
  const auto& node = t.run->how().steps[e.step].node;
  const auto target = t.run->target_of(e.step);
  auto child = std::make_shared<task>();
  child->id = child_task_id(t.what->id, e.step);
  child->domain = target.domain;
  child->skill = target.skill;
  child->text = node.text.empty() ? t.what->text : node.text;
  child->data = node.input.is_object() ? node.input : json::object();
  if (auto previous = t.run->previous_of(e.step); !previous.is_null())
    child->data["previous"] = std::move(previous);
  // The other domain takes of our context what it declares itself.
  if (!t.context.is_null())
    child->data["context"] = t.context;
  child->who = t.what->who;
  child->urgency = more_urgent(t.what->urgency, node.urgency);
  child->keep = t.what->keep;
  child->created = now_;
  child->deadline = t.run->deadline_for(e.step, now_);
  child->trace_id = t.what->trace_id;
  child->parent = t.what->id;
  child->parent_step = e.step;
  child->path = t.what->path;
  child->path.push_back(domain_->path + ":" + t.what->skill);
  const auto who = e.to->now();
  if (!who.handle) {
    fail_step(t, e.step, e.attempt,
              {reason::unavailable, e.to->where().str() + " is being restarted", {}});
    return;
  }
  children_[child->id] = {t.slot, t.generation, e.step, e.attempt, e.to, who.incarnation};
  self_->send(who.handle, submit_task{std::move(child), false, t.recovered || e.attempt > 1});
}

void orchestrator_state::perform_ask(live_task& t, std::uint32_t i, std::uint32_t attempt) {
  if (t.ending || !t.run || !t.run->step(i).asking || t.run->step(i).attempt != attempt)
    return;
  const auto target = t.run->target_of(i);
  if (target.op == plan_op::domain)
    return; // The other domain's orchestrator asks.
  const auto& node = t.run->how().steps[i].node;
  auto q = std::make_shared<question>();
  q->id = t.what->id + ":" + std::to_string(i) + ":" + std::to_string(attempt);
  q->task = t.what->id;
  q->step = i;
  q->attempt = attempt;
  q->domain = domain_->path;
  q->queue = target.queue;
  if (target.op == plan_op::call) {
    auto seats = dispatcher_->table()->by_name.find(t.run->step(i).agent);
    if (seats != dispatcher_->table()->by_name.end())
      q->queue = seats->second.front()->spec()->settings.value("queue", std::string{});
  }
  // The question is what was recorded when it was asked.
  for (auto e = t.history.rbegin(); e != t.history.rend(); ++e) {
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
  q->asker = config_.place;
  send_to(self_, config_.desk, ask_human{std::move(q)});
}

// -- recovery -----------------------------------------------------------------

void orchestrator_state::on_loaded(const shard_loaded& x) {
  now_ = parts_->now(self_);
  to_recover_ = x.open;
  open_shard();
}

void orchestrator_state::on_routes(const routes_changed& x) {
  now_ = parts_->now(self_);
  dispatcher_->use(x.table);
  has_routes_ = true;
  open_shard();
}

void orchestrator_state::open_shard() {
  if (loaded_ || !has_routes_ || !to_recover_)
    return;
  // What was interrupted needs the agents that are being started beside us. If some of them do not
  // come up, the others' tasks must not wait for them for ever: what cannot be routed then is
  // retried like any other step.
  const auto& agents = dispatcher_->table()->agents;
  const bool all_up = std::all_of(agents.begin(), agents.end(), [](const seat_ptr& s) {
    return s->state.load(std::memory_order_relaxed) != health::down;
  });
  if (!all_up && ++looked_ < open_looks) {
    self_->delayed_send(self_, open_wait, tick{});
    return;
  }
  loaded_ = true;
  if (!to_recover_->empty())
    parts_->log->info("orchestrator {}: takes up {} tasks", config_.place->where().name,
                      to_recover_->size());
  for (const auto& task : *to_recover_)
    recover(task);
  to_recover_ = nullptr;
  auto stash = std::move(stash_);
  stash_.clear();
  for (const auto& w : stash)
    take(w.what, w.who);
  auto early = std::move(early_watchers_);
  early_watchers_.clear();
  for (const auto& [what, who] : early)
    watch(what, who);
  auto cancels = std::move(early_cancels_);
  early_cancels_.clear();
  for (const auto& x : cancels)
    on_cancel(x);
}

void orchestrator_state::recover(const stored_task& x) {
  auto what = decode_task(x.task_body);
  if (!what) {
    parts_->log->error("task {}: what is stored of it cannot be read: {}", x.id, what.error);
    return;
  }
  const auto slot = new_slot();
  auto& t = *slots_[slot];
  t.what = std::make_shared<const task>(*std::move(what));
  t.recovered = true;
  by_id_.emplace(t.what->id, slot);
  if (!t.what->idempotency_key.empty())
    keys_[t.what->idempotency_key] = t.what->id;
  if (counters_)
    counters_->running.add(1);
  json session_context;
  if (!t.what->context_id.empty()) {
    auto& session = sessions_->open(t.what->context_id, now_);
    sessions_->begin_turn(session, *t.what, now_);
    session_context = session.now.context;
  }
  std::vector<std::string> refused_fields;
  t.context = initial_context(*domain_, *t.what, session_context, refused_fields);
  auto accepted = make_event(t, event_kind::accepted, whole_task, 0);
  accepted.at = x.created;
  t.history.push_back(std::move(accepted));
  for (const auto& body : x.events) {
    auto e = decode_event(body);
    if (!e) {
      parts_->log->error(
          "task {}: an event of it cannot be read, it goes on from the one before: {}", x.id,
          e.error);
      break;
    }
    t.history.push_back(*std::move(e));
  }
  // The next number must be new even if the last event could not be read.
  t.stored = static_cast<std::uint32_t>(x.events.size()) + 1;
  replay(t);
  take_up(t);
}

void orchestrator_state::replay(live_task& t) {
  actions ignored;
  for (const auto& e : t.history) {
    ignored.clear();
    if (e.kind == event_kind::planned) {
      const auto* body = std::get_if<plan_ptr>(&e.body);
      t.how = body ? *body : nullptr;
      if (!t.how)
        continue;
      t.triage = false;
      t.run.emplace(t.how, t.what->deadline);
      t.run->start(e.at, ignored);
    } else if (e.triage && !t.run) {
      actions none;
      now_ = e.at;
      start_triage(t, none);
      t.run->apply(e, ignored);
    } else if (t.run && e.triage == t.triage) {
      t.run->apply(e, ignored);
      learn(t, e);
    }
  }
  now_ = parts_->now(self_);
}

void orchestrator_state::take_up(live_task& t) {
  t.state = task_state::working;
  if (!t.run) {
    start_work(t);
    return;
  }
  actions todo;
  if (t.run->ended()) {
    todo.push_back({plan_action::kind::finish, 0, 0, false});
    carry_out(t, todo);
    return;
  }
  const auto generation = t.generation;
  actions open;
  t.run->open_actions(open);
  for (const auto& a : open) {
    const auto& step = t.run->step(a.step);
    const bool begun = step.status == step_status::running;
    if (!begun) {
      todo.push_back(a);
    } else if (step.asking) {
      if (a.what == plan_action::kind::delegate)
        perform_delegate(t, {effect::kind::delegate, 0, a.step, a.attempt,
                             parts_->places->find(directory::orchestrator_of(
                                 t.run->target_of(a.step).domain, config_.shard))});
      else
        perform_ask(t, a.step, a.attempt);
    } else if (a.what == plan_action::kind::delegate) {
      if (auto to = parts_->places->find(
              directory::orchestrator_of(t.run->target_of(a.step).domain, config_.shard)))
        perform_delegate(t, {effect::kind::delegate, 0, a.step, a.attempt, std::move(to)});
      else
        fail_step(t, a.step, a.attempt, {reason::unavailable, "its domain is gone", {}});
    } else {
      // Nobody knows how far the agent had come. If it may be repeated, it is; else the ladder
      // decides.
      fail_step(t, a.step, a.attempt,
                {reason::crash, "the node ended while " + step.agent + " worked on it", {}});
    }
    if (t.generation != generation || t.ending)
      return;
  }
  carry_out(t, todo);
}

} // namespace troupe
