#include "actors/journal_port.hpp"

#include "actors/tick.hpp"
#include "policies/deadline.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace troupe {

namespace {

constexpr milliseconds store_retry{500};
constexpr milliseconds unstored_looked_at_every{500};
constexpr std::uint32_t no_slot = 0xFFFFFFFF;

} // namespace

void journal_port::begin(caf::event_based_actor* self, seat_ptr journal,
                         std::shared_ptr<std::atomic<std::uint32_t>> among,
                         milliseconds first_look) {
  self_ = self;
  journal_ = std::move(journal);
  out_ = raised_flag{std::move(among)};
  first_look_ = first_look;
}

// -- what is to be stored -----------------------------------------------------

void journal_port::store(store_write&& w, std::uint32_t slot, std::uint32_t generation) {
  line_.add(std::move(w), slot, generation);
  awaited_[slot] = line_.number();
  flush_later();
}

void journal_port::store(store_write&& w) {
  line_.add(std::move(w), no_slot, 0);
  flush_later();
}

std::uint64_t journal_port::awaited(std::uint32_t slot) const {
  const auto batch = awaited_.find(slot);
  return batch == awaited_.end() ? 0 : batch->second;
}

void journal_port::reached(std::uint32_t slot, std::uint64_t number) {
  if (auto batch = awaited_.find(slot); batch != awaited_.end() && batch->second <= number)
    awaited_.erase(batch);
}

void journal_port::flush_later() {
  if (flushing_)
    return;
  // What the messages that are already waiting will add goes into the same batch.
  flushing_ = true;
  if (failing_)
    self_->delayed_send(self_, store_retry, troupe::flush{});
  else
    self_->send(self_, troupe::flush{});
}

void journal_port::flush(timestamp now) {
  flushing_ = false;
  bool reached_it = true;
  if (lost_ || ask_failed_)
    ask_again(now);
  if (failing_) {
    for (auto& batch : line_.again())
      reached_it = reached_it && send_to(self_, journal_, std::move(batch));
    // Whoever waits for nothing would not hear that it works again.
    if (line_.unconfirmed() == 0 && !line_.has_open())
      probe(now);
  }
  if (line_.has_open()) {
    reached_it = send_to(self_, journal_, line_.close(now)) && reached_it;
    look_later(first_look_, now);
  }
  if (!reached_it)
    failed(0, now);
}

// -- what is asked ------------------------------------------------------------

void journal_port::ask(timestamp now, std::function<void(troupe::store&)> what) {
  look_later(stored_within, now);
  using state = open_ask::state;
  std::erase_if(asks_, [](const open_ask& x) { return x.now->load() == state::answered; });
  auto open = std::make_shared<std::atomic<state>>(state::open);
  asks_.push_back({std::move(open), std::move(what)});
  send_ask(asks_.back(), now);
}

void journal_port::send_ask(const open_ask& x, timestamp now) {
  using state = open_ask::state;
  const auto me = caf::actor_cast<caf::actor_addr>(self_);
  if (!send_to(self_, journal_,
               journal_ask{[progress = x.now, me, what = x.what](troupe::store& where) {
                 // It was asked again because a journal had ended, and that was not the one that
                 // had it: a shard that is taken twice would be taken from ourselves.
                 if (progress->load() == state::answered)
                   return;
                 try {
                   what(where);
                   progress->store(state::answered);
                 } catch (const store_error& e) {
                   if (!e.passes())
                     throw;
                   progress->store(state::failed);
                   // Batches are numbered from 1: this is about no batch.
                   if (auto to = caf::actor_cast<caf::actor>(me))
                     caf::anon_send(to, journal_failed{0, e.what(), false});
                 }
               }}))
    down(true, now);
}

void journal_port::ask_again(timestamp now) {
  auto asks = std::move(asks_);
  asks_.clear();
  const bool lost = std::exchange(lost_, false);
  ask_failed_ = false;
  for (auto& x : asks) {
    const auto progress = x.now->load();
    if (progress == open_ask::state::answered)
      continue;
    asks_.push_back(std::move(x));
    if (progress == open_ask::state::failed || lost)
      send_ask(asks_.back(), now);
  }
}

void journal_port::probe(timestamp now) {
  if (std::exchange(probing_, true))
    return;
  auto me = caf::actor_cast<caf::actor>(self_);
  ask(now, [me](troupe::store& where) {
    // They are few, and no task that cannot be read is among them.
    std::ignore = where.orders();
    // Batches are numbered from 1: this is about no batch.
    caf::anon_send(me, journal_stored{0});
  });
}

// -- what is heard ------------------------------------------------------------

journal_line::stakes journal_port::stored(std::uint64_t number, timestamp now) {
  if (number == 0) {
    probing_ = false;
    answered(now);
    return {};
  }
  // One answer is enough to know that it works again.
  failing_ = late_ = false;
  show(now);
  return line_.stored(number);
}

void journal_port::failed(std::uint64_t number, timestamp now) {
  failing_ = true;
  show(now);
  ask_failed_ = ask_failed_ || number == 0;
  if (!flushing_) {
    flushing_ = true;
    self_->delayed_send(self_, store_retry, troupe::flush{});
  }
}

void journal_port::down(bool wait, timestamp now) {
  // Its successor knows nothing of what this one had been given, and may not sit there yet.
  lost_ = true;
  failing_ = true;
  show(now);
  if (std::exchange(flushing_, true))
    return;
  // A question that looks whether the store works must not end one journal after the other.
  self_->delayed_send(self_, wait || probing_ ? store_retry : milliseconds{0}, troupe::flush{});
}

void journal_port::answered(timestamp now) {
  if (line_.unconfirmed() > 0 || ask_failed_)
    return;
  failing_ = late_ = false;
  show(now);
}

void journal_port::show(timestamp now) {
  const bool out = failing_ || late_;
  if (out_.raise(out) && out)
    since_ = now;
}

// -- what waits ---------------------------------------------------------------

void journal_port::look_later(milliseconds wait, timestamp now) {
  const auto due = later(now, wait);
  if (look_at_ <= due)
    return;
  look_at_ = due;
  self_->delayed_send(self_, wait, tick{});
}

bool journal_port::wants_look(timestamp now) {
  if (now < look_at_)
    return false;
  look_at_ = no_deadline;
  return line_.unconfirmed() > 0 || line_.has_open() ||
         std::any_of(asks_.begin(), asks_.end(),
                     [](const open_ask& x) { return x.now->load() != open_ask::state::answered; });
}

void journal_port::looked(bool too_long, timestamp now) {
  if (too_long) {
    late_ = true;
    show(now);
    if (line_.unconfirmed() == 0)
      probe(now);
  }
  look_later(unstored_looked_at_every, now);
}

} // namespace troupe
