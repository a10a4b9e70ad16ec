#include "actors/front_desk.hpp"

#include "src/wire/codec.hpp"

#include <algorithm>

namespace troupe {

namespace {

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
  const auto places = orchestrators_of_shard(*shard % parts_->layout.shards());
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
    tasks_.dismiss(request);
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
    const auto shard = shard_of_task_id(id).value_or(0) % parts_->layout.shards();
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
  const auto places = orchestrators(filter.domain, filter.within);
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
    views_.dismiss(request);
    finish();
  }
}

} // namespace troupe
