#include "actors/orchestrator.hpp"

namespace troupe {

// By which version of the fleet a task is worked on, and what the store knows of that.

domain_view& orchestrator_state::view_of(const fleet_version_ptr& version, const domain_spec& in) {
  auto& view = views_[version->number];
  if (!view) {
    view = std::make_unique<domain_view>(version, in,
                                         parts_->cluster ? parts_->fleet.node_id : std::string{});
    view->routes.use(routes_of(all_routes_, *version, in, *parts_->versions));
    if (view->learns)
      view->routes.learn_from(parts_->arms);
    if (overload_)
      view->routes.spare_from(overload_->stage());
  }
  return *view;
}

domain_view& orchestrator_state::view_for(const task& what) {
  if (what.fleet == 0 || what.fleet == current_->version->number)
    return *current_;
  if (const auto known = views_.find(what.fleet); known != views_.end())
    return *known->second;
  if (const auto version = parts_->versions->find(what.fleet))
    if (const auto* domain = version->domain(config_.domain))
      return view_of(version, *domain);
  parts_->log->warn(
      "task {}: version {} of the fleet, by which it was accepted, is not here; it is "
      "worked on by version {}",
      what.id, what.fleet, current_->version->number);
  return *current_;
}

void orchestrator_state::look_at_versions() {
  const auto changes = parts_->versions->changes();
  if (changes == versions_seen_)
    return;
  versions_seen_ = changes;
  const auto version = parts_->current();
  if (const auto* domain = version->domain(config_.domain)) {
    go_by(view_of(version, *domain));
  } else if (!current_) {
    // It is on its way out: what is left of it goes by the last version that had it.
    for (const auto& former : parts_->versions->all())
      if (const auto* then = former->domain(config_.domain))
        go_by(view_of(former, *then));
    if (!current_)
      throw std::runtime_error{"no version of the fleet has the domain " + config_.domain};
  }
  // Also when the current version has this domain no more: nothing begins by a former one.
  for (auto i = marks_.begin(); i != marks_.end();) {
    const auto& [number, mark] = *i;
    if (mark == 0 && number != version->number) {
      write_mark(number, false);
      i = marks_.erase(i);
    } else {
      ++i;
    }
  }
  std::erase_if(views_, [this](const auto& x) {
    return x.second.get() != current_ && x.second->tasks == 0 && !parts_->versions->find(x.first);
  });
}

void orchestrator_state::go_by(domain_view& view) {
  if (&view == current_)
    return;
  current_ = &view;
  domain_ = &view.domain;
  if (sessions_)
    sessions_->use(*domain_);
  else
    sessions_ = std::make_unique<session_book>(*domain_);
  overload_.emplace(domain_->overload, domain_->max_tasks);
  overload_->update(tasks_.size());
  for (auto& [number, other] : views_)
    other->routes.spare_from(overload_->stage());
  show_stage();
}

void orchestrator_state::enter_version(live_task& t) {
  t.by = &view_for(*t.what);
  t.use = version_hold{t.by->version};
  ++t.by->tasks;
}

void orchestrator_state::leave_version(live_task& t) {
  if (t.by)
    --t.by->tasks;
}

store_write orchestrator_state::mark_of(std::uint64_t number, bool begins) const {
  store_write w;
  w.what = begins ? store_write::kind::version_used : store_write::kind::version_left;
  w.id = std::to_string(number);
  w.domain = domain_->path;
  return w;
}

void orchestrator_state::write_mark(std::uint64_t number, bool begins) {
  if (!config_.journal)
    return;
  auto w = mark_of(number, begins);
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
    store(t, mark_of(number, true));
}

void orchestrator_state::unmark_version(live_task& t) {
  if (!std::exchange(t.marked, false))
    return;
  const auto mark = marks_.find(t.what->fleet);
  // That of the current version stays: the next task would need it again.
  if (--mark->second > 0 || mark->first == parts_->current()->number)
    return;
  marks_.erase(mark);
  store(t, mark_of(t.what->fleet, false));
}

void orchestrator_state::clear_marks() {
  // A former owner of the shard may have left some: of a domain that it has lost in between.
  const auto all = parts_->versions->all();
  for (const auto& version : all)
    if (version->number != parts_->current()->number && !marks_.contains(version->number))
      write_mark(version->number, false);
}

} // namespace troupe
