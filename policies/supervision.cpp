#include "policies/supervision.hpp"

#include "policies/deadline.hpp"

#include <algorithm>

namespace troupe {

using kind = supervision_step::kind;

supervision_run::supervision_run(supervision strategy, restart_intensity limits)
    : strategy_(strategy)
    , limits_(limits)
    , window_(limits) {}

std::uint32_t supervision_run::add(child_rules rules) {
  children_.emplace_back();
  children_.back().rules = std::move(rules);
  return static_cast<std::uint32_t>(children_.size() - 1);
}

void supervision_run::start(std::uint32_t i, steps& todo) {
  children_[i].now = status::running;
  children_[i].due = no_deadline;
  todo.push_back({kind::start, i});
}

void supervision_run::start_all(steps& todo) {
  for (std::uint32_t i = 0; i < children_.size(); ++i)
    if (children_[i].now == status::idle)
      start(i, todo);
}

void supervision_run::start_child(std::uint32_t i, steps& todo) {
  auto now = children_[i].now;
  if (mode_ == mode::serving && (now == status::idle || now == status::done))
    start(i, todo);
}

void supervision_run::stop_child(std::uint32_t i, steps& todo) {
  auto& c = children_[i];
  if (c.now == status::running) {
    // `done` before it has ended: its end must not restart it.
    c.now = status::done;
    todo.push_back({kind::stop, i});
  } else if (c.now == status::waiting) {
    c.now = status::done;
  }
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

void supervision_run::down(std::uint32_t i, exit_kind how, timestamp now, steps& todo) {
  auto& c = children_[i];
  const bool asked = c.now == status::stopping;
  if (c.now == status::running || asked)
    c.now = status::idle;
  if (mode_ != mode::serving) {
    continue_end(todo);
    return;
  }
  if (c.now == status::done)
    return;
  if (asked) {
    continue_group(now, todo);
    return;
  }
  if (!wants_restart(c, how)) {
    c.now = status::done;
    return;
  }
  if (!window_.add_restart(now)) {
    mode_ = mode::giving_up;
    continue_end(todo);
    return;
  }
  c.streak = c.restarts > 0 && c.last_restart + limits_.period >= now ? c.streak + 1 : 1;
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

bool supervision_run::stop_last_from(std::uint32_t from, steps& todo, bool& still_stopping) {
  still_stopping = false;
  for (auto i = static_cast<std::uint32_t>(children_.size()); i-- > from;) {
    auto& c = children_[i];
    if (c.now == status::stopping) {
      still_stopping = true;
      return false;
    }
    if (c.now == status::waiting)
      c.now = status::idle;
    if (c.now == status::running) {
      c.now = status::stopping;
      todo.push_back({kind::stop, i});
      return true;
    }
  }
  return false;
}

void supervision_run::continue_group(timestamp now, steps& todo) {
  if (group_from_ == nobody)
    return;
  bool still_stopping = false;
  if (stop_last_from(group_from_, todo, still_stopping) || still_stopping || group_due_ > now)
    return;
  const auto from = group_from_;
  group_from_ = nobody;
  for (auto i = from; i < children_.size(); ++i) {
    // A temporary child that went down with its group is gone for good, as in OTP.
    if (children_[i].now == status::idle) {
      if (children_[i].rules.restart == restart_type::temporary)
        children_[i].now = status::done;
      else
        start(i, todo);
    }
  }
}

void supervision_run::continue_end(steps& todo) {
  bool still_stopping = false;
  if (mode_ == mode::over || stop_last_from(0, todo, still_stopping) || still_stopping)
    return;
  todo.push_back({mode_ == mode::giving_up ? kind::give_up : kind::ended, 0});
  mode_ = mode::over;
}

void supervision_run::tick(timestamp now, steps& todo) {
  if (mode_ != mode::serving)
    return;
  if (group_from_ != nobody && group_due_ <= now)
    continue_group(now, todo);
  for (std::uint32_t i = 0; i < children_.size(); ++i)
    if (children_[i].now == status::waiting && children_[i].due <= now)
      start(i, todo);
}

void supervision_run::shut_down(steps& todo) {
  if (mode_ == mode::serving)
    mode_ = mode::shutting_down;
  continue_end(todo);
}

timestamp supervision_run::next_timer() const noexcept {
  if (mode_ != mode::serving)
    return no_deadline;
  auto next = group_from_ != nobody ? group_due_ : no_deadline;
  for (const auto& c : children_)
    if (c.now == status::waiting)
      next = std::min(next, c.due);
  return next;
}

} // namespace troupe
