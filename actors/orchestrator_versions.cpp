#include "actors/orchestrator.hpp"

namespace troupe {

// By which version of the fleet a task is worked on, and what the store knows of that.

namespace {

store_write mark_of(const std::string& domain, std::uint64_t number, bool begins) {
  store_write w;
  w.what = begins ? store_write::kind::version_used : store_write::kind::version_left;
  w.id = std::to_string(number);
  w.domain = domain;
  return w;
}

} // namespace

void orchestrator_state::look_at_versions() {
  if (!views_.look())
    return;
  go_by(views_.current().domain);
  const auto now = parts_->current()->number;
  // Also when the current version has this domain no more: nothing begins by a former one.
  for (auto i = marks_.begin(); i != marks_.end();) {
    const auto& [number, mark] = *i;
    if (mark == 0 && number != now) {
      write_mark(number, false);
      i = marks_.erase(i);
    } else {
      ++i;
    }
  }
  views_.sweep();
}

void orchestrator_state::go_by(const domain_spec& domain) {
  if (&domain == domain_)
    return;
  domain_ = &domain;
  if (sessions_)
    sessions_->use(*domain_);
  else
    sessions_ = std::make_unique<session_book>(*domain_);
  overload_.emplace(domain_->overload, domain_->max_tasks);
  overload_->update(tasks_.size());
  views_.spare_from(overload_->stage());
  show_stage();
}

void orchestrator_state::enter_version(live_task& t) {
  t.by = &views_.of(*t.what);
  t.use = version_hold{t.by->version};
  ++t.by->tasks;
}

void orchestrator_state::leave_version(live_task& t) {
  if (t.by)
    --t.by->tasks;
}

void orchestrator_state::write_mark(std::uint64_t number, bool begins) {
  if (!config_.journal)
    return;
  auto w = mark_of(domain_->path, number, begins);
  own(w);
  journal_.store(std::move(w));
}

void orchestrator_state::mark_version(live_task& t) {
  const auto number = t.what->fleet;
  if (number == 0)
    return;
  t.marked = true;
  const auto [mark, is_new] = marks_.try_emplace(number, 0);
  ++mark->second;
  if (is_new)
    store(t, mark_of(domain_->path, number, true));
}

void orchestrator_state::unmark_version(live_task& t) {
  if (!std::exchange(t.marked, false))
    return;
  const auto mark = marks_.find(t.what->fleet);
  // That of the current version stays: the next task would need it again.
  if (--mark->second > 0 || mark->first == parts_->current()->number)
    return;
  marks_.erase(mark);
  store(t, mark_of(domain_->path, t.what->fleet, false));
}

void orchestrator_state::clear_marks() {
  // A former owner of the shard may have left some: of a domain that it has lost in between.
  const auto all = parts_->versions->all();
  for (const auto& version : all)
    if (version->number != parts_->current()->number && !marks_.contains(version->number))
      write_mark(version->number, false);
}

} // namespace troupe
