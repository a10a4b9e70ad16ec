#include "actors/front_desk.hpp"

#include "policies/body_size.hpp"
#include "policies/votes.hpp"

#include <algorithm>

namespace troupe {

namespace {

/// For a request that nobody here can hand on while this node is no member: it has just begun to
/// join, or has been declared dead and cannot reach the others.
constexpr milliseconds outside{1000};

constexpr const char* nobody_there = "nobody works on its shard at the moment";

milliseconds patience_of(const node_parts& parts) {
  if (!parts.cluster)
    return front_desk_state::patience;
  const auto table = parts.cluster->seen();
  const auto* own = table.find(parts.fleet.node_id);
  return own && takes_part(*own) ? front_desk_state::patience : outside;
}

} // namespace

void front_desk_state::submit(std::uint64_t number, task_watch watch) {
  by_task_.emplace(watch.id, number);
  auto& w = watches_.emplace(number, std::move(watch)).first->second;
  // Who waits already for the same orchestrator comes first.
  if (!orphans_.waits_for(w.where) && hand_out(w))
    return;
  park_or_refuse(number, nobody_there);
}

void front_desk_state::park(std::uint64_t number) {
  auto& w = watches_.at(number);
  if (std::exchange(w.parked, true))
    return;
  orphans_.hold(w.where, number, w.parked_until);
  look_by(no_deadline);
}

void front_desk_state::park_or_refuse(std::uint64_t number, const std::string& why) {
  auto& w = watches_.at(number);
  if (w.parked)
    return;
  // What has been accepted is not refused any more, however long it takes.
  if (w.taken)
    return park(number);
  const auto now = parts_->now(self_);
  if (w.parked_until == no_deadline)
    w.parked_until =
        std::min(later(now, patience_of(*parts_)), w.what ? w.what->deadline : no_deadline);
  if (w.parked_until <= now)
    return refuse_for_now(w, why);
  if (!orphans_.park(w.where, number, w.what ? body_size(*w.what) : 0, w.parked_until))
    return refuse_for_now(w, "too many requests wait for shards that nobody works on");
  w.parked = true;
  look_by(no_deadline);
}

void front_desk_state::refuse_for_now(const task_watch& w, std::string why) {
  on_refused({w.id, {refusal::busy, std::move(why), milliseconds{1000}}});
}

bool front_desk_state::hand_out(task_watch& w) {
  const bool progress = static_cast<bool>(w.progressed);
  // Asked for by a key, it may have become a watch of a task that was there before.
  if (!w.what || w.what->id != w.id)
    return tell(w, watch_task{w.id, progress});
  return tell(w, submit_task{w.what, progress, w.known || w.incarnation != 0,
                             static_cast<bool>(w.accepted)});
}

void front_desk_state::place_orphans() {
  for (const auto& where : orphans_.shards())
    while (const auto number = orphans_.first(where)) {
      auto& w = watches_.at(*number);
      if (!hand_out(w))
        break;
      w.parked = false;
      orphans_.leave(*number);
    }
  for (const auto number : orphans_.expire(parts_->now(self_))) {
    const auto hit = watches_.find(number);
    if (hit == watches_.end())
      continue; // It ended with the one before it.
    hit->second.parked = false;
    if (hit->second.taken)
      park(number); // Somebody has accepted it meanwhile.
    else
      refuse_for_now(hit->second, nobody_there);
  }
}

void front_desk_state::watch(std::uint64_t number, task_watch watch) {
  auto id = watch.id;
  watches_.emplace(number, std::move(watch));
  find(std::move(id), [this, number](const task_record_ptr& record, const refused& why) {
    auto hit = watches_.find(number);
    if (hit == watches_.end())
      return;
    auto& w = hit->second;
    if (!record || is_final(record->state)) {
      auto mine = std::move(w);
      watches_.erase(hit);
      if (record && mine.ended)
        mine.ended(record);
      else if (!record && mine.refused_)
        mine.refused_(why);
      return;
    }
    w.what = record->what;
    w.known = true;
    const auto shard = shard_of_task_id(w.id).value_or(0) % parts_->layout.shards();
    w.where = parts_->places->find(directory::orchestrator_of(record->what->domain, shard));
    by_task_.emplace(w.id, number);
    w.taken = true;
    if (!tell(w, watch_task{w.id, static_cast<bool>(w.progressed)}))
      park(number);
  });
}

void front_desk_state::forget(std::uint64_t number) {
  auto hit = watches_.find(number);
  if (hit == watches_.end())
    return;
  const auto id = hit->second.id;
  const auto where = hit->second.where;
  drop(number);
  if (where && !by_task_.contains(id))
    send_to(self_, where, unwatch_task{id});
}

void front_desk_state::drop(std::uint64_t number) {
  auto hit = watches_.find(number);
  if (hit == watches_.end())
    return;
  orphans_.leave(number);
  auto [from, to] = by_task_.equal_range(hit->second.id);
  for (auto i = from; i != to; ++i) {
    if (i->second == number) {
      by_task_.erase(i);
      break;
    }
  }
  watches_.erase(hit);
}

std::vector<std::uint64_t> front_desk_state::numbers_of(const std::string& id) const {
  std::vector<std::uint64_t> out;
  auto [from, to] = by_task_.equal_range(id);
  for (auto i = from; i != to; ++i)
    out.push_back(i->second);
  return out;
}

void front_desk_state::on_accepted(const task_accepted& x) {
  if (!x.asked_as.empty()) {
    // The idempotency key led to a task that exists: from now on that one is watched.
    for (auto number : numbers_of(x.asked_as)) {
      auto [from, to] = by_task_.equal_range(x.asked_as);
      for (auto i = from; i != to; ++i) {
        if (i->second == number) {
          by_task_.erase(i);
          break;
        }
      }
      watches_[number].id = x.id;
      by_task_.emplace(x.id, number);
    }
  }
  for (auto number : numbers_of(x.id)) {
    auto& w = watches_[number];
    w.taken = true;
    w.parked_until = no_deadline;
    if (w.accepted)
      std::exchange(w.accepted, nullptr)(x);
  }
}

void front_desk_state::on_refused(const task_refused& x) {
  for (auto number : numbers_of(x.id)) {
    if (x.why.why == refusal::unknown_task && journal_) {
      find_stored(x.id, [this, number](const task_record_ptr& record, const refused& why) {
        auto hit = watches_.find(number);
        if (hit == watches_.end())
          return;
        if (record && !is_final(record->state)) {
          // Whoever was asked does not have it any more, or not yet.
          hit->second.taken = false;
          park_or_refuse(number, "the task is being recovered");
          return;
        }
        auto mine = std::move(hit->second);
        hit->second.id = mine.id;
        drop(number);
        if (record && mine.ended)
          mine.ended(record);
        else if (!record && mine.refused_)
          mine.refused_(why);
      });
      continue;
    }
    // What was accepted is stored; whoever was asked cannot read it yet.
    if (x.why.why == refusal::not_stored && watches_[number].taken) {
      park(number);
      continue;
    }
    auto said = std::move(watches_[number].refused_);
    drop(number);
    if (said)
      said(x.why);
  }
}

void front_desk_state::on_undelivered(const task_undelivered& x) {
  for (auto number : numbers_of(x.id))
    if (watches_.contains(number))
      park_or_refuse(number, x.why);
}

void front_desk_state::on_progressed(const task_progressed& x) {
  for (auto number : numbers_of(x.record->what->id))
    if (auto& w = watches_[number]; w.progressed)
      w.progressed(x.record);
}

void front_desk_state::on_ended(const task_ended& x) {
  make_whole(x.record, [this](const task_record_ptr& whole) { tell_end(whole); });
}

void front_desk_state::tell_end(const task_record_ptr& record) {
  for (auto number : numbers_of(record->what->id)) {
    auto said = std::move(watches_[number].ended);
    drop(number);
    if (said)
      said(record);
  }
}

void front_desk_state::on_seat_down(const seat_down& x) {
  // What was asked of it and is not answered went with it.
  tasks_.lose(x.who, x.incarnation);
  sessions_.lose(x.who, x.incarnation);
  views_.lose(x.who, x.incarnation);
  queues_.lose(x.who, x.incarnation);
  answers_.lose(x.who, x.incarnation);
  homes_asked_.lose(x.who, x.incarnation);
  std::vector<std::uint64_t> affected;
  for (const auto& [number, w] : watches_)
    if (w.where == x.who && !w.parked && w.incarnation != 0 && w.incarnation <= x.incarnation)
      affected.push_back(number);
  for (auto number : affected) {
    auto& w = watches_[number];
    if (w.what && w.what->keep == durability::none) {
      // Asked for by a key, it may have become a watch of a task that was there before.
      auto what = std::make_shared<task>(*w.what);
      what->id = w.id;
      auto record = std::make_shared<task_record>();
      record->what = std::move(what);
      record->state = task_state::failed;
      record->phase = task_phase::ended;
      record->updated = parts_->now(self_);
      record->result = std::make_shared<const outcome>(
          outcome::of({reason::crash,
                       x.who->where().str() + " was lost, and with it what was not stored",
                       {}}));
      on_ended({std::move(record)});
    } else {
      park(number);
    }
  }
  // Its successor may be there already.
  if (!affected.empty())
    place_orphans();
}

void front_desk_state::on_seat_taken(const seat_taken&) {
  if (!orphans_.empty())
    place_orphans();
  try_again();
}

} // namespace troupe
