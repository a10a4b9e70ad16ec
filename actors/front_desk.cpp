#include "actors/front_desk.hpp"

#include "actors/tick.hpp"
#include "src/store/store.hpp"

#include <algorithm>
#include <utility>

namespace troupe {

namespace {

constexpr milliseconds tick_every{200};
constexpr milliseconds look_for_next{20}; ///< orchestrator, while tasks wait for one

} // namespace

void front_desk_state::init(caf::event_based_actor* self, parts_ptr parts, seat_ptr place,
                            seat_ptr journal, seat_ptr human_desk) {
  self_ = self;
  parts_ = std::move(parts);
  place_ = std::move(place);
  journal_ = std::move(journal);
  human_desk_ = std::move(human_desk);
  parts_->places->watch(place_);
  parts_->places->watch_arrivals(place_, address_kind::domain);
  look_by(later(parts_->now(self_), tick_every));
}

front_desk_state::~front_desk_state() {
  closing_ = true;
  try_again();
  tasks_.close();
  sessions_.close();
  views_.close();
  queues_.close();
  answers_.close();
  homes_asked_.close();
  for (auto& [number, w] : watches_)
    if (w.refused_)
      w.refused_(stopping());
}

std::vector<seat_ptr> front_desk_state::orchestrators_of_shard(std::uint32_t shard,
                                                               const domain_scope& within) const {
  std::vector<seat_ptr> out;
  for (const auto& [path, shards] : parts_->versions->orchestrators())
    if (is_within(path, within))
      out.push_back(shards[shard % shards.size()]);
  return out;
}

std::vector<seat_ptr> front_desk_state::orchestrators(const std::string& of,
                                                      const domain_scope& within) const {
  std::vector<seat_ptr> out;
  for (const auto& [path, shards] : parts_->versions->orchestrators())
    if ((of.empty() || of == path) && is_within(path, within))
      out.insert(out.end(), shards.begin(), shards.end());
  return out;
}

void front_desk_state::on_tick() {
  const auto now = parts_->now(self_);
  if (now < armed_)
    return; // An earlier one has been asked for since.
  armed_ = no_deadline;
  tasks_.expire(now);
  sessions_.expire(now);
  views_.expire(now);
  queues_.expire(now);
  answers_.expire(now);
  homes_asked_.expire(now);
  place_orphans();
  try_again();
  look_by(later(now, tick_every));
}

journal_ask front_desk_state::for_journal(std::function<void(store&, std::uint64_t)> what,
                                          std::uint64_t request) const {
  return {[what = std::move(what), request,
           me = caf::actor_cast<caf::actor_addr>(self_)](store& where) {
    try {
      what(where, request);
    } catch (const store_error& e) {
      if (!e.passes())
        throw;
      if (auto desk = caf::actor_cast<caf::actor>(me))
        caf::anon_send(desk, at_front_desk{[request](front_desk_state& x) { x.put_off(request); }});
    }
  }};
}

void front_desk_state::put_off(std::uint64_t request) {
  tasks_.put_off(request);
  sessions_.put_off(request);
  views_.put_off(request);
  homes_asked_.put_off(request);
}

void front_desk_state::try_later(std::function<void()> what) {
  later_.push_back(std::move(what));
  look_by(no_deadline);
}

void front_desk_state::try_again() {
  for (const auto& what : std::exchange(later_, {}))
    what();
}

void front_desk_state::look_by(timestamp due) {
  const auto now = parts_->now(self_);
  if (!orphans_.empty() || !later_.empty())
    due = std::min(due, later(now, look_for_next));
  if (due >= armed_)
    return;
  armed_ = due;
  self_->delayed_send(self_, left(due, now) + milliseconds{1}, tick{});
}

caf::behavior front_desk(caf::stateful_actor<front_desk_state>* self, parts_ptr parts,
                         seat_ptr place, seat_ptr journal, seat_ptr human_desk) {
  guard(self, parts, "front desk");
  state_of(self).init(self, std::move(parts), std::move(place), std::move(journal),
                      std::move(human_desk));
  return {
      [self](const at_front_desk& x) { x.what(state_of(self)); },
      [self](const task_accepted& x) { state_of(self).on_accepted(x); },
      [self](const task_refused& x) { state_of(self).on_refused(x); },
      [self](const task_undelivered& x) { state_of(self).on_undelivered(x); },
      [self](const task_progressed& x) { state_of(self).on_progressed(x); },
      [self](const task_ended& x) { state_of(self).on_ended(x); },
      [self](const task_found& x) { state_of(self).tasks_.take(x); },
      [self](const session_found& x) { state_of(self).sessions_.take(x); },
      [self](const shard_seen& x) { state_of(self).views_.take(x); },
      [self](const questions_seen& x) { state_of(self).queues_.take(x); },
      [self](const question_done& x) { state_of(self).answers_.take(x); },
      [self](const seat_down& x) { state_of(self).on_seat_down(x); },
      [self](const seat_taken& x) { state_of(self).on_seat_taken(x); },
      [self](tick) { state_of(self).on_tick(); },
  };
}

} // namespace troupe
