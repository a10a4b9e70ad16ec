#include "actors/orchestrator.hpp"

#include "policies/planner.hpp"
#include "src/telemetry/log.hpp"

#include <algorithm>

namespace troupe {

namespace {

/// Most plans are no larger; each step comes to two events when all goes well.
constexpr std::size_t steps_expected = 16;

/// A step that says nothing of what is to be done when its agent fails has that agent's own ladder.
void inherit_ladders(plan_node& node, const routing_table& routes) {
  for (auto& child : node.children)
    // What one answer could not be made of stands as several: nobody has to stand in for that.
    if (node.how != join::synthesis || &child != &node.children.back())
      inherit_ladders(child, routes);
  if (node.op != plan_op::call || !node.fallback.empty() || !node.target.empty())
    return;
  const auto who = routes.by_skill.find(node.skill);
  if (who != routes.by_skill.end() && !who->second.empty())
    node.fallback = who->second.front()->spec()->fallback;
}

plan_ptr plan_for(const live_task& t, std::string& problem) {
  const auto& skill = t.what->skill;
  if (skill.empty()) {
    if (t.by->domain.fixed_plan) {
      auto& known = t.by->single_plans[""];
      if (!known)
        known = lay_out(plan_node{*t.by->domain.fixed_plan}, t.by->domain);
      return known;
    }
    problem = "the request names no skill, and domain " + t.by->domain.path +
              " does not understand free text";
    return nullptr;
  }
  if (auto known = t.by->single_plans.find(skill); known != t.by->single_plans.end())
    return known->second;
  plan_node root;
  if (auto composite = t.by->domain.plans.find(skill); composite != t.by->domain.plans.end()) {
    root = composite->second;
  } else {
    const auto& offered = t.by->routes.table()->by_skill;
    if (!offered.contains(skill)) {
      problem = "no agent of domain " + t.by->domain.path + " offers the skill " + skill;
      return nullptr;
    }
    root.skill = skill;
    root.name = skill;
    root.note = "the request asks for this skill";
    inherit_ladders(root, *t.by->routes.table());
  }
  auto how = lay_out(std::move(root), t.by->domain);
  t.by->single_plans.emplace(skill, how);
  return how;
}

} // namespace

standing orchestrator_state::asker_of(const live_task& t) const {
  // What another domain has delegated was weighed there, once.
  if (!t.what->parent.empty())
    return {};
  const auto* session = t.what->context_id.empty() ? nullptr : sessions_->find(t.what->context_id);
  return {t.what->who.tier, session ? session->now.failures : 0};
}

void orchestrator_state::start_triage(live_task& t, actions& todo) {
  if (!t.by->triage_plan)
    t.by->triage_plan = plan_of_triage(t.by->domain);
  t.triage = true;
  t.run.emplace(weighed(t.by->triage_plan, t.by->domain.routing, asker_of(t), t.what->urgency),
                *t.what);
  t.run->start(now_, todo);
}

void orchestrator_state::start_work(live_task& t) {
  t.state = task_state::working;
  action_list todo{spare_};
  const bool free_text = t.what->skill.empty() && !t.by->domain.fixed_plan &&
                         !t.by->domain.understanding.agent.empty();
  if (free_text) {
    start_triage(t, todo);
    carry_out(t, todo);
    return;
  }
  std::string problem;
  auto how = plan_for(t, problem);
  if (!how) {
    finish(t, failure{reason::invalid_input, std::move(problem), {}});
    return;
  }
  use_plan(t, weighed(std::move(how), t.by->domain.routing, asker_of(t), t.what->urgency), todo);
  carry_out(t, todo);
}

void orchestrator_state::use_plan(live_task& t, plan_ptr how, actions& todo) {
  t.triage = false;
  auto e = make_event(t, event_kind::planned, whole_task, 0);
  e.body = how;
  t.history.push_back(std::move(e));
  store_event(t, t.history.back());
  t.how = how;
  t.history.reserve(t.history.size() + 2 * std::min(t.how->steps.size(), steps_expected) + 1);
  t.run.emplace(std::move(how), *t.what);
  tell_progress(t, t.history.back(), false);
  t.run->start(now_, todo);
}

void orchestrator_state::understood(live_task& t, actions& todo) {
  const auto& x = t.run->result();
  std::string problem;
  understanding found;
  if (x->ok()) {
    auto read = read_understanding(x->data, problem);
    if (read)
      found = std::move(*read);
  } else {
    problem = "triage failed: " + std::string{to_string(x->failed.why)} + ": " + x->failed.detail;
  }
  if (x->failed.why == reason::cancelled || x->failed.why == reason::timeout) {
    finish(t, x);
    return;
  }
  if (!problem.empty()) {
    // Without triage nobody knows what the message wants: it goes where unclear ones go, and says
    // why.
    parts_->log->warn("task {}: {}", t.what->id, problem);
    found.clauses = {understood_clause{t.what->text, {}, 0, false, false}};
  }
  auto e = make_event(t, event_kind::understood, 0, 0);
  e.body = x;
  t.history.push_back(std::move(e));
  store_event(t, t.history.back());
  t.understood = x;
  plan_wish wish;
  wish.domain = &t.by->domain;
  wish.text = t.what->text;
  const auto who = asker_of(t);
  wish.tier = who.tier;
  wish.urgency = t.what->urgency;
  wish.former_failures = who.former_failures;
  std::string why_not;
  auto root = make_plan(wish, found, why_not);
  if (!root) {
    finish(t, failure{reason::low_confidence, problem.empty() ? why_not : problem, {}});
    return;
  }
  inherit_ladders(*root, *t.by->routes.table());
  use_plan(t, lay_out(std::move(*root), t.by->domain), todo);
}

} // namespace troupe
