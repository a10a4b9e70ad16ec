#include "actors/orchestrator.hpp"
#include "actors/task_deeds.hpp"
#include "actors/told_call.hpp"

#include "src/telemetry/log.hpp"
#include "src/telemetry/metrics.hpp"
#include "src/wire/codec.hpp"

#include <troupe/json_read.hpp>

#include <algorithm>

namespace troupe {

namespace {

task_state state_after(const outcome& x) {
  if (x.ok())
    return task_state::completed;
  return x.failed.why == reason::cancelled ? task_state::canceled : task_state::failed;
}

} // namespace

void orchestrator_state::finish(live_task& t, failure why) {
  finish(t, std::make_shared<const outcome>(outcome::of(std::move(why))));
}

void orchestrator_state::finish(live_task& t, outcome_ptr result) {
  t.ending = true;
  if (!json_fits(result->data, json_depth_max))
    result = std::make_shared<const outcome>(
        outcome::of({reason::invalid_output,
                     "the result nests deeper than " + std::to_string(json_depth_max) + " levels",
                     {}}));
  // Whoever has delegated it must know whether somebody else may do it.
  if (const auto acted = deeds_of(t); acted != result->acted) {
    auto x = *result;
    x.acted = acted;
    result = std::make_shared<const outcome>(std::move(x));
  }
  t.state = state_after(*result);
  t.result = lasting(t.by->domain, std::move(result));
  auto e = make_event(t, event_kind::finished, whole_task, 0);
  e.triage = false;
  e.body = t.result;
  t.history.push_back(std::move(e));
  timers_.disarm(t.slot);
  hold(t, {effect::kind::end, 0, 0, 0, nullptr});
}

void orchestrator_state::end(live_task& t) {
  auto record = std::make_shared<task_record>();
  record->what = t.what;
  record->state = t.state;
  record->phase = task_phase::ended;
  record->how = t.how;
  record->history = std::move(t.history);
  record->result = t.result;
  record->updated = record->history.back().at;
  for (const auto& w : t.watchers)
    self_->send(w.who, task_ended{record});
  const bool with_human = std::any_of(record->history.begin(), record->history.end(),
                                      [](const event& e) { return e.kind == event_kind::asked; });
  const auto took = now_ - record->history.front().at;
  if (counters_) {
    counters_->running.add(-1);
    counters_->task_ended(t.state, *t.result, took, with_human);
  }
  if (parts_->counters && t.what->parent.empty())
    parts_->counters->groups_of(t.what->who, [&](task_counters& of) {
      of.task_ended(t.state, *t.result, took, with_human);
    });
  log_end(t, *record);
  const auto what = t.what;
  bytes_ -= t.bytes;
  if (t.recovered)
    end_trial(t, whole_task, true);
  timers_.disarm(t.slot);
  journal_.forget(t.slot);
  leave_version(t);
  tasks_.close(t);
  count_open();
  if (!what->idempotency_key.empty() && config_.journal && what->keep != durability::none)
    keys_.erase(what->idempotency_key);
  else if (keys_.size() > keys_before_sweep_) {
    std::erase_if(keys_, [&](const auto& k) {
      const auto& id = k.second->id;
      return id != what->id && !tasks_.contains(id) && !finished_->find(id) &&
             !sessions_->find_waiting(*k.second);
    });
    keys_before_sweep_ = std::max<std::size_t>(1024, keys_.size() * 2);
  }
  finished_->add(std::move(record));
  if (!what->context_id.empty())
    next_of_session(what->context_id);
}

void orchestrator_state::log_end(const live_task& t, const task_record& record) const {
  if (!parts_->events)
    return;
  const auto level = t.state == task_state::completed ? log_level::info : log_level::warning;
  if (!parts_->events->wants(level))
    return;
  auto entry = log_entry::of(level, "task.ended", std::string{to_string(t.state)});
  entry.at = now_;
  if (!t.result->ok())
    entry.message +=
        ": " + std::string{to_string(t.result->failed.why)} + ": " + t.result->failed.detail;
  entry.task_type = t.what->skill;
  if (const auto* r = told_call(record.history, t.result->ok())) {
    entry.agent = r->agent;
    if (entry.task_type.empty())
      entry.task_type = r->skill;
  }
  entry.about(*t.what);
  entry.fields = {
      {"duration_ms",
       std::chrono::duration_cast<milliseconds>(now_ - record.history.front().at).count()},
      {"steps", record.how ? record.how->steps.size() : 0},
      {"partial", t.result->partial},
      {"confidence", t.result->confidence}};
  parts_->events->write(std::move(entry));
}

} // namespace troupe
