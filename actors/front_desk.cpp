#include "actors/front_desk.hpp"

#include "policies/placement.hpp"
#include "src/wire/codec.hpp"

#include <algorithm>

namespace troupe {

namespace {

constexpr milliseconds tick_every{200};

/// A task as the store has it, for people who ask after its orchestrator has forgotten it.
task_record_ptr record_of(const stored_task& x) {
  auto record = std::make_shared<task_record>();
  auto what = decode_task(x.task_body);
  if (!what)
    return nullptr;
  record->what = std::make_shared<const task>(*std::move(what));
  record->state = x.state;
  record->phase = is_final(x.state) ? task_phase::ended : task_phase::planning;
  record->updated = x.updated;
  event accepted;
  accepted.at = x.created;
  record->history.push_back(std::move(accepted));
  for (const auto& body : x.events) {
    auto e = decode_event(body);
    if (!e)
      break;
    if (const auto* how = std::get_if<plan_ptr>(&e->body))
      record->how = *how;
    record->history.push_back(*std::move(e));
  }
  if (!x.outcome_body.empty())
    if (auto result = decode_outcome(x.outcome_body))
      record->result = std::make_shared<const outcome>(*std::move(result));
  return record;
}

refused unknown(const std::string& id) {
  return {refusal::unknown_task, "there is no task " + id, {}};
}

} // namespace

void front_desk_state::init(caf::event_based_actor* self, parts_ptr parts, seat_ptr place,
                            seat_ptr journal, seat_ptr human_desk) {
  self_ = self;
  parts_ = std::move(parts);
  place_ = std::move(place);
  journal_ = std::move(journal);
  human_desk_ = std::move(human_desk);
  parts_->places->watch(place_);
  self_->delayed_send(self_, tick_every, tick{});
}

front_desk_state::~front_desk_state() {
  tasks_.close();
  sessions_.close();
  views_.close();
  queues_.close();
  answers_.close();
  for (auto& [number, w] : watches_)
    if (w.refused_)
      w.refused_({refusal::stopping, "the node is stopping", {}});
}

template <class Reply>
std::uint64_t front_desk_state::seat_guest(waiting_room<Reply>& room,
                                           std::function<bool(const Reply&)> take,
                                           std::function<void(const refused&)> give_up) {
  const auto request = ++next_request_;
  room.guests.emplace(request,
                      typename waiting_room<Reply>::guest{parts_->now(self_) + patience,
                                                          std::move(take), std::move(give_up)});
  return request;
}

std::vector<seat_ptr> front_desk_state::orchestrators_of_shard(std::uint32_t shard) const {
  std::vector<seat_ptr> out;
  for (const auto& [path, domain] : parts_->domains)
    out.push_back(domain.shards[shard % domain.shards.size()]);
  return out;
}

std::vector<seat_ptr> front_desk_state::orchestrators(const std::string& of) const {
  std::vector<seat_ptr> out;
  for (const auto& [path, domain] : parts_->domains)
    if (of.empty() || of == path)
      out.insert(out.end(), domain.shards.begin(), domain.shards.end());
  return out;
}

// -- tasks --------------------------------------------------------------------

void front_desk_state::submit(std::uint64_t number, task_watch watch) {
  submit_task request{watch.what, static_cast<bool>(watch.progressed), false};
  auto where = watch.where;
  by_task_.emplace(watch.id, number);
  watches_.emplace(number, std::move(watch));
  if (!send_to(self_, where, std::move(request)))
    on_refused({watches_[number].id,
                {refusal::busy, "the orchestrator is being restarted", milliseconds{1000}}});
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
    const auto shard = shard_of_task_id(w.id).value_or(0) % parts_->fleet.shards;
    w.where = parts_->places->find(directory::orchestrator_of(record->what->domain, shard));
    by_task_.emplace(w.id, number);
    if (!send_to(self_, w.where, watch_task{w.id, static_cast<bool>(w.progressed)}))
      orphans_.push_back(number);
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
        auto mine = std::move(hit->second);
        hit->second.id = mine.id;
        drop(number);
        if (record && is_final(record->state)) {
          if (mine.ended)
            mine.ended(record);
        } else if (mine.refused_) {
          mine.refused_(
              record ? refused{refusal::busy, "the task is being recovered", milliseconds{1000}}
                     : why);
        }
      });
      continue;
    }
    auto said = std::move(watches_[number].refused_);
    drop(number);
    if (said)
      said(x.why);
  }
}

