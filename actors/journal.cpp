#include "actors/journal.hpp"

#include "actors/tick.hpp"
#include "src/telemetry/metrics.hpp"

#include <algorithm>
#include <span>

namespace troupe {

namespace {

constexpr milliseconds between_bites{50};
constexpr milliseconds between_prunings{60000};

} // namespace

void journal_state::init(caf::event_based_actor* self, parts_ptr parts,
                         std::shared_ptr<store> where) {
  self_ = self;
  parts_ = std::move(parts);
  store_ = std::move(where);
  self_->delayed_send(self_, between_prunings, tick{});
}

void journal_state::on_append(const journal_append& x) {
  auto from = caf::actor_cast<caf::actor>(self_->current_sender());
  // Audit records of the doors come from nobody: none of them waits for another.
  if (from) {
    auto& next = next_.try_emplace(from.id(), x.oldest).first->second;
    if (x.token > next) {
      self_->send(from, journal_failed{x.token, "what comes before it is not stored yet", false});
      return;
    }
    next = std::max(next, x.token + 1);
  }
  gathered_.push_back(x.writes);
  waiting_.push_back({std::move(from), x.token});
  if (!flushing_) {
    // The mailbox is first in, first out: when this comes back, all that was waiting has been
    // gathered.
    flushing_ = true;
    self_->send(self_, flush{});
  }
}

void journal_state::commit(std::span<const std::span<const store_write>> batches) {
  auto* counters = parts_->counters ? parts_->counters->journal() : nullptr;
  const auto began = std::chrono::steady_clock::now();
  store_->apply_together(batches);
  if (!counters)
    return;
  counters->commits.add();
  for (const auto& x : batches)
    counters->rows.add(x.size());
  counters->duration.observe(
      std::chrono::duration_cast<microseconds>(std::chrono::steady_clock::now() - began));
}

journal_state::fate journal_state::try_commit(std::span<const std::span<const store_write>> batches,
                                              std::span<const waiting> callers) {
  try {
    commit(batches);
    for (const auto& w : callers)
      if (w.who)
        self_->send(w.who, journal_stored{w.token});
    return fate::settled;
  } catch (const store_error& e) {
    if (e.why() == store_error::kind::fenced && callers.size() > 1)
      return fate::mixed;
    if (parts_->counters)
      parts_->counters->journal()->failed_commits.add();
    std::size_t writes = 0;
    for (const auto& x : batches)
      writes += x.size();
    parts_->log->error("journal: {} writes were not stored: {}", writes, e.what());
    const bool fenced = e.why() == store_error::kind::fenced;
    for (const auto& w : callers) {
      if (!w.who)
        continue;
      auto& next = next_[w.who.id()];
      next = std::min(next, w.token);
      self_->send(w.who, journal_failed{w.token, e.what(), fenced});
    }
    if (fenced || e.passes())
      return fate::settled;
    throw;
  }
}

void journal_state::on_flush() {
  flushing_ = false;
  auto gathered = std::move(gathered_);
  auto callers = std::move(waiting_);
  gathered_.clear();
  waiting_.clear();
  if (gathered.empty())
    return;
  std::vector<std::span<const store_write>> batches;
  batches.reserve(gathered.size());
  for (const auto& writes : gathered)
    batches.emplace_back(*writes);
  if (try_commit(batches, callers) == fate::settled)
    return;
  // One of them is too late, the others are not.
  for (std::size_t i = 0; i < callers.size(); ++i) {
    const auto& w = callers[i];
    if (w.who && w.token > next_[w.who.id()])
      self_->send(w.who, journal_failed{w.token, "what comes before it was not stored", false});
    else
      try_commit({&batches[i], 1}, {&w, 1});
  }
}

caf::result<void> journal_state::on_ask(const journal_ask& x) {
  // Questions see what was appended before them.
  if (!gathered_.empty())
    on_flush();
  try {
    x.what(*store_);
  } catch (const store_error& e) {
    parts_->log->error("journal: a question to the store failed: {}", e.what());
    if (!e.passes())
      throw;
    // Only a request has somebody who takes an error.
    if (self_->current_mailbox_element()->mid.is_request())
      return failure_error(e.what());
  }
  return caf::unit;
}

std::size_t journal_state::prune() {
  const auto now = parts_->now(self_);
  const auto& fleet = parts_->fleet;
  const auto old = store_->prune(now - std::chrono::hours{24} * fleet.task_days, bite);
  if (old == bite || fleet.max_store_bytes == 0 || store_->bytes() <= fleet.max_store_bytes)
    return old;
  return store_->prune(now, bite);
}

void journal_state::on_tick() {
  bool more = false;
  try {
    more = prune() == bite;
  } catch (const store_error& e) {
    // What cannot be forgotten now is forgotten later; a store that is broken says so to a commit.
    parts_->log->warn("journal: old tasks were not removed: {}", e.what());
  }
  self_->delayed_send(self_, more ? between_bites : between_prunings, tick{});
}

caf::behavior journal(caf::stateful_actor<journal_state>* self, parts_ptr parts,
                      std::shared_ptr<store> where) {
  guard(self, parts, "journal");
  state_of(self).init(self, std::move(parts), std::move(where));
  return {
      [self](const journal_append& x) { state_of(self).on_append(x); },
      [self](flush) {
        auto& state = state_of(self);
        state.on_flush();
      },
      [self](const journal_ask& x) { return state_of(self).on_ask(x); },
      [self](tick) { state_of(self).on_tick(); },
  };
}

} // namespace troupe
