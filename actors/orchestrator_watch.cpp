#include "actors/orchestrator.hpp"

namespace troupe {

void orchestrator_state::on_watch(const watch_task& x) {
  auto from = caf::actor_cast<caf::actor>(self_->current_sender());
  if (!loaded_) {
    if (early_watchers_.size() >= domain_->max_tasks) {
      refuse(from, x.id, refusal::busy, "the shard is being loaded", come_back);
      return;
    }
    early_watchers_.emplace_back(x, std::move(from));
    return;
  }
  watch(x, from);
}

void orchestrator_state::watch(const watch_task& x, const caf::actor& from) {
  if (auto* t = tasks_.find(x.id)) {
    t->add_watcher(from, x.progress);
    if (x.progress)
      self_->send(from, task_progressed{t->record()});
  } else if (auto ended = finished_->find(x.id)) {
    self_->send(from, task_ended{std::move(ended)});
  } else {
    self_->send(from, task_refused{x.id, {refusal::unknown_task, "no such task here", {}}});
  }
}

void orchestrator_state::on_unwatch(const unwatch_task& x) {
  auto from = caf::actor_cast<caf::actor>(self_->current_sender());
  if (auto* t = tasks_.find(x.id))
    std::erase_if(t->watchers, [&](const auto& w) { return w.who == from; });
}

void orchestrator_state::on_find_task(const find_task& x) {
  task_record_ptr record;
  if (auto* t = tasks_.find(x.id))
    record = t->record();
  else
    record = finished_->find(x.id);
  self_->send(caf::actor_cast<caf::actor>(self_->current_sender()),
              task_found{x.request, std::move(record)});
}

void orchestrator_state::on_find_session(const find_session& x) {
  session_found out{x.request, nullptr, domain_->path, {}, 0, config_.shard};
  if (auto* e = sessions_->find(x.id)) {
    // While it is looked up, whoever asks finds it where that is done as well.
    if (!e->loading)
      out.what = std::make_shared<const session_snapshot>(e->now);
    out.working_on = e->working_on;
    out.waiting = e->line.size();
  }
  self_->send(caf::actor_cast<caf::actor>(self_->current_sender()), std::move(out));
}

void orchestrator_state::on_view(const view_shard& x) {
  shard_seen out{x.request, finished_->newest(x.limit), sessions_->newest(x.limit)};
  tasks_.for_each([&](const live_task& t) { out.tasks.push_back(t.record()); }, x.limit);
  self_->send(caf::actor_cast<caf::actor>(self_->current_sender()), std::move(out));
}

} // namespace troupe
