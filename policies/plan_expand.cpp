#include "policies/context_scope.hpp"
#include "policies/gate.hpp"
#include "policies/map_items.hpp"
#include "policies/map_result.hpp"
#include "policies/plan_ops.hpp"
#include "policies/plan_run.hpp"

#include <algorithm>

namespace troupe {

// What has as many steps as its items or rounds: they are made when they begin, one by one.

bool plan_run::begin_copy(std::uint32_t group, std::size_t which, std::uint32_t number,
                          actions& todo) {
  const auto root = table_.copy(group, which, number);
  if (root == 0) {
    fail_group(group,
               {reason::budget_exhausted,
                at(group).name + ": a task may come to " + std::to_string(step_table::max_steps) +
                    " steps, items and rounds included",
                {}},
               todo);
    return false;
  }
  steps_.resize(table_.size());
  begin(root, todo);
  return true;
}

// -- map ----------------------------------------------------------------------

const json& plan_run::list_of(std::uint32_t map) const {
  static const json none = json::array();
  const auto hit = lists_.find(map);
  return hit == lists_.end() ? none : hit->second->data;
}

bool plan_run::apply_to_map(const event& e, actions& todo) {
  const auto i = e.step;
  if (steps_[i].status != step_status::wanted)
    return false;
  const auto fail = [&](failure f) {
    now_ = std::max(now_, e.at);
    finish_step(i, std::make_shared<const outcome>(outcome::of(std::move(f))), todo);
    return true;
  };
  if (e.kind == event_kind::step_failed) {
    const auto* f = e.get<failure>();
    return fail(f && f->why != reason::none
                    ? *f
                    : failure{reason::invalid_input, "its list could not be found", {}});
  }
  const auto* x = std::get_if<outcome_ptr>(&e.body);
  if (e.kind != event_kind::expanded || !x || !*x)
    return false;
  if (!(*x)->ok())
    return fail((*x)->failed);
  const auto& list = (*x)->data;
  if (!list.is_array())
    return fail({reason::invalid_input, "map " + at(i).name + " needs a list", {}});
  if (list.size() > plan::max_items)
    return fail({reason::invalid_input,
                 "map " + at(i).name + ": " + std::to_string(list.size()) + " items, at most " +
                     std::to_string(plan::max_items) + " are possible",
                 {}});
  now_ = std::max(now_, e.at);
  lists_[i] = *x;
  set_status(i, step_status::running);
  if (list.empty())
    end_group(i, join_items(i), todo);
  else
    next_items(i, todo);
  return true;
}

void plan_run::next_items(std::uint32_t map, actions& todo) {
  const auto total = list_of(map).size();
  const auto at_once = std::max(at(map).at_once, 1u);
  while (true) {
    const auto& s = steps_[map];
    const auto begun = table_.begun(map);
    if (begun >= total || begun - s.children_done - s.children_failed >= at_once ||
        !begin_copy(map, 0, begun, todo))
      return;
  }
}

void plan_run::map_child_ended(std::uint32_t map, actions& todo) {
  const auto& s = steps_[map];
  if (s.children_done + s.children_failed == list_of(map).size())
    end_group(map, join_items(map), todo);
  else
    next_items(map, todo);
}

outcome plan_run::join_items(std::uint32_t map) const {
  const auto total = list_of(map).size();
  const auto begun = table_.begun(map);
  const auto roots = table_.children(map);
  std::vector<const outcome*> items(total, nullptr);
  for (std::uint32_t n = 0; n < begun && n < total; ++n)
    if (steps_[roots[n]].status != step_status::cancelled)
      items[n] = steps_[roots[n]].result.get();
  return reduce_items(at(map).how, how_->steps[table_.pattern(roots.front())].node.name, items);
}

// -- rounds -------------------------------------------------------------------

void plan_run::next_round(std::uint32_t group, actions& todo) {
  const auto begun = table_.begun(group);
  begin_copy(group, 0, at(group).op == plan_op::judge ? begun / 2 : begun, todo);
}

outcome plan_run::last_round(std::uint32_t group) const {
  outcome out;
  usage used;
  const auto begun = table_.begun(group);
  const auto rounds = table_.children(group);
  // A judge's rounds are two steps each, of which the first is the one that answers.
  const std::uint32_t stride = at(group).op == plan_op::judge ? 2 : 1;
  for (std::uint32_t n = 0; n < begun; ++n) {
    const auto& x = steps_[rounds[n]].result;
    if (!x)
      continue;
    used += x->used;
    if (n % stride == 0)
      out = *x;
  }
  out.used = used;
  return out;
}

void plan_run::loop_child_ended(std::uint32_t loop, std::uint32_t child, actions& todo) {
  const auto x = steps_[child].result;
  const auto& node = at(loop);
  if (!x->ok()) {
    fail_group(loop, x->failed, todo);
    return;
  }
  const auto document = as_document(*x);
  if (holds(node.when, document)) {
    end_group(loop, last_round(loop), todo);
  } else if (table_.begun(loop) >= node.max_rounds) {
    const auto why = why_closed(node.when) == reason::low_confidence ? reason::low_confidence
                                                                     : reason::invalid_output;
    fail_group(loop,
               {why,
                "loop " + node.name + ", after " + std::to_string(node.max_rounds) +
                    " rounds: " + explain(node.when, document),
                {}},
               todo);
  } else {
    next_round(loop, todo);
  }
}

void plan_run::judge_child_ended(std::uint32_t judge, std::uint32_t child, actions& todo) {
  const auto x = steps_[child].result;
  const auto& node = at(judge);
  const bool produced =
      table_.pattern(child) == how_->steps[table_.pattern(judge)].children.front();
  if (!x->ok()) {
    auto f = x->failed;
    if (!produced)
      f.detail = "judge " + node.name + " could not judge: " + f.detail;
    fail_group(judge, f, todo);
  } else if (produced) {
    begin_copy(judge, 1, table_.number(child), todo);
  } else if (const auto document = as_document(*x); holds(node.when, document)) {
    end_group(judge, last_round(judge), todo);
  } else if (table_.begun(judge) / 2 >= node.max_rounds) {
    fail_group(judge,
               {reason::low_confidence,
                "judge " + node.name + ", after " + std::to_string(node.max_rounds) + " rounds: " +
                    explain(node.when, document) + (x->text.empty() ? "" : ": " + x->text),
                {}},
               todo);
  } else {
    next_round(judge, todo);
  }
}

// -- what they are given ------------------------------------------------------

namespace {

json told(const outcome& x) {
  return {{"text", x.text}, {"data", without_context(x.data)}};
}

} // namespace

void plan_run::give_rounds(std::uint32_t child, std::uint32_t group, json& out) const {
  const auto number = table_.number(child);
  if (at(group).op == plan_op::map) {
    const auto& list = list_of(group);
    if (!out.contains("index") && number < list.size()) {
      out["item"] = list[number];
      out["index"] = number;
    }
    return;
  }
  if (!out.contains("round"))
    out["round"] = number + 1;
  if (at(group).op != plan_op::judge)
    return;
  const auto rounds = table_.children(group);
  const bool judges = table_.pattern(child) != how_->steps[table_.pattern(group)].children.front();
  if (judges && !out.contains("candidate"))
    out["candidate"] = told(*steps_[rounds[2 * number]].result);
  else if (!judges && number > 0 && !out.contains("feedback"))
    out["feedback"] = told(*steps_[rounds[2 * number - 1]].result);
}

json plan_run::previous_of(std::uint32_t i) const {
  json out;
  std::vector<std::string> lists;
  const auto put = [&](std::uint32_t step) {
    const auto& name = at(step).name;
    if (const auto& x = steps_[step].result;
        x && std::find(lists.begin(), lists.end(), name) == lists.end())
      out[name] = told(*x);
  };
  for (; i != 0; i = table_.parent(i)) {
    if (table_.is_undo(i))
      continue;
    const auto parent = table_.parent(i);
    const auto op = at(parent).op;
    if (op == plan_op::map) {
      if (auto list = member_of(at(parent).items, "previous"); !list.empty())
        lists.push_back(std::move(list));
    } else if (const auto last = synthesiser(parent); last != 0 && last == i) {
      for (const auto sibling : table_.children(parent))
        if (sibling != last && steps_[sibling].status == step_status::done)
          put(sibling);
    } else if (is_ordered(op)) {
      const auto siblings = table_.children(parent);
      auto me = std::lower_bound(siblings.begin(), siblings.end(), i);
      while (me != siblings.begin()) {
        --me;
        if (at(*me).op != plan_op::gate && steps_[*me].result) {
          put(*me);
          break;
        }
      }
    } else if (const auto number = table_.number(i); number > 0) {
      if (op == plan_op::loop)
        put(table_.children(parent)[number - 1]);
      else if (op == plan_op::judge)
        put(table_.children(parent)[2 * (number - 1)]);
    }
  }
  return out;
}

std::vector<std::string> plan_run::lists_above(std::uint32_t i) const {
  std::vector<std::string> out;
  for (; i != 0; i = table_.parent(i)) {
    const auto& above = at(table_.parent(i));
    if (above.op == plan_op::map)
      if (auto list = member_of(above.items, "input"); !list.empty())
        out.push_back(std::move(list));
  }
  return out;
}

json plan_run::given_to(std::uint32_t i) const {
  json out;
  if (i == 0)
    return out;
  if (auto previous = previous_of(i); !previous.is_null())
    out["previous"] = std::move(previous);
  for (; i != 0; i = table_.parent(i)) {
    const auto parent = table_.parent(i);
    if (const auto& done = steps_[parent]; table_.is_undo(i))
      out["undo_of"] = told(done.acted && !done.result->ok() ? *done.acted : *done.result);
    else if (is_expanding(at(parent).op))
      give_rounds(i, parent, out);
  }
  return out;
}

} // namespace troupe
