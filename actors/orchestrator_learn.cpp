#include "actors/arm_book.hpp"
#include "actors/arm_keeper.hpp"
#include "actors/orchestrator.hpp"

#include "policies/gate.hpp"
#include "policies/plan_ops.hpp"

#include <algorithm>

namespace troupe {

// What routing learns of how calls end. Only domains that route by it take part.

namespace {

double cost_of(const seat& who, const usage& used) {
  return used.cost_micros > 0 ? static_cast<double>(used.cost_micros) / 1e6
                              : static_cast<double>(who.cost());
}

/// What a judge says of an answer, from 0 to 1: the number that its verdict goes by, or the
/// verdict.
double judged_quality(const condition& when, const json& document) {
  const json::json_pointer at{when.pointer};
  if (document.contains(at) && document[at].is_number())
    if (const auto x = document[at].get<double>(); x >= 0 && x <= 1)
      return x;
  return holds(when, document) ? 1 : 0;
}

} // namespace

void orchestrator_state::learn_of(const open_call& c, const outcome& x) {
  auto* t = tasks_.at(c.slot, c.generation);
  if (!t || !t->by->learns || t->triage || !t->run || c.step >= t->run->size() ||
      t->run->step(c.step).querying || !tells_of_arm(x.failed.why) || excused(x.failed.why))
    return;
  const auto& by = t->by->domain.routing.learning;
  const auto took = std::chrono::duration_cast<microseconds>(now_ - c.started);
  const auto cost = cost_of(*c.to, x.used);
  const auto how =
      x.ok() ? arm_mark_of(x.confidence, cost, took, by) : arm_mark_of_failure(cost, took);
  const auto target = t->run->target_of(c.step);
  const auto intent = learned_intent(t->by->domain, t->run->node(c.step).name, target.skill);
  if (parts_->arms->note(domain_->path, intent, arm_of(c.to->where().name), how, by))
    stir_arms();
  if (x.ok())
    learn_of_judgement(*t, c.step, x);
}

void orchestrator_state::learn_of_judgement(const live_task& t, std::uint32_t step,
                                            const outcome& x) {
  const auto& run = *t.run;
  const auto& table = run.table();
  if (step == 0)
    return;
  const auto group = table.parent(step);
  const auto rounds = table.children(group);
  if (run.node(group).op != plan_op::judge || rounds.empty() ||
      table.pattern(step) == table.pattern(rounds.front()))
    return;
  const auto place = 2 * std::size_t{table.number(step)};
  if (place >= rounds.size())
    return;
  const auto judged = rounds[place];
  const auto& before = run.step(judged);
  if (run.node(judged).op != plan_op::call || before.agent.empty() || !before.result)
    return;
  const auto& by = t.by->domain.routing.learning;
  const auto intent =
      learned_intent(t.by->domain, run.node(judged).name, run.target_of(judged).skill);
  const auto quality = judged_quality(run.node(group).when, as_document(x));
  if (parts_->arms->correct(domain_->path, intent, arm_of(before.agent),
                            quality - std::clamp(before.result->confidence, 0.0, 1.0), by))
    stir_arms();
}

void orchestrator_state::stir_arms() {
  if (!config_.journal)
    return;
  if (!arm_keeper_)
    arm_keeper_ =
        parts_->places->claim({address_kind::node, parts_->fleet.node_id + "/arm_keeper"});
  send_to(self_, arm_keeper_, arms_stirred{});
}

} // namespace troupe
