#include "nodes/sim/plan_witness.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

namespace troupe::sim {

namespace {

/// The names of steps in a list of the outcome, with or without reasons.
std::vector<std::string> steps_in(const outcome& x, const char* list) {
  std::vector<std::string> out;
  if (!x.data.is_object())
    return out;
  const auto hit = x.data.find(list);
  if (hit == x.data.end() || !hit->is_array())
    return out;
  for (const auto& one : *hit) {
    const auto& name = one.is_object() && one.contains("step") ? one.at("step") : one;
    if (name.is_string())
      out.push_back(name.get<std::string>());
  }
  return out;
}

class plan_look {
 public:
  plan_look(const ended_task& x, const plan_run& run, const outside_world& outside)
      : x_(x)
      , run_(run)
      , outside_(outside) {
    for (const auto* list : {"undone", "not_undone"})
      for (auto& name : steps_in(x.result, list))
        ++undone_[std::move(name)];
    for (auto& name : steps_in(x.result, "uncertain"))
      uncertain_.insert(std::move(name));
  }

  std::vector<std::string> all() {
    look_at_deeds();
    look_at_parts();
    for (std::uint32_t i = 0; i < run_.size(); ++i)
      look_at_list(i);
    for (std::uint32_t i = 0; i < run_.size(); ++i)
      look_at_undo(i);
    look_at_order();
    return std::move(broken_);
  }

  /// Of a run that was never begun: what its steps are is all that is known of them.
  std::vector<std::string> without_history() {
    for (std::uint32_t i = 0; i < run_.size(); ++i)
      look_at_undo(i);
    return std::move(broken_);
  }

 private:
  struct completion {
    std::size_t at = 0;     ///< its place in the history
    bool by_person = false; ///< who says that it has happened, and cannot know
  };
  struct undone_step {
    std::uint32_t group = 0;  ///< the innermost `compensate` around it
    std::size_t done = 0;     ///< its place in the history
    std::uint64_t undone = 0; ///< its place among all deeds
    std::string name;
  };

  void say(const std::string& what) { broken_.push_back("task " + x_.id + ": " + what); }

  [[nodiscard]] std::string name(std::uint32_t i) const { return run_.table().name(i); }

  /// What was done under one of the step's keys; null: nothing.
  [[nodiscard]] const outside_world::deed* deed_of(std::uint32_t step) const {
    const auto keys = x_.id + "/" + std::to_string(step) + "/";
    for (auto d = outside_.deeds.lower_bound(keys);
         d != outside_.deeds.end() && d->first.starts_with(keys); ++d)
      if (d->second.carried > 0)
        return &d->second;
    return nullptr;
  }

  void look_at_deeds() {
    std::map<std::uint32_t, const route*> given;
    for (std::size_t n = 0; n < x_.history.size(); ++n) {
      const auto& e = x_.history[n];
      if (e.triage)
        continue;
      const bool by_agent =
          e.kind == event_kind::step_completed || e.kind == event_kind::reconciled;
      if (e.kind == event_kind::assigned)
        given[e.step] = e.get<route>();
      if ((!by_agent && e.kind != event_kind::answered) || e.why_failed())
        continue;
      completed_[e.step] = {n, !by_agent};
      const auto* way = given[e.step];
      // Agents that are the runtime's own do nothing outside, whatever they declare.
      if (e.kind == event_kind::step_completed && way && way->does != effects::none &&
          outside_.actors.contains(way->agent.substr(0, way->agent.find('#'))) && !deed_of(e.step))
        say("step " + name(e.step) + " is said to be done by " + way->agent +
            ", which did nothing");
    }
  }

  void look_at_parts() {
    for (auto p = outside_.parts.lower_bound({x_.id, 0, {}, {}});
         p != outside_.parts.end() && p->task == x_.id; ++p) {
      if (p->step >= run_.size()) {
        say("an agent was called for step " + std::to_string(p->step) + ", which there is not");
        continue;
      }
      std::optional<std::int64_t> item;
      std::optional<std::int64_t> round;
      std::int64_t most = 0;
      for (auto i = p->step; i != 0; i = run_.table().parent(i)) {
        if (run_.table().is_undo(i))
          continue;
        const auto& above = run_.node(run_.table().parent(i));
        if (above.op == plan_op::map && !item)
          item = run_.table().number(i);
        if ((above.op == plan_op::loop || above.op == plan_op::judge) && !round) {
          round = run_.table().number(i) + 1;
          most = above.max_rounds;
        }
      }
      if (item && p->item != item)
        say("step " + name(p->step) + " was told another item than its own");
      if (round && p->round != round)
        say("step " + name(p->step) + " was told another round than its own");
      if (round && std::max(*round, p->round.value_or(0)) > most)
        say("step " + name(p->step) + " is beyond the last of " + std::to_string(most) + " rounds");
    }
  }

