#include "actors/journal.hpp"

#include "actors/tick.hpp"
#include "src/telemetry/metrics.hpp"

#include <algorithm>
#include <span>
#include <utility>

namespace troupe {

namespace {

constexpr milliseconds between_bites{50};
constexpr milliseconds between_prunings{60000};
/// For want of room, the tasks, sessions and costs of one such span go before any of the next one.
constexpr std::chrono::hours portion{24};

/// Sessions that have been used after this may be in memory, in whichever domain.
timestamp idle_since(const node_parts& parts, timestamp now) {
  constexpr milliseconds most = std::chrono::hours{24} * 36500;
  milliseconds longest{};
  if (const auto version = parts.current())
    for (const auto& [path, domain] : version->domains)
      longest = std::max(longest, std::min(domain.spec->sessions.idle_limit, most));
  return now - longest;
}

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
    // What comes before the oldest is on disk, though a second copy of it may have failed here.
    next = std::max(next, x.oldest);
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

bool journal_state::prune() {
  const auto now = parts_->now(self_);
  const auto by_age = now - std::chrono::hours{24} * parts_->fleet.task_days;
  const auto idle = idle_since(*parts_, now);
  return store_->prune({by_age, idle}, bite) == bite || make_room(now, by_age, idle);
}

bool journal_state::make_room(timestamp now, timestamp by_age, timestamp idle) {
  const auto most = parts_->fleet.max_store_bytes;
  const auto size = most == 0 ? 0 : store_->bytes();
  if (size <= most) {
    if (std::exchange(cramped_, false))
      parts_->log->info("journal: the store is within history.max_size again");
    return false;
  }
  const auto last = now - spared;
  emptied_ = std::min(std::max(emptied_, by_age), last);
  if (store_->prune({emptied_, idle}, bite) == bite)
    return true;
  // By the next look at it, what was the last day is a moment older.
  if (last - emptied_ > between_prunings) {
    emptied_ = std::min(emptied_ + portion, last);
    return true;
  }
  if (!std::exchange(cramped_, true))
    parts_->log->warn("journal: the store has {} bytes, more than history.max_size ({}), although "
                      "what was last written {} hours ago or earlier is forgotten as far as it may "
                      "be; what is younger stays",
                      size, most, spared.count());
  return false;
}

void journal_state::on_tick() {
  bool more = false;
  try {
    more = prune();
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
