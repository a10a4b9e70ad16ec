#include "actors/act_name.hpp"
#include "actors/audit.hpp"
#include "actors/boundary.hpp"
#include "actors/orchestrator.hpp"

#include "policies/facts.hpp"

#include <troupe/domain_boundary.hpp>

namespace troupe {

outcome_ptr orchestrator_state::without_contradiction(const live_task& t, outcome_ptr x) const {
  if (!x->ok() || !x->data.is_object() || t.by->domain.context.empty())
    return x;
  auto why = contradiction_failure(contradictions(t.by->domain, t.context, x->data));
  if (!why)
    return x;
  auto y = *x;
  y.failed = std::move(why);
  return std::make_shared<const outcome>(std::move(y));
}

// -- audit --------------------------------------------------------------------

namespace {

std::string audit_id(const live_task& t, std::uint32_t step, std::uint32_t attempt,
                     const char* what) {
  return t.what->id + "/" + std::to_string(step) + "/" + std::to_string(attempt) + "/" + what;
}

json about(const live_task& t, const agent_spec& agent, std::uint32_t step, std::uint32_t attempt) {
  return {{"task", t.what->id},
          {"step", step},
          {"attempt", attempt},
          {"agent", agent.card.domain + "/" + agent.card.name},
          {"effects", to_string(agent.card.does)}};
}

} // namespace

void orchestrator_state::audit_settled(live_task* t, const std::string& task, const ledger_line& x,
                                       std::uint32_t attempt, const char* by) {
  if (!config_.journal)
    return;
  const std::string state{to_string(x.state)};
  json record{{"task", task},
              {"step", x.step},
              {"attempt", attempt},
              {"agent", x.agent},
              {"effects", to_string(x.does)},
              {"key", act_key(task, x.step, x.index)},
              {"state", state},
              {"by", by}};
  auto w = audit_write(task + "/" + std::to_string(x.step) + "/" + std::to_string(attempt) +
                           "/settled/" + state,
                       now_, "effect.settled", std::move(record));
  w.domain = domain_->path;
  store_late(t, std::move(w));
}

void orchestrator_state::store_audit(live_task& t, store_write record) {
  record.domain = domain_->path;
  record.shard = config_.shard;
  store(t, std::move(record));
}

std::string orchestrator_state::barred_by_boundary(live_task& t, const plan_action& a,
                                                   std::string_view domain,
                                                   std::string_view skill) {
  const auto* target = t.by->version->domain(domain);
  if (!target)
    return {};
  auto why = why_not_delegated(*target, domain_->path, skill);
  if (!why.empty())
    note_barred(t, a.step, a.attempt, domain, skill, why);
  return why;
}

void orchestrator_state::note_barred(live_task& t, std::uint32_t step, std::uint32_t attempt,
                                     std::string_view domain, std::string_view skill,
                                     const std::string& why) {
  if (config_.journal)
    store_audit(t, audit_write(audit_id(t, step, attempt, "barred"), now_, "delegation.refused",
                               {{"task", t.what->id},
                                {"step", step},
                                {"attempt", attempt},
                                {"from", domain_->path},
                                {"to", domain},
                                {"skill", skill},
                                {"why", why}}));
}

void orchestrator_state::audit_begin(live_task& t, const agent_spec& agent, std::uint32_t step,
                                     std::uint32_t attempt) {
  if (!config_.journal)
    return;
  const auto& node = t.run->node(step);
  const auto target = t.run->target_of(step);
  auto record = about(t, agent, step, attempt);
  record["skill"] = target.skill.empty() ? node.skill : std::string{target.skill};
  record["key"] = act_key(t.what->id, step, call_index(t, step));
  if (!t.what->who.id.empty())
    record["customer"] = t.what->who.id;
  record["asked"] = fingerprint(node.text.empty() ? t.what->text : node.text,
                                json::array({t.what->data, node.input}));
  store_audit(
      t, audit_write(audit_id(t, step, attempt, "begun"), now_, "effect.begun", std::move(record)));
}

void orchestrator_state::audit_end(live_task& t, const agent_spec& agent, std::uint32_t step,
                                   std::uint32_t attempt, const outcome& x, bool cleaned) {
  if (!config_.journal)
    return;
  auto record = about(t, agent, step, attempt);
  record["answered"] = fingerprint(x.text, x.data);
  record["ok"] = x.ok();
  if (!x.ok())
    record["reason"] = to_string(x.failed.why);
  if (cleaned)
    record["sanitized"] = true;
  if (!x.failed.errors.empty()) {
    record["stopped_by"] = json::array();
    for (const auto& e : x.failed.errors)
      record["stopped_by"].push_back(e.keyword);
  }
  store_audit(
      t, audit_write(audit_id(t, step, attempt, "ended"), now_, "effect.ended", std::move(record)));
}

} // namespace troupe
