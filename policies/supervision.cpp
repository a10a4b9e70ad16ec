#include "policies/supervision.hpp"

#include "policies/deadline.hpp"

#include <algorithm>
#include <utility>

namespace troupe {

using supervision_act = supervision_step::kind;

supervision_run::supervision_run(supervision strategy, restart_intensity limits,
                                 milliseconds isolate)
    : strategy_(strategy)
    , limits_(limits)
    , wanted_isolation_(isolate)
    , isolate_(strategy == supervision::one_for_one ? isolate : milliseconds{0})
    , window_(limits) {}

void supervision_run::use(supervision strategy, const restart_intensity& limits) {
  // The restarts so far are forgotten: they were counted against other limits.
  strategy_ = strategy;
  limits_ = limits;
  isolate_ = strategy == supervision::one_for_one ? wanted_isolation_ : milliseconds{0};
  window_ = restart_window{limits};
  for (auto& c : children_) {
    c.own.reset();
    c.last_restart = {};
  }
}

std::uint32_t supervision_run::add(child_rules rules) {
  children_.emplace_back();
  children_.back().rules = std::move(rules);
  return static_cast<std::uint32_t>(children_.size() - 1);
}

void supervision_run::start(std::uint32_t i, steps& todo) {
  children_[i].now = status::running;
  children_[i].due = no_deadline;
  children_[i].isolated = false;
  todo.push_back({supervision_act::start, i});
}

void supervision_run::start_all(steps& todo) {
  for (std::uint32_t i = 0; i < children_.size(); ++i)
    if (children_[i].now == status::fresh)
      start_child(i, todo);
}

void supervision_run::start_child(std::uint32_t i, steps& todo) {
  auto& c = children_[i];
  if (mode_ != mode::serving)
    return;
  if (c.now == status::leaving)
    c.again = true;
  if (c.now != status::fresh && c.now != status::done && c.now != status::retired)
    return;
  // While its group is being restarted it takes its turn with the group.
  if (in_group(i))
    c.now = status::down;
  else
    start(i, todo);
}

void supervision_run::stop_child(std::uint32_t i, steps& todo) {
  auto& c = children_[i];
  c.again = false;
  switch (c.now) {
  case status::running:
    todo.push_back({supervision_act::stop, i});
    [[fallthrough]];
  case status::stopping:
    c.now = status::leaving;
    return;
  case status::leaving:
    return;
  default:
    c.now = status::retired;
    c.due = no_deadline;
  }
}

void supervision_run::withhold(std::uint32_t i) {
  auto& c = children_[i];
  if (c.now == status::running)
    c.now = status::retired;
}

bool supervision_run::wants_restart(const entry& c, exit_kind how) const noexcept {
  switch (c.rules.restart) {
  case restart_type::permanent:
    return true;
  case restart_type::transient:
    return how == exit_kind::abnormal;
  case restart_type::temporary:
    return false;
  }
  return false;
}

void supervision_run::end_of_leaving(std::uint32_t i, steps& todo) {
  auto& c = children_[i];
  c.now = status::retired;
  if (std::exchange(c.again, false))
    start_child(i, todo);
}

void supervision_run::down(std::uint32_t i, exit_kind how, timestamp now, steps& todo) {
  auto& c = children_[i];
  if (!alive(c))
    return;
  if (mode_ != mode::serving) {
    c.now = status::retired;
    continue_end(todo);
    return;
  }
  if (c.now == status::leaving) {
    end_of_leaving(i, todo);
    continue_group(now, todo);
    return;
  }
  if (in_group(i)) {
    c.now = c.rules.restart == restart_type::temporary ? status::retired : status::down;
    continue_group(now, todo);
    return;
  }
  if (!wants_restart(c, how)) {
    c.now = status::done;
    return;
  }
  failed(i, now, todo);
}

void supervision_run::failed(std::uint32_t i, timestamp now, steps& todo) {
  auto& c = children_[i];
  c.now = status::down;
  if (isolate_.count() > 0) {
    if (!c.own)
      c.own.emplace(limits_);
    if (!c.own->add_restart(now)) {
      c.now = status::waiting;
      c.isolated = true;
      c.due = later(now, isolate_);
      ++c.restarts;
      return;
    }
  } else if (!window_.add_restart(now)) {
    mode_ = mode::giving_up;
    continue_end(todo);
    return;
  }
  c.streak = c.restarts > 0 && later(c.last_restart, limits_.period) >= now ? c.streak + 1 : 1;
  c.last_restart = now;
  ++c.restarts;
  const auto due = later(now, restart_delay(limits_, c.streak));
  if (strategy_ == supervision::one_for_one) {
    if (due <= now) {
      start(i, todo);
    } else {
      c.now = status::waiting;
      c.due = due;
    }
    return;
  }
  const std::uint32_t from = strategy_ == supervision::one_for_all ? 0 : i;
  group_due_ = group_from_ == nobody ? due : std::max(group_due_, due);
  group_from_ = std::min(group_from_, from);
  continue_group(now, todo);
}

bool supervision_run::all_ended_from(std::uint32_t from, steps& todo) {
  for (auto i = static_cast<std::uint32_t>(children_.size()); i-- > from;) {
    auto& c = children_[i];
    if (c.now == status::running) {
      c.now = status::stopping;
      todo.push_back({supervision_act::stop, i});
    }
    if (alive(c))
      return false;
  }
  return true;
}

void supervision_run::continue_group(timestamp now, steps& todo) {
  if (group_from_ == nobody || !all_ended_from(group_from_, todo) || group_due_ > now)
    return;
  const auto from = group_from_;
  group_from_ = nobody;
  for (auto i = from; i < children_.size(); ++i) {
    const auto& c = children_[i];
    const bool comes_back = c.now == status::done && c.rules.restart != restart_type::temporary;
    if (c.now == status::down || comes_back)
      start(i, todo);
  }
}

void supervision_run::continue_end(steps& todo) {
  if (mode_ == mode::over || !all_ended_from(0, todo))
    return;
  todo.push_back({mode_ == mode::giving_up ? supervision_act::give_up : supervision_act::ended, 0});
  mode_ = mode::over;
}

void supervision_run::tick(timestamp now, steps& todo) {
  if (mode_ != mode::serving)
    return;
  continue_group(now, todo);
  for (std::uint32_t i = 0; i < children_.size(); ++i)
    if (children_[i].now == status::waiting && children_[i].due <= now)
      start(i, todo);
}

void supervision_run::fail(steps& todo) {
  if (mode_ != mode::serving)
    return;
  mode_ = mode::giving_up;
  continue_end(todo);
}

void supervision_run::shut_down(steps& todo) {
  if (mode_ != mode::serving)
    return;
  mode_ = mode::shutting_down;
  continue_end(todo);
}

timestamp supervision_run::next_timer() const noexcept {
  if (mode_ != mode::serving)
    return no_deadline;
  auto next = no_deadline;
  for (const auto& c : children_)
    if (c.now == status::waiting)
      next = std::min(next, c.due);
  if (group_from_ == nobody)
    return next;
  // As long as somebody in the group has not ended, it is his end that is waited for and not the
  // clock.
  const bool ended = std::none_of(children_.begin() + group_from_, children_.end(),
                                  [](const auto& c) { return alive(c); });
  return ended ? std::min(next, group_due_) : next;
}

} // namespace troupe
