#include "actors/orchestrator.hpp"

#include "src/telemetry/log.hpp"
#include "src/wire/codec.hpp"

#include <algorithm>

namespace troupe {

void orchestrator_state::begin_in_session(const submit_task& x, const caf::actor& from) {
  const auto& id = x.what->context_id;
  if (id.empty()) {
    begin(x, from, {});
    return;
  }
  const bool fresh = sessions_->find(id) == nullptr;
  auto& e = sessions_->open(id, now_);
  // A task that is not stored still goes on in a session that is: what is stored comes first.
  const bool ask = fresh && config_.journal;
  if (!ask && e.working_on.empty() && e.line.empty() && !e.loading) {
    begin(x, from, e.now.context);
    return;
  }
  const auto& limits = domain_->sessions;
  if (!ask && !e.loading && limits.busy == when_busy::reject) {
    give_key_up(*x.what);
    refuse(from, x.what->id, refusal::conflict, "the session is still working on " + e.working_on);
    return;
  }
  // The first message waits for the store and for no other message: the limit is not about it.
  if (!ask && e.line.size() >= limits.queue_limit) {
    give_key_up(*x.what);
    refuse(from, x.what->id, refusal::busy, "too many messages wait for this session", come_back);
    return;
  }
  // Its key is its own from now on, not only when its turn has come.
  if (const auto& key = x.what->idempotency_key; !key.empty())
    keys_[key] = x.what;
  sessions_->enqueue(e, {x, from, {}, now_});
  bytes_ += e.line.back().bytes();
  arm();
  if (ask) {
    e.loading = true;
    auto me = caf::actor_cast<caf::actor>(self_);
    journal_.ask(now_, [me, id, path = domain_->path](troupe::store& where) {
      caf::anon_send(me, session_loaded{id, where.session(path, id).value_or("")});
    });
  } else if (limits.busy == when_busy::interrupt && !e.working_on.empty()) {
    on_cancel({e.working_on, "interrupted by a newer message of the same session"});
  }
}

void orchestrator_state::on_session_loaded(const session_loaded& x) {
  now_ = parts_->now(self_);
  auto* e = loaded_ ? sessions_->find(x.id) : &sessions_->open(x.id, now_);
  // Asked twice, when the journal failed in between, it is answered twice.
  if (!e || (loaded_ && !e->loading))
    return;
  e->loading = false;
  if (!x.body.empty()) {
    if (auto stored = decode_session(x.body))
      sessions_->take_stored(*e, *std::move(stored));
    else
      parts_->log->error("session {}: what is stored of it cannot be read: {}", x.id, stored.error);
  }
  if (e->working_on.empty())
    next_of_session(x.id);
}

void orchestrator_state::next_of_session(const std::string& id) {
  auto* e = sessions_->find(id);
  if (!e || !e->working_on.empty() || e->loading)
    return;
  if (e->line.empty()) {
    // Before the shard is loaded, tasks are to be taken up that go on in it.
    if (loaded_)
      sessions_->rest(*e, now_);
    return;
  }
  const auto next = sessions_->dequeue(*e);
  bytes_ -= next.bytes();
  begin(next.what, next.who, e->now.context);
  // It may have ended already.
  for (const auto& w : next.also)
    if (!answer_by_key(w.what, w.who))
      refuse(w.who, w.what.what->id, refusal::busy, "what it waited for is not known any more",
             come_back);
}

void orchestrator_state::bind_session(session_book::entry& session,
                                      const std::string& replica) const {
  const auto end = replica.find('#');
  if (end == std::string::npos)
    return;
  auto& all = session.now.instances;
  const auto known = std::find_if(all.begin(), all.end(), [&](const std::string& x) {
    return x.compare(0, end + 1, replica, 0, end + 1) == 0;
  });
  if (known == all.end()) {
    all.push_back(replica);
    return;
  }
  if (*known == replica)
    return;
  const auto place = parts_->places->find({address_kind::agent, *known});
  if (!place || !place->serves())
    *known = replica;
}

void orchestrator_state::end_waits() {
  while (sessions_->next_due() <= now_) {
    send_away(sessions_->withdraw_overdue(), refusal::timeout,
              "its deadline passed while it waited for its turn in the session");
  }
}

void orchestrator_state::send_away(const session_book::waiting& x, refusal why, const char* detail,
                                   milliseconds wait) {
  bytes_ -= x.bytes();
  if (const auto& key = x.what.what->idempotency_key; !key.empty())
    keys_.erase(key);
  give_key_up(*x.what.what);
  refuse(x.who, x.what.what->id, why, detail, wait);
  for (const auto& w : x.also)
    refuse(w.who, w.what.what->id, why, detail, wait);
}

} // namespace troupe
