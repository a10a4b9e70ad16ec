#include "policies/plan_ops.hpp"
#include "policies/plan_run.hpp"

#include <algorithm>

namespace troupe {

// How a `compensate` takes back what its steps did: the last one first, one at a time.

namespace {

constexpr const char* undone_key = "undone";
constexpr const char* not_undone_key = "not_undone";
constexpr const char* uncertain_key = "uncertain";

void append(json& report, const char* key, const json& list) {
  if (list.empty())
    return;
  auto& to = report[key];
  for (const auto& x : list)
    to.push_back(x);
}

void put_into(outcome& x, const json& undone, const json& not_undone) {
  if (undone.empty() && not_undone.empty())
    return;
  if (!x.data.is_object())
    x.data = json::object();
  for (const auto& [key, list] : {std::pair{undone_key, &undone}, {not_undone_key, &not_undone}})
    if (!list->empty())
      x.data[key] = *list;
}

} // namespace

std::size_t plan_run::undoing_of(std::uint32_t group) const noexcept {
  const auto hit = std::find_if(undoing_.begin(), undoing_.end(),
                                [&](const undoing& u) { return u.group == group; });
  return static_cast<std::size_t>(hit - undoing_.begin());
}

void plan_run::remember_deed(std::uint32_t i, bool done, bool lost) {
  auto& s = steps_[i];
  if (table_.undo(i) == 0)
    return;
  if (done || s.acted)
    s.order = ++done_so_far_;
  else if (lost || s.unsettled)
    undone_[uncertain_key].push_back(table_.name(i));
}

void plan_run::collect_done(std::uint32_t i, std::vector<std::uint32_t>& out) {
  for (auto child : table_.children(i)) {
    if (steps_[child].order > 0)
      out.push_back(child);
    if (!is_leaf(at(child).op))
      collect_done(child, out);
  }
}

void plan_run::take_back(std::uint32_t group, outcome x, bool waited, actions& todo) {
  undoing mine;
  mine.group = group;
  mine.waited = waited;
  mine.x = std::move(x);
  disarm(group);
  // What groups inside this one have begun to undo goes on; their rest is found again below.
  const auto inside = [&](std::uint32_t i) {
    while (i != 0 && i != group)
      i = table_.parent(i);
    return i == group;
  };
  for (auto u = undoing_.begin(); u != undoing_.end();) {
    if (!inside(u->group)) {
      ++u;
      continue;
    }
    mine.running.insert(mine.running.end(), u->running.begin(), u->running.end());
    for (const auto& name : u->undone)
      mine.undone.push_back(name);
    for (const auto& name : u->not_undone)
      mine.not_undone.push_back(name);
    u = undoing_.erase(u);
  }
  collect_done(group, mine.pending);
  std::sort(mine.pending.begin(), mine.pending.end(),
            [&](auto a, auto b) { return steps_[a].order < steps_[b].order; });
  undoing_.push_back(std::move(mine));
  go_back(undoing_.size() - 1, todo);
}

void plan_run::go_back(std::size_t job, actions& todo) {
  auto& mine = undoing_[job];
  if (!mine.running.empty())
    return;
  if (!mine.pending.empty()) {
    const auto step = mine.pending.back();
    mine.pending.pop_back();
    steps_[step].order = 0; // Taken: nobody undoes it again.
    mine.running.push_back(table_.undo(step));
    begin(table_.undo(step), todo);
    return;
  }
  auto ended = std::move(mine);
  undoing_.erase(undoing_.begin() + static_cast<std::ptrdiff_t>(job));
  append(undone_, undone_key, ended.undone);
  append(undone_, not_undone_key, ended.not_undone);
  if (ended.waited) {
    put_into(ended.x, ended.undone, ended.not_undone);
    finish_step(ended.group, std::make_shared<const outcome>(std::move(ended.x)), todo);
    return;
  }
  if (auto& known = steps_[ended.group].result;
      known && steps_[ended.group].status == step_status::failed) {
    auto x = *known;
    put_into(x, ended.undone, ended.not_undone);
    known = std::make_shared<const outcome>(std::move(x));
  }
}

void plan_run::undo_ended(std::uint32_t undo, actions& todo) {
  for (std::size_t job = 0; job < undoing_.size(); ++job) {
    auto& mine = undoing_[job];
    const auto hit = std::find(mine.running.begin(), mine.running.end(), undo);
    if (hit == mine.running.end())
      continue;
    mine.running.erase(hit);
    const auto& x = *steps_[undo].result;
    const auto name = table_.name(table_.parent(undo));
    if (x.ok())
      mine.undone.push_back(name);
    else
      mine.not_undone.push_back(
          {{"step", name}, {"reason", to_string(x.failed.why)}, {"detail", x.failed.detail}});
    go_back(job, todo);
    break;
  }
  // A whole that has ended already was only waiting for this.
  if (root_is_over() && !ended_)
    end_run(todo);
}

} // namespace troupe
