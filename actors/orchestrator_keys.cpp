#include "actors/orchestrator.hpp"

#include "policies/same_request.hpp"
#include "src/wire/codec.hpp"

namespace troupe {

// An idempotency key is of one task in the whole domain, whatever its sessions and shards.
//
// In a shard, `keys_` knows the requests that run or wait, and one orchestrator decides about all
// of them. Between shards the store decides: before a request that is to be stored goes on, its key
// is claimed there for its shard, and of two shards one gets it. The write that opens the task
// removes the claim, so that a key is a claim's or a task's at every instant.
//
// - Refused before its task has begun (its session is busy, its deadline has passed, the store did
//   not answer in time): the claim is given up.
// - The orchestrator, its node or its machine ends with a claim: whoever takes the shard has a
//   newer epoch, which makes the claim void, and what the former owner still wants to open is
//   refused. Nobody was told of the task, and the next request with the key gets it, whatever it
//   asks for.
// - The owner is frozen and claims when the shard is another's already: under its old epoch, and so
//   void from the beginning.
// - The journal ends after the claim, or the answer is lost: the store is asked again, and says the
//   same. The task that was opened is written again; it is the same one.
// - Two requests of one shard: the newer claim stays, as this one place knows what became of the
//   older.
//
// Tasks that are not stored (`durability: none`, a node without a store) claim nothing: their keys
// are known where they run and nowhere else.

/// The key was used before, for `known` (null: nobody can say for what). True: for the same, or so
/// it has to be assumed.
bool orchestrator_state::key_fits(const submit_task& x, const caf::actor& from, const task* known) {
  if (!known || same_request(*known, *x.what))
    return true;
  refuse(from, x.what->id, refusal::conflict,
         "the idempotency key was used for another request, which is task " + known->id);
  return false;
}

/// Who asks for a task that has the key here, and runs, waits or has ended, is answered. False:
/// none has it.
bool orchestrator_state::answer_by_key(const submit_task& x, const caf::actor& from) {
  const auto hit = keys_.find(x.what->idempotency_key);
  if (hit == keys_.end())
    return false;
  const auto first = hit->second;
  auto* running = tasks_.find(first->id);
  auto* waits = running ? nullptr : sessions_->find_waiting(*first);
  auto ended = running || waits ? nullptr : finished_->find(first->id);
  if (!running && !waits && !ended)
    return false;
  if (!key_fits(x, from, first.get()))
    return true;
  if (running) {
    acknowledge(*running, from, x.watch, x.what->id);
  } else if (waits) {
    if (!sessions_->wait_with(*waits, {x, from}))
      refuse(from, x.what->id, refusal::busy, "too many wait for task " + first->id, come_back);
  } else {
    self_->send(from, task_accepted{first->id, true, x.what->id});
    self_->send(from, task_ended{std::move(ended)});
  }
  return true;
}

bool orchestrator_state::claims_key(const task& t) const {
  return !t.idempotency_key.empty() && config_.journal && t.keep != durability::none;
}

/// True: the task is new and goes on.
bool orchestrator_state::take_key(const submit_task& x, const caf::actor& from) {
  if (answer_by_key(x, from))
    return false;
  if (!claims_key(*x.what))
    return true;
  session_book::waiting w{x, from, {}, now_};
  const auto bytes = w.bytes();
  if (!key_lines_.add(std::move(w), domain_->sessions.queue_limit)) {
    refuse(from, x.what->id, refusal::busy, "the key is being looked up", come_back);
    return false;
  }
  bytes_ += bytes;
  claim_keys();
  return false;
}

void orchestrator_state::claim_keys() {
  auto wanted = key_lines_.next();
  if (wanted.empty())
    return;
  auto me = caf::actor_cast<caf::actor>(self_);
  journal_.ask(now_, [me, wanted = std::move(wanted), path = domain_->path, shard = config_.shard,
                      epoch = epoch_](troupe::store& where) {
    auto holders = where.claim_keys(path, shard, epoch, wanted);
    keys_claimed out;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      auto& x = out.all.emplace_back(claimed_key{wanted[i], std::move(holders.at(i)), nullptr});
      if (auto stored = x.now.opened ? where.task(x.now.id) : std::nullopt)
        if (auto what = decode_task(stored->task_body))
          x.what = std::make_shared<const task>(*std::move(what));
    }
    caf::anon_send(me, std::move(out));
  });
}

void orchestrator_state::give_key_up(const task& t) {
  if (claims_key(t))
    journal_.ask(now_, [path = domain_->path, key = t.idempotency_key,
                        id = t.id](troupe::store& where) { where.release_key(path, key, id); });
}

void orchestrator_state::on_keys_claimed(const keys_claimed& x) {
  now_ = parts_->now(self_);
  key_lines_.answered();
  for (const auto& key : x.all)
    settle_key(key);
  claim_keys();
}

void orchestrator_state::settle_key(const claimed_key& x) {
  const bool ours = !x.now.opened && x.now.id == x.asked.id;
  bool begun = false;
  for (auto& w : key_lines_.take(x.asked.key)) {
    bytes_ -= w.bytes();
    const auto& id = w.what.what->id;
    const bool claimed = ours && !begun && id == x.now.id;
    if (w.refused) {
      if (claimed)
        give_key_up(*w.what.what);
      continue;
    }
    if (answer_by_key(w.what, w.who)) {
      // One that is not stored has taken the key meanwhile.
      if (claimed)
        give_key_up(*w.what.what);
      continue;
    }
    if (x.now.opened) {
      answer_by_stored(w, x);
    } else if (claimed) {
      begun = true;
      begin_in_session(w.what, w.who);
    } else if (ours || x.now.id.empty()) {
      // Whoever had it has given it up.
      take_key(w.what, w.who);
    } else {
      // For what nobody knows before it is stored: it may be this very request, sent before.
      refuse(w.who, id, refusal::busy,
             "the idempotency key is of a request that is being taken, as task " + x.now.id,
             come_back);
    }
  }
}

/// Who has the key is stored: whoever asks becomes one of its watchers, or finds its stored end
/// through the front desk.
void orchestrator_state::answer_by_stored(const session_book::waiting& w, const claimed_key& x) {
  if (!key_fits(w.what, w.who, x.what.get()))
    return;
  const auto& first = x.now.id;
  if (auto* known = tasks_.find(first)) {
    acknowledge(*known, w.who, w.what.watch, w.what.what->id);
    return;
  }
  self_->send(w.who, task_accepted{first, true, w.what.what->id});
  if (auto ended = finished_->find(first))
    self_->send(w.who, task_ended{std::move(ended)});
  else
    self_->send(w.who,
                task_refused{first, {refusal::unknown_task, "ended before the last restart", {}}});
}

} // namespace troupe
