#include "actors/act_name.hpp"
#include "actors/boundary.hpp"
#include "actors/orchestrator.hpp"

namespace troupe {

// What has become of an act whose call did not say it: its agent is asked, or a person.

void orchestrator_state::query_ended(const open_call& c, const acting_call& a,
                                     const outcome_ptr& x) {
  const auto failed = [&](failure f) {
    reply(c.slot, c.generation, event_kind::step_failed, c.step, c.attempt,
          std::make_shared<const failure>(std::move(f)));
  };
  if (!x->ok())
    return failed(x->failed);
  const auto said = x->data.is_object() ? x->data.find("happened") : x->data.end();
  if (!x->data.is_object() || said == x->data.end() || !said->is_boolean())
    return failed({reason::invalid_output, "/data/happened must be true or false", {}});
  auto found = std::make_shared<outcome>();
  const bool happened = said->get<bool>();
  if (happened) {
    *found = *x;
    // The result of the effect stands beside the answer, or instead of it.
    if (auto result = x->data.find("result"); result != x->data.end() && result->is_object())
      found->data = json(*result);
    else
      found->data.erase("happened");
    // What it says now passes its boundary as what it did not get to say then.
    const auto& agent = *c.to->spec();
    if (const auto* t = tasks_.at(c.slot, c.generation))
      found->failed = refused_answer(agent, t->by->version->boundary_of(agent).get(), *found);
    note_end(a, effect_state::committed, found);
  } else {
    found->failed = {reason::crash, "it has not happened, as " + c.to->where().name + " says", {}};
    found->confidence = 0;
    note_end(a, effect_state::not_done, nullptr);
  }
  const auto kind = happened ? word_of(*found) : event_kind::reconciled;
  reply(c.slot, c.generation, kind, c.step, c.attempt, outcome_ptr{std::move(found)});
}

outcome_ptr orchestrator_state::settle_by_person(live_task& t, const question_answered& x) {
  if (!t.run || t.triage || !x.x || x.step >= t.run->size())
    return x.x;
  const auto& step = t.run->step(x.step);
  // Only who is asked because of the effect, and is the one who is asked now, can know.
  if (!step.unsettled || !step.asking || step.attempt != x.attempt)
    return x.x;
  // Of what a sub-task has done the ledger is there.
  auto* line = step.below ? nullptr : t.ledger.find(x.step, call_index(t, x.step));
  if (!step.below && (!line || line->state != effect_state::pending))
    return x.x;
  if (x.x->ok() && x.x->data.is_object() && x.x->data.contains("nobody_answered"))
    // What silence means to other questions says nothing about what has happened.
    return std::make_shared<const outcome>(
        outcome::of({reason::timeout, "nobody said whether it had happened", {}}));
  if (!line)
    return x.x;
  if (x.x->ok()) {
    line->state = effect_state::committed;
    line->result = x.x;
  } else if (x.x->failed.why == reason::policy_denied) {
    line->state = effect_state::not_done;
  } else {
    return x.x; // Nobody answered.
  }
  line->attempt = x.attempt;
  store_line(&t, t.what->id, *line);
  audit_settled(&t, t.what->id, *line, x.attempt, "person");
  return x.x;
}

} // namespace troupe