void front_desk_state::on_progressed(const task_progressed& x) {
  for (auto number : numbers_of(x.record->what->id))
    if (auto& w = watches_[number]; w.progressed)
      w.progressed(x.record);
}

void front_desk_state::on_ended(const task_ended& x) {
  for (auto number : numbers_of(x.record->what->id)) {
    auto said = std::move(watches_[number].ended);
    drop(number);
    if (said)
      said(x.record);
  }
}

void front_desk_state::on_seat_down(const seat_down& x) {
  std::vector<std::uint64_t> affected;
  for (const auto& [number, w] : watches_)
    if (w.where == x.who)
      affected.push_back(number);
  for (auto number : affected) {
    auto& w = watches_[number];
    if (w.what && w.what->keep == durability::none) {
      auto record = std::make_shared<task_record>();
      record->what = w.what;
      record->state = task_state::failed;
      record->phase = task_phase::ended;
      record->updated = parts_->now(self_);
      record->result = std::make_shared<const outcome>(
          outcome::of({reason::crash,
                       x.who->where().str() + " was lost, and with it what was not stored",
                       {}}));
      on_ended({std::move(record)});
    } else {
      orphans_.push_back(number);
    }
  }
}

void front_desk_state::on_tick() {
  const auto now = parts_->now(self_);
  tasks_.expire(now);
  sessions_.expire(now);
  views_.expire(now);
  queues_.expire(now);
  answers_.expire(now);
  auto orphans = std::move(orphans_);
  orphans_.clear();
  for (auto number : orphans) {
    auto hit = watches_.find(number);
    if (hit == watches_.end())
      continue;
    const auto& w = hit->second;
    if (!send_to(self_, w.where, watch_task{w.id, static_cast<bool>(w.progressed)}))
      orphans_.push_back(number);
  }
  self_->delayed_send(self_, tick_every, tick{});
}

void front_desk_state::find_stored(std::string id,
                                   std::function<void(task_record_ptr, const refused&)> then) {
  if (!journal_) {
    then(nullptr, unknown(id));
    return;
  }
  auto shared =
      std::make_shared<std::function<void(task_record_ptr, const refused&)>>(std::move(then));
  const auto request = seat_guest<task_found>(
      tasks_,
      [shared, id](const task_found& x) {
        (*shared)(x.record, x.record ? refused{} : unknown(id));
        return true;
      },
      [shared](const refused& why) { (*shared)(nullptr, why); });
  auto me = caf::actor_cast<caf::actor>(self_);
  send_to(self_, journal_, journal_ask{[me, id, request](store& where) {
            auto found = where.task(id);
            caf::anon_send(me, task_found{request, found ? record_of(*found) : nullptr});
          }});
}

void front_desk_state::find(std::string id,
                            std::function<void(task_record_ptr, const refused&)> then) {
  const auto shard = shard_of_task_id(id);
  if (!shard) {
    then(nullptr, unknown(id));
    return;
  }
  const auto places = orchestrators_of_shard(*shard % parts_->fleet.shards);
  auto shared =
      std::make_shared<std::function<void(task_record_ptr, const refused&)>>(std::move(then));
  auto missing = std::make_shared<std::size_t>(places.size());
  const auto request = seat_guest<task_found>(
      tasks_,
      [this, shared, missing, id](const task_found& x) {
        if (x.record) {
          (*shared)(x.record, {});
          return true;
        }
        if (--*missing > 0)
          return false;
        // Asking the store takes a guest's place of its own; this one is given up.
        self_->send(self_, at_front_desk{[shared, id](front_desk_state& desk) {
                      desk.find_stored(id, *shared);
                    }});
        return true;
      },
      [shared](const refused& why) { (*shared)(nullptr, why); });
  std::size_t asked = 0;
  for (const auto& place : places)
    asked += send_to(self_, place, find_task{id, request}) ? 1 : 0;
  *missing = asked;
  if (asked == 0) {
    tasks_.guests.erase(request);
    find_stored(std::move(id), *shared);
  }
}

