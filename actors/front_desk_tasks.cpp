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
  const auto about = std::make_shared<inquiry<task_found>>(
      [then, id](const task_found& x) {
        then(x.record, x.record ? refused{} : unknown(id));
        return true;
      },
      [then](const inquiry<task_found>::ending& end) { then(nullptr, end.why); });
  ask_store<task_found>(
      tasks_, about,
      [me = caf::actor_cast<caf::actor>(self_), id](store& where, std::uint64_t request) {
        auto found = where.task(id);
        caf::anon_send(me, task_found{request, found ? record_of(*found) : nullptr});
      },
      later(parts_->now(self_), patience));
}

void front_desk_state::make_whole(task_record_ptr record,
                                  std::function<void(task_record_ptr)> then) {
  if (!record->cut || !journal_ || record->what->keep == durability::none)
    return then(std::move(record));
  const auto& id = record->what->id;
  find_stored(id, [record, then = std::move(then)](const task_record_ptr& stored, const refused&) {
    if (!stored)
      return then(record);
    auto out = std::make_shared<task_record>(*stored);
    // What runs is newer than what is stored of it.
    if (!is_final(stored->state)) {
      out->state = record->state;
      out->phase = record->phase;
      out->result = record->result;
      out->updated = record->updated;
    }
    out->cut = is_final(record->state) != is_final(stored->state) ||
               out->history.size() < record->before + record->history.size();
    then(std::move(out));
  });
}

std::function<bool(const task_found&)>
front_desk_state::take_record(std::function<void(task_record_ptr, const refused&)> then) {
  return [this, then = std::move(then)](const task_found& x) {
    if (x.record)
      make_whole(x.record, [then](task_record_ptr whole) { then(std::move(whole), {}); });
    return x.record != nullptr;
  };
}

void front_desk_state::find(std::string id,
                            std::function<void(task_record_ptr, const refused&)> then) {
  const auto shard = shard_of_task_id(id);
  if (!shard) {
    then(nullptr, unknown(id));
    return;
  }
  const auto about = std::make_shared<inquiry<task_found>>(
      take_record(then), [this, then, id](const inquiry<task_found>::ending& end) {
        // Nobody has it, or whoever had it is gone: what is stored of it is what there is.
        if (end.why.why == refusal::none)
          find_stored(id, then);
        else
          then(nullptr, end.why);
      });
  ask_all(tasks_, about, orchestrators_of_shard(*shard % parts_->layout.shards()),
          [&](std::uint64_t request) {
            return find_task{id, request};
          });
  about->all_asked();
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
    cancel_open(id, why,
                parts_->places->find(directory::orchestrator_of(record->what->domain, shard)),
                later(parts_->now(self_), patience), then);
  });
}

void front_desk_state::cancel_open(const std::string& id, const std::string& why,
                                   const seat_ptr& where, timestamp due,
                                   std::function<void(task_record_ptr, const refused&)> then) {
  const auto again = [this, id, why, where, due, then] { cancel_open(id, why, where, due, then); };
  if (closing_)
    return then(nullptr, stopping());
  if (!where || parts_->now(self_) >= due) {
    then(nullptr, {refusal::busy, "nobody works on its shard at the moment", milliseconds{1000}});
    return;
  }
  const auto about = std::make_shared<inquiry<task_found>>(
      take_record(then), [this, id, then, again](const inquiry<task_found>::ending& end) {
        if (end.why.why != refusal::none)
          return then(nullptr, end.why);
        // It has ended, or whoever was told of it is on its way: cancelling twice changes nothing.
        find_stored(id, [this, then, again](const task_record_ptr& record, const refused& no) {
          if (record && !is_final(record->state))
            try_later(again);
          else
            then(record, no);
        });
      });
  send_to(self_, where, cancel_task{id, why});
  ask_all(tasks_, about, {where}, [&](std::uint64_t request) { return find_task{id, request}; });
  about->all_asked();
}

void front_desk_state::list(
    task_filter filter, std::function<void(std::vector<task_record_ptr>, const refused&)> then) {
  filter.limit = std::min(filter.limit, task_filter::max_listed);
  struct gathered {
    std::unordered_map<std::string, task_record_ptr> by_id;
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
  const auto about = std::make_shared<inquiry<shard_seen>>(
      [all](const shard_seen& x) {
        // What runs is newer than what is stored of it, but of an end the store has all.
        for (const auto& record : x.tasks) {
          auto& known = all->by_id[record->what->id];
          if (!known || !record->cut || !is_final(known->state))
            known = record;
        }
        return false;
      },
      [finish](const inquiry<shard_seen>::ending&) { finish(); });
  ask_all(views_, about, orchestrators(filter.domain, filter.within), [&](std::uint64_t request) {
    return view_shard{request, filter.limit};
  });
  if (journal_) {
    about->ask();
    ask_store<shard_seen>(
        views_, about,
        [me = caf::actor_cast<caf::actor>(self_), filter, all](store& where,
                                                               std::uint64_t request) {
          auto seen = std::make_shared<std::vector<task_record_ptr>>();
          for (const auto& x : where.tasks(filter))
            if (auto record = record_of(x))
              seen->push_back(std::move(record));
          caf::anon_send(me, at_front_desk{[seen, request, all](front_desk_state& desk) {
                           for (auto& record : *seen) {
                             auto& known = all->by_id[record->what->id];
                             if (!known || (known->cut && is_final(record->state)))
                               known = record;
                           }
                           desk.views_.take(shard_seen{request, {}, {}});
                         }});
        },
        later(parts_->now(self_), patience));
  }
  about->all_asked();
}

} // namespace troupe
