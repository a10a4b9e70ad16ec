#include "actors/journal.hpp"

#include <iterator>

namespace troupe {

void journal_state::init(caf::event_based_actor* self, parts_ptr parts, std::shared_ptr<store> where) {
  self_ = self;
  parts_ = std::move(parts);
  store_ = std::move(where);
}

void journal_state::on_append(const journal_append& x) {
  batch_.insert(batch_.end(), std::make_move_iterator(x.writes->begin()), std::make_move_iterator(x.writes->end()));
  waiting_.push_back({caf::actor_cast<caf::actor>(self_->current_sender()), x.token});
  if (!flushing_) {
    // The mailbox is first in, first out: when this comes back, all that was waiting has been gathered.
    flushing_ = true;
    self_->send(self_, flush{});
  }
}

void journal_state::on_flush() {
  flushing_ = false;
  auto batch = std::move(batch_);
  auto waiting = std::move(waiting_);
  batch_.clear();
  waiting_.clear();
  if (batch.empty() && waiting.empty())
    return;
  try {
    store_->apply(batch);
  } catch (const store_error& e) {
    parts_->log->error("journal: {} writes were not stored: {}", batch.size(), e.what());
    for (const auto& w : waiting)
      self_->send(w.who, journal_failed{w.token, e.what()});
    if (e.why() == store_error::kind::full || e.why() == store_error::kind::busy)
      return;
    throw;
  }
  for (const auto& w : waiting)
    self_->send(w.who, journal_stored{w.token});
}

void journal_state::on_ask(const journal_ask& x) {
  // Questions see what was appended before them.
  if (!batch_.empty())
    on_flush();
  try {
    x.what(*store_);
  } catch (const store_error& e) {
    parts_->log->error("journal: a question to the store failed: {}", e.what());
    throw;
  }
}

caf::behavior journal(caf::stateful_actor<journal_state>* self, parts_ptr parts, std::shared_ptr<store> where) {
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