void front_desk_state::cancel(std::string id, std::string why,
                              std::function<void(task_record_ptr, const refused&)> then) {
  find(id, [this, id, why, then = std::move(then)](const task_record_ptr& record,
                                                   const refused& no) {
    if (!record) {
      then(nullptr, no);
      return;
    }
    if (is_final(record->state)) {
      then(record,
           {refusal::conflict, "the task has ended: " + std::string{to_string(record->state)}, {}});
      return;
    }
    const auto shard = shard_of_task_id(id).value_or(0) % parts_->fleet.shards;
    if (!send_to(self_,
                 parts_->places->find(directory::orchestrator_of(record->what->domain, shard)),
                 cancel_task{id, why})) {
      then(record, {refusal::busy, "the orchestrator is being restarted", milliseconds{1000}});
      return;
    }
    find(id, then);
  });
}

void front_desk_state::list(
    task_filter filter, std::function<void(std::vector<task_record_ptr>, const refused&)> then) {
  filter.limit = std::min(filter.limit, task_filter::max_listed);
  const auto places = orchestrators(filter.domain);
  struct gathered {
    std::unordered_map<std::string, task_record_ptr> by_id;
    std::size_t missing = 0;
    std::function<void(std::vector<task_record_ptr>, const refused&)> then;
    task_filter filter;
  };
  auto all = std::make_shared<gathered>();
  all->then = std::move(then);
  all->filter = filter;
  const auto finish = [all] {
    std::vector<task_record_ptr> out;
    for (auto& [id, record] : all->by_id) {
      const auto& f = all->filter;
      if ((f.state && record->state != *f.state) ||
          (!f.session.empty() && record->what->context_id != f.session) ||
          record->what->created >= f.before)
        continue;
      out.push_back(std::move(record));
    }
    std::sort(out.begin(), out.end(),
              [](const auto& a, const auto& b) { return a->what->created > b->what->created; });
    out.resize(std::min(out.size(), all->filter.limit));
    all->then(std::move(out), {});
  };
  const auto request = seat_guest<shard_seen>(
      views_,
      [all, finish](const shard_seen& x) {
        // What runs is newer than what is stored of it.
        for (const auto& record : x.tasks)
          all->by_id.insert_or_assign(record->what->id, record);
        if (--all->missing > 0)
          return false;
        finish();
        return true;
      },
      [finish](const refused&) { finish(); });
  for (const auto& place : places)
    all->missing += send_to(self_, place, view_shard{request, filter.limit}) ? 1 : 0;
  if (journal_) {
    auto me = caf::actor_cast<caf::actor>(self_);
    const bool sent =
        send_to(self_, journal_, journal_ask{[me, filter, request, all](troupe::store& where) {
                  auto seen = std::make_shared<std::vector<task_record_ptr>>();
                  for (const auto& x : where.tasks(filter))
                    if (auto record = record_of(x))
                      seen->push_back(std::move(record));
                  caf::anon_send(me, at_front_desk{[seen, request, all](front_desk_state& desk) {
                                   for (auto& record : *seen)
                                     all->by_id.try_emplace(record->what->id, record);
                                   desk.views_.take(shard_seen{request, {}, {}});
                                 }});
                }});
    all->missing += sent ? 1 : 0;
  }
  if (all->missing == 0) {
    views_.guests.erase(request);
    finish();
  }
}

// -- sessions -----------------------------------------------------------------

void front_desk_state::find_session(std::string id,
                                    std::function<void(session_found, const refused&)> then) {
  const auto places = orchestrators_of_shard(shard_for(id, parts_->fleet.shards));
  auto missing = std::make_shared<std::size_t>(places.size());
  auto shared =
      std::make_shared<std::function<void(session_found, const refused&)>>(std::move(then));
  const auto request = seat_guest<session_found>(
      sessions_,
      [this, id, missing, shared](const session_found& x) {
        if (x.what) {
          (*shared)(x, {});
          return true;
        }
        if (--*missing > 0)
          return false;
        if (!journal_) {
          (*shared)({}, {refusal::unknown_session, "there is no session " + id, {}});
          return true;
        }
        auto me = caf::actor_cast<caf::actor>(self_);
        std::vector<std::string> paths;
        for (const auto& [path, domain] : parts_->domains)
          paths.push_back(path);
        send_to(self_, journal_, journal_ask{[me, id, shared, paths](store& where) {
                  session_found found;
                  for (const auto& path : paths) {
                    auto body = where.session(path, id);
                    auto stored = body ? decode_session(*body) : decoded<session_snapshot>{};
                    if (!stored)
                      continue;
                    found.domain = path;
                    found.what = std::make_shared<const session_snapshot>(*std::move(stored));
                    break;
                  }
                  caf::anon_send(me, at_front_desk{[found, shared, id](front_desk_state&) {
                                   (*shared)(found, found.what
                                                        ? refused{}
                                                        : refused{refusal::unknown_session,
                                                                  "there is no session " + id,
                                                                  {}});
                                 }});
                }});
        return true;
      },
      [shared](const refused& why) { (*shared)({}, why); });
  std::size_t asked = 0;
  for (const auto& place : places)
    asked += send_to(self_, place, troupe::find_session{id, request}) ? 1 : 0;
  *missing = asked;
  if (asked == 0) {
    *missing = 1;
    sessions_.take({request, nullptr, {}, {}, 0});
  }
}

