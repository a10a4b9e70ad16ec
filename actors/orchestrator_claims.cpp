#include "actors/act_name.hpp"
#include "actors/attempt_record.hpp"
#include "actors/orchestrator.hpp"

#include <algorithm>

namespace troupe {

// Acts that were under way when their shard moved: whoever was given one may still be at it, and is
// asked for its answer before the ledger decides. Nothing begins by that.

bool orchestrator_state::is_member(const std::string& node) const {
  if (!parts_->cluster)
    return false;
  const auto table = parts_->cluster->seen();
  const auto* row = table.find(node);
  return row && row->state != member_state::down;
}

bool orchestrator_state::claim(live_task& t, const plan_action& a, const seat_ptr& to,
                               const std::string& node) {
  const auto who = to->at(node, parts_->fleet.node_id);
  if (!who.handle)
    return false;
  const auto& step = t.run->step(a.step);
  note(t, a.step, a.attempt, step.agent + ", which was given it, is asked for its answer");
  const auto about = std::make_shared<task>();
  about->id = t.what->id;
  about->domain = t.what->domain;
  about->who = t.what->who;
  about->trace_id = t.what->trace_id;
  const auto target = t.run->target_of(a.step);
  const auto& node_of_plan = t.run->node(a.step);
  auto known = acting_call_of(t, a.step, a.attempt, *to, false);
  auto call = std::make_shared<agent_call>();
  call->about = about;
  call->step = a.step;
  call->attempt = a.attempt;
  call->skill = target.skill.empty() ? std::string_view{node_of_plan.skill} : target.skill;
  call->urgency = node_of_plan.urgency;
  call->deadline = step.due;
  call->idempotency_key = act_key(t.what->id, a.step, known.index);
  call->epoch = epoch_;
  const auto number = calls_.open(
      {t.slot, t.generation, a.step, a.attempt, to, who.incarnation, who.handle, now_, 0, false});
  acting_.emplace(number, std::move(known));
  self_->send(who.handle, claim_call{number, std::move(call)});
  return true;
}

bool orchestrator_state::claims_act(live_task& t, const plan_action& a, const seat_ptr& to,
                                    const route& given) {
  // Of what is not stored step by step nobody knows which attempt it was. What asks about an act is
  // asked anew.
  if (t.run->step(a.step).querying || !t.goes_on_by_step())
    return false;
  const auto& node = given.node.empty() ? parts_->fleet.node_id : given.node;
  if (claim(t, a, to, node))
    return true;
  // Who has just joined may not have heard of those who sit elsewhere.
  if (to->now().handle || node == parts_->fleet.node_id || !is_member(node) ||
      !strand(t, a.step, a.attempt, to))
    return false;
  stranded_.back().claimed_at = node;
  return true;
}

bool orchestrator_state::claims_now(live_task& t, const stranded_step& s) {
  const plan_action a{plan_action::kind::call, s.step, s.attempt, false};
  if (claim(t, a, s.to, s.claimed_at))
    return true;
  if (now_ < s.until && !s.to->now().handle && is_member(s.claimed_at))
    return false;
  action_list todo{spare_};
  take_up_anew(t, a, todo);
  carry_out(t, todo);
  return true;
}

void orchestrator_state::on_call_not_here(const call_not_here& x) {
  now_ = parts_->now(self_);
  auto c = calls_.close(x.call);
  if (!c)
    return;
  acting_.erase(x.call);
  judge(*c, call_sign::nothing, call_sign::nothing);
  auto* t = awaiting(*c);
  if (!t)
    return;
  action_list todo{spare_};
  take_up_anew(*t, {plan_action::kind::call, c->step, c->attempt, false}, todo);
  carry_out(*t, todo);
}

std::string orchestrator_state::cut_short(const live_task& t, std::uint32_t step,
                                          const std::string& agent) const {
  const auto words = [&](const char* what) {
    return std::string{what} + " while " + agent + " worked on it";
  };
  const auto* way = given_to(t, step, t.run->step(step).attempt);
  if (!way || way->node.empty())
    return words(parts_->cluster ? "its shard moved, or its node ended," : "the node ended");
  if (way->node != parts_->fleet.node_id)
    return words(is_member(way->node) ? "its shard moved" : "the node ended");
  // Of our own node: who sat there then sits there still.
  const auto to = parts_->places->find({address_kind::agent, agent});
  const auto given_at = [&] {
    for (auto e = t.history.rbegin(); e != t.history.rend(); ++e)
      if (e->kind == event_kind::assigned && e->step == step && e->triage == t.triage)
        return e->at;
    return timestamp{};
  };
  const bool sits = to && to->at(way->node, way->node).handle && to->since() <= given_at();
  return words(parts_->cluster && sits ? "its shard moved" : "the node ended");
}

} // namespace troupe
