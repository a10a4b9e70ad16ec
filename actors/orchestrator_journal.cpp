#include "actors/orchestrator.hpp"

#include "actors/cluster_messages.hpp"
#include "actors/tick.hpp"
#include "src/wire/codec.hpp"

#include <algorithm>

namespace troupe {

namespace {

constexpr milliseconds store_retry{500};

} // namespace

void orchestrator_state::own(store_write& w) const {
  w.shard = config_.shard;
  w.epoch = epoch_;
}

void orchestrator_state::flush_later() {
  if (flushing_)
    return;
  // What the messages that are already waiting will add goes into the same batch.
  flushing_ = true;
  if (store_failing_)
    self_->delayed_send(self_, store_retry, flush{});
  else
    self_->send(self_, flush{});
}

void orchestrator_state::ask_journal(std::function<void(troupe::store&)> what) {
  look_at_unstored_later(stored_within);
  using state = open_ask::state;
  std::erase_if(asks_, [](const open_ask& x) { return x.now->load() == state::answered; });
  auto now = std::make_shared<std::atomic<state>>(state::open);
  asks_.push_back({std::move(now), std::move(what)});
  send_ask(asks_.back());
}

void orchestrator_state::send_ask(const open_ask& x) {
  using state = open_ask::state;
  const auto me = caf::actor_cast<caf::actor_addr>(self_);
  if (!send_to(self_, config_.journal,
               journal_ask{[now = x.now, me, what = x.what](troupe::store& where) {
                 // It was asked again because a journal had ended, and that was not the one that
                 // had it: a shard that is taken twice would be taken from ourselves.
                 if (now->load() == state::answered)
                   return;
                 try {
                   what(where);
                   now->store(state::answered);
                 } catch (const store_error& e) {
                   if (!e.passes())
                     throw;
                   now->store(state::failed);
                   // Batches are numbered from 1: this is about no batch.
                   if (auto to = caf::actor_cast<caf::actor>(me))
                     caf::anon_send(to, journal_failed{0, e.what(), false});
                 }
               }}))
    on_journal_down(true);
}

void orchestrator_state::ask_again() {
  auto asks = std::move(asks_);
  asks_.clear();
  const bool lost = std::exchange(journal_lost_, false);
  ask_failed_ = false;
  for (auto& x : asks) {
    const auto now = x.now->load();
    if (now == open_ask::state::answered)
      continue;
    asks_.push_back(std::move(x));
    if (now == open_ask::state::failed || lost)
      send_ask(asks_.back());
  }
}

void orchestrator_state::on_journal_down(bool wait) {
  // Its successor knows nothing of what this one had been given, and may not sit there yet.
  journal_lost_ = true;
  store_failing_ = true;
  show_unstored();
  if (std::exchange(flushing_, true))
    return;
  // A question that looks whether the store works must not end one journal after the other.
  self_->delayed_send(self_, wait || probing_ ? store_retry : milliseconds{0}, flush{});
}

void orchestrator_state::retire() {
  parts_->log->error("orchestrator {}: its shard has another owner; it stops here",
                     config_.place->where().name);
  send_to(self_, config_.keeper, shard_fenced{domain_->path, config_.shard, epoch_});
  self_->quit();
}

void orchestrator_state::store(live_task& t, store_write&& w) {
  own(w);
  line_.add(std::move(w), t.slot, t.generation);
  last_batch_[t.slot] = line_.number();
  flush_later();
}

void orchestrator_state::store_event(live_task& t, const event& e) {
  if (!config_.journal)
    return;
  if (t.what->keep == durability::task && e.kind == event_kind::planned)
    if (const auto* body = std::get_if<plan_ptr>(&e.body);
        body && *body && (takes_back(**body) || meets_old_answers(t.by->domain, **body)))
      t.steps_kept = t.plan_kept = true;
  if (t.goes_on_by_step())
    append_event(t, e);
}

void orchestrator_state::append_event(live_task& t, const event& e) {
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
  now_ = parts_->now(self_);
  flushing_ = false;
  bool reached = true;
  if (journal_lost_ || ask_failed_)
    ask_again();
  if (store_failing_) {
    for (auto& batch : line_.again())
      reached = reached && send_to(self_, config_.journal, std::move(batch));
    // Whoever waits for nothing would not hear that it works again.
    if (line_.unconfirmed() == 0 && !line_.has_open())
      probe_store();
  }
  if (line_.has_open()) {
    reached = send_to(self_, config_.journal, line_.close(now_)) && reached;
    look_at_unstored_later(parts_->cluster ? slow_commit : stored_within);
  }
  if (!reached)
    on_store_failed({});
}

void orchestrator_state::on_stored(const journal_stored& x) {
  now_ = parts_->now(self_);
  if (x.token == 0) {
    probing_ = false;
    heard_from_store();
    return;
  }
  // One answer is enough to know that it works again.
  store_failing_ = store_late_ = false;
  show_unstored();
  for (auto [slot, generation] : line_.stored(x.token))
    if (auto* t = live(slot, generation))
      release(*t, x.token);
}

void orchestrator_state::on_store_failed(const journal_failed& x) {
  if (x.fenced) {
    retire();
    return;
  }
  now_ = parts_->now(self_);
  store_failing_ = true;
  show_unstored();
  ask_failed_ = ask_failed_ || x.token == 0;
  if (!flushing_) {
    flushing_ = true;
    self_->delayed_send(self_, store_retry, flush{});
  }
}

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
      sessions_->end_turn(*session, *t.news(), lasting(t.by->domain, t.context), now_, true);
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
    unmark_version(t);
  }
  if (auto batch = last_batch_.find(t.slot);
      batch != last_batch_.end() && !leaves_nothing_behind(t, e)) {
    e.after = batch->second;
    t.held.push_back(std::move(e));
    return;
  }
  perform(t, std::move(e));
}

bool orchestrator_state::leaves_nothing_behind(const live_task& t, const effect& e) {
  // Nobody builds on what was done outside before it is on record.
  if (t.what->keep != durability::task || t.steps_kept || !t.ledger.empty())
    return false;
  if (e.what == effect::kind::start)
    // Whoever follows its progress hears first that it is accepted.
    return std::none_of(t.watchers.begin(), t.watchers.end(),
                        [](const auto& w) { return w.progress; });
  return e.what == effect::kind::call && !acts(t, e.to) && e.to->costs_nothing();
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
    auto next = std::move(same->held.front());
    same->held.erase(same->held.begin());
    perform(*same, std::move(next));
  }
}

void orchestrator_state::perform(live_task& t, effect e) {
  switch (e.what) {
  case effect::kind::accept:
    t.accepted = true;
    for (const auto& w : t.watchers)
      if (w.confirm)
        self_->send(w.who, task_accepted{t.what->id, false, {}});
    for (const auto& [who, id] : t.asked_again)
      self_->send(who, task_accepted{t.what->id, true, id});
    t.asked_again.clear();
    break;
  case effect::kind::start:
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
    perform_ask(t, e);
    break;
  case effect::kind::settle:
    perform_settle(t, e);
    break;
  case effect::kind::end:
    if (auto* session =
            t.what->context_id.empty() ? nullptr : sessions_->find(t.what->context_id)) {
      // The turn of a stored task was ended when its end was written.
      if (t.what->keep != durability::none && config_.journal)
        session->working_on.clear();
      else
        sessions_->end_turn(*session, *t.news(), lasting(t.by->domain, t.context), now_, false);
    }
    end(t);
    break;
  }
}

} // namespace troupe