void front_desk_state::list_sessions(
    std::size_t limit,
    std::function<void(std::vector<std::shared_ptr<const session_snapshot>>, const refused&)>
        then) {
  struct gathered {
    std::vector<std::shared_ptr<const session_snapshot>> found;
    std::size_t missing = 0;
  };
  auto all = std::make_shared<gathered>();
  const auto finish = [all, limit, then = std::move(then)] {
    auto& found = all->found;
    std::sort(found.begin(), found.end(),
              [](const auto& a, const auto& b) { return a->updated > b->updated; });
    found.resize(std::min(found.size(), limit));
    then(std::move(found), {});
  };
  const auto request = seat_guest<shard_seen>(
      views_,
      [all, finish](const shard_seen& x) {
        all->found.insert(all->found.end(), x.sessions.begin(), x.sessions.end());
        if (--all->missing > 0)
          return false;
        finish();
        return true;
      },
      [finish](const refused&) { finish(); });
  for (const auto& place : orchestrators({}))
    all->missing += send_to(self_, place, view_shard{request, limit}) ? 1 : 0;
  if (all->missing == 0) {
    views_.guests.erase(request);
    finish();
  }
}

// -- people -------------------------------------------------------------------

void front_desk_state::questions(
    std::string queue, std::function<void(std::vector<question_ptr>, const refused&)> then) {
  auto shared = std::make_shared<std::function<void(std::vector<question_ptr>, const refused&)>>(
      std::move(then));
  const auto request = seat_guest<questions_seen>(
      queues_,
      [shared](const questions_seen& x) {
        (*shared)(x.open, {});
        return true;
      },
      [shared](const refused& why) { (*shared)({}, why); });
  send_to(self_, human_desk_, list_questions{request, std::move(queue)});
}

namespace {

std::pair<std::function<bool(const question_done&)>, std::function<void(const refused&)>>
question_guest(std::function<void(question_ptr, const refused&)> then) {
  auto shared =
      std::make_shared<std::function<void(question_ptr, const refused&)>>(std::move(then));
  return {[shared](const question_done& x) {
            (*shared)(x.what, x.why);
            return true;
          },
          [shared](const refused& why) { (*shared)(nullptr, why); }};
}

} // namespace

void front_desk_state::claim(std::string id, std::string by,
                             std::function<void(question_ptr, const refused&)> then) {
  auto [take, give_up] = question_guest(std::move(then));
  const auto request = seat_guest<question_done>(answers_, std::move(take), std::move(give_up));
  send_to(self_, human_desk_, claim_question{request, std::move(id), std::move(by)});
}

void front_desk_state::answer(std::string id, std::string by, outcome_ptr x,
                              std::function<void(question_ptr, const refused&)> then) {
  auto [take, give_up] = question_guest(std::move(then));
  const auto request = seat_guest<question_done>(answers_, std::move(take), std::move(give_up));
  send_to(self_, human_desk_, answer_question{request, std::move(id), std::move(by), std::move(x)});
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
      [self](const task_progressed& x) { state_of(self).on_progressed(x); },
      [self](const task_ended& x) { state_of(self).on_ended(x); },
      [self](const task_found& x) { state_of(self).tasks_.take(x); },
      [self](const session_found& x) { state_of(self).sessions_.take(x); },
      [self](const shard_seen& x) { state_of(self).views_.take(x); },
      [self](const questions_seen& x) { state_of(self).queues_.take(x); },
      [self](const question_done& x) { state_of(self).answers_.take(x); },
      [self](const seat_down& x) { state_of(self).on_seat_down(x); },
      [self](tick) { state_of(self).on_tick(); },
  };
}

} // namespace troupe
