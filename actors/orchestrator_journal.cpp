#include "actors/act_name.hpp"
#include "actors/orchestrator.hpp"

#include "actors/cluster_messages.hpp"
#include "src/wire/codec.hpp"

#include <algorithm>

namespace troupe {

namespace {

/// It need not wait until the task is on disk (`durability: task`): if the task never gets there,
/// nobody has heard of it, nothing was changed and nothing paid for, and it may be done again. The
/// task is then stored with its end, so that it waits for the disk once and not twice.
bool leaves_nothing_behind(const live_task& t, const effect& e) {
  // Nobody builds on what was done outside before it is on record.
  if (t.what->keep != durability::task || t.steps_kept || !t.ledger.empty())
    return false;
  if (e.what == effect::kind::start)
    // Whoever follows its progress hears first that it is accepted.
    return std::none_of(t.watchers.begin(), t.watchers.end(),
                        [](const auto& w) { return w.progress; });
  return e.what == effect::kind::call && !acts(t, *e.to) && e.to->costs_nothing();
}

} // namespace

void orchestrator_state::own(store_write& w) const {
  w.shard = config_.shard;
  w.epoch = epoch_;
}

void orchestrator_state::retire() {
  parts_->log->error("orchestrator {}: its shard has another owner; it stops here",
                     config_.place->where().name);
  send_to(self_, config_.keeper, shard_fenced{domain_->path, config_.shard, epoch_});
  self_->quit();
}

void orchestrator_state::store(live_task& t, store_write&& w) {
  own(w);
  journal_.store(std::move(w), t.slot, t.generation);
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
  journal_.flush(now_);
}

void orchestrator_state::on_stored(const journal_stored& x) {
  now_ = parts_->now(self_);
  for (auto [slot, generation] : journal_.stored(x.token, now_))
    if (auto* t = tasks_.at(slot, generation))
      release(*t, x.token);
}

void orchestrator_state::on_store_failed(const journal_failed& x) {
  if (x.fenced) {
    retire();
    return;
  }
  now_ = parts_->now(self_);
  journal_.failed(x.token, now_);
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
  if (const auto batch = journal_.awaited(t.slot); batch != 0 && !leaves_nothing_behind(t, e)) {
    e.after = batch;
    t.held.push_back(std::move(e));
    return;
  }
  perform(t, std::move(e));
}

void orchestrator_state::release(live_task& t, std::uint64_t stored) {
  const auto slot = t.slot;
  const auto generation = t.generation;
  journal_.reached(slot, stored);
  while (true) {
    auto* same = tasks_.at(slot, generation);
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
