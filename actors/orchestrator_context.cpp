#include "actors/orchestrator.hpp"

#include "policies/map_items.hpp"
#include "policies/shared_state.hpp"
#include "policies/step_input.hpp"

namespace troupe {

// What the steps of a task share: its context, and what each of them is given.

namespace {

bool sets_context(const outcome& x) {
  return x.ok() && x.data.is_object() && x.data.contains("context");
}

/// The context fields that whoever has this attempt may set.
std::vector<std::string> may_write(const live_task& t, std::uint32_t step) {
  // An agent sets what its team lets it write; another domain answers for its own agents, and we
  // take what we declare.
  if (t.run->target_of(step).op == plan_op::domain) {
    std::vector<std::string> all;
    for (const auto& [field, type] : t.by->domain.context)
      all.push_back(field);
    return all;
  }
  const auto& agents = t.by->routes.table()->by_name;
  const auto who = agents.find(t.run->step(step).agent);
  if (who == agents.end() || who->second.empty())
    return {};
  return who->second.front()->spec()->writes;
}

/// What completing `step` with `x` would change of the context.
state_change change_by(const live_task& t, std::uint32_t step, const outcome& x) {
  return t.shared.merge(step, t.context, t.by->domain, may_write(t, step), x.data);
}

} // namespace

void orchestrator_state::learn(live_task& t, const event& e) {
  // Where nothing is shared, nothing is kept.
  if (t.by->domain.context.empty() || e.step >= t.run->size())
    return;
  const bool in_doubt = t.run->step(e.step).unsettled != nullptr;
  switch (e.kind) {
  case event_kind::assigned:
  case event_kind::delegated:
    t.shared.began(e.step, e.attempt, t.context, may_write(t, e.step), in_doubt);
    return;
  case event_kind::step_completed:
  case event_kind::reconciled:
    if (const auto* x = e.get<outcome>(); x && x->ok() && sets_context(*x)) {
      const auto change = change_by(t, e.step, *x);
      if (change.conflict.empty())
        t.shared.take(change, t.context);
      for (const auto& field : change.refused)
        parts_->log->warn("task {}: {} may not set the context field '{}' so", t.what->id,
                          t.run->step(e.step).agent, field);
    }
    t.shared.ended(e.step);
    return;
  case event_kind::step_failed:
  case event_kind::interrupted:
  case event_kind::time_up:
    // What it has seen is needed for as long as its answer may turn up.
    if (!in_doubt)
      t.shared.ended(e.step);
    return;
  case event_kind::answered:
    t.shared.ended(e.step);
    return;
  default:
    return;
  }
}

void orchestrator_state::refuse_contradiction(const live_task& t, event& e) const {
  const bool found_out = e.kind == event_kind::reconciled;
  const auto* said = std::get_if<outcome_ptr>(&e.body);
  if ((!found_out && e.kind != event_kind::step_completed) || t.by->domain.context.empty() ||
      !t.run || e.step >= t.run->size() || !said || !*said || !(*said)->ok())
    return;
  auto x = found_out ? without_contradiction(t, *said) : *said;
  auto why = x->failed;
  if (!why && sets_context(*x))
    if (auto change = change_by(t, e.step, *x); !change.conflict.empty())
      why = {reason::contradiction, std::move(change.conflict), {}};
  if (!why)
    return;
  // What an agent or a sub-task has done outside is done, whatever becomes of its step.
  const bool acted = t.run->step(e.step).does != effects::none ||
                     (t.run->target_of(e.step).op == plan_op::domain && x->acted != deeds::none);
  if (found_out || (acted && !t.triage)) {
    auto refused = *x;
    refused.failed = std::move(why);
    e.kind = event_kind::step_completed;
    e.body = std::make_shared<const outcome>(std::move(refused));
  } else {
    e.kind = event_kind::step_failed;
    e.body = std::make_shared<const failure>(std::move(why));
  }
}

void orchestrator_state::expand_step(live_task& t, const plan_action& a, actions& todo) {
  json document{{"input", step_input(*t.run, a.step, t.what->data)},
                {"previous", t.run->previous_of(a.step)},
                {"context", t.context}};
  auto e = make_event(t, event_kind::expanded, a.step, a.attempt);
  e.body = std::make_shared<const outcome>(find_items(t.run->node(a.step), document));
  happen(t, std::move(e), todo);
}

} // namespace troupe