  void look_at_list(std::uint32_t i) {
    const auto& s = run_.step(i);
    if (run_.node(i).op != plan_op::map || s.status != step_status::done || s.result->partial)
      return;
    std::size_t items = 0;
    for (const auto& e : x_.history)
      if (const auto* list = e.get<outcome>();
          list && e.kind == event_kind::expanded && e.step == i && !e.triage)
        items = list->data.size();
    const auto begun = run_.table().begun(i);
    const auto steps = run_.table().children(i);
    std::size_t done = 0;
    for (std::uint32_t n = 0; n < begun; ++n)
      done += run_.step(steps[n]).status == step_status::done ? 1 : 0;
    if (begun != items || done != items)
      say("map " + name(i) + " is done with " + std::to_string(done) + " of " +
          std::to_string(items) + " items");
  }

  /// What the step has done is to be taken back: a `compensate` around it has failed, or was no
  /// longer wanted.
  [[nodiscard]] bool given_up(std::uint32_t i) const {
    while (i != 0) {
      i = run_.table().parent(i);
      const auto status = run_.step(i).status;
      const bool failed = status == step_status::failed || status == step_status::cancelled ||
                          (i == 0 && !x_.result.ok());
      if (run_.node(i).op == plan_op::compensate && failed)
        return true;
    }
    return false;
  }

  void look_at_undo(std::uint32_t i) {
    const auto undo = run_.table().undo(i);
    if (undo == 0)
      return;
    const auto hit = undone_.find(name(i));
    const auto times = hit == undone_.end() ? 0 : hit->second;
    const auto* deed = deed_of(i);
    // What a machine does when it wakes nobody can know from within.
    const bool done = run_.step(i).status == step_status::done || (deed && !deed->risen);
    if (done && given_up(i) && times == 0 && !uncertain_.contains(name(i)))
      say("step " + name(i) +
          " was done and was to be taken back, and the end does not tell of it");
    if (deed_of(undo) && times == 0)
      say("step " + name(i) + " was taken back, and the end does not tell of it");
    if (times > 1)
      say("step " + name(i) + " was taken back " + std::to_string(times) + " times");
    const auto was = completed_.find(i);
    const auto is = completed_.find(undo);
    // What was given up as not undone may still be done later, and what a person says may not be
    // so.
    if (run_.step(i).status != step_status::done || was == completed_.end() ||
        is == completed_.end() || is->second.by_person || !deed_of(undo))
      return;
    auto group = i;
    while (group != 0 && run_.node(group).op != plan_op::compensate)
      group = run_.table().parent(group);
    order_.push_back({group, was->second.at, deed_of(undo)->order, name(i)});
  }

  void look_at_order() {
    std::sort(order_.begin(), order_.end(), [](const auto& a, const auto& b) {
      return a.group != b.group ? a.group < b.group : a.done < b.done;
    });
    for (std::size_t n = 1; n < order_.size(); ++n)
      if (order_[n].group == order_[n - 1].group && order_[n].undone > order_[n - 1].undone)
        say("step " + order_[n - 1].name + " was done before " + order_[n].name +
            " and taken back before it as well");
  }

  const ended_task& x_;
  const plan_run& run_;
  const outside_world& outside_;
  std::map<std::string, int> undone_; ///< by name, how often the outcome has it
  std::set<std::string> uncertain_;
  std::map<std::uint32_t, completion> completed_;
  std::vector<undone_step> order_;
  std::vector<std::string> broken_;
};

} // namespace

std::size_t taken_back(const outcome& x) {
  return steps_in(x, "undone").size() + steps_in(x, "not_undone").size();
}

std::vector<std::string> broken_by(const ended_task& x, const plan_run& run,
                                   const outside_world& outside) {
  return plan_look{x, run, outside}.all();
}

std::vector<std::string> broken_by(const ended_task& x, const plan_ptr& how,
                                   const outside_world& outside) {
  const plan_run unbegun{how, no_deadline};
  return plan_look{x, unbegun, outside}.without_history();
}

} // namespace troupe::sim
