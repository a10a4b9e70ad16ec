#include "actors/journal.hpp"

#include "src/telemetry/metrics.hpp"

#include <algorithm>
#include <span>

namespace troupe {

void journal_state::init(caf::event_based_actor* self, parts_ptr parts,
                         std::shared_ptr<store> where) {
  self_ = self;
  parts_ = std::move(parts);
  store_ = std::move(where);
}

void journal_state::on_append(const journal_append& x) {
  auto from = caf::actor_cast<caf::actor>(self_->current_sender());
  auto& next = next_.try_emplace(from.id(), x.oldest).first->second;
  if (x.token > next) {
    self_->send(from, journal_failed{x.token, "what comes before it is not stored yet", false});
    return;
  }
  next = std::max(next, x.token + 1);
  gathered_.push_back(x.writes);
  waiting_.push_back({std::move(from), x.token});
  if (!flushing_) {
    // The mailbox is first in, first out: when this comes back, all that was waiting has been
    // gathered.
    flushing_ = true;
    self_->send(self_, flush{});
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
  std::vector<store_write> joined;
  if (gathered.size() > 1)
    for (const auto& part : gathered)
      joined.insert(joined.end(), part->begin(), part->end());
  const std::span<const store_write> batch = gathered.size() > 1 ? joined : *gathered.front();
  auto* counters = parts_->counters ? parts_->counters->journal() : nullptr;
  try {
    const auto began = std::chrono::steady_clock::now();
    store_->apply(batch);
    if (counters) {
      counters->commits.add();
      counters->rows.add(batch.size());
      counters->duration.observe(
          std::chrono::duration_cast<microseconds>(std::chrono::steady_clock::now() - began));
    }
  } catch (const store_error& e) {
    if (counters)
      counters->failed_commits.add();
    parts_->log->error("journal: {} writes were not stored: {}", batch.size(), e.what());
    for (const auto& w : callers) {
      auto& next = next_[w.who.id()];
      next = std::min(next, w.token);
      self_->send(w.who, journal_failed{w.token, e.what(), false});
    }
    if (e.why() == store_error::kind::full || e.why() == store_error::kind::busy)
      return;
    throw;
  }
  for (const auto& w : callers)
    self_->send(w.who, journal_stored{w.token});
}

void journal_state::on_ask(const journal_ask& x) {
  // Questions see what was appended before them.
  if (!gathered_.empty())
    on_flush();
  try {
    x.what(*store_);
  } catch (const store_error& e) {
    parts_->log->error("journal: a question to the store failed: {}", e.what());
    throw;
  }
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
      [self](const journal_ask& x) { state_of(self).on_ask(x); },
  };
}

} // namespace troupe
