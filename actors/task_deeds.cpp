#include "actors/task_deeds.hpp"

#include "actors/domain_view.hpp"
#include "policies/failure_table.hpp"
#include "policies/step_input.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <vector>

namespace troupe {

namespace {

/// The step has been undone, or is what has undone another one.
bool taken_back(const live_task& t, std::uint32_t step) {
  if (t.triage || !t.run || step >= t.run->size())
    return false;
  const auto& table = t.run->table();
  const auto undo = table.is_undo(step) ? step : table.undo(step);
  return undo != 0 && t.run->step(undo).status == step_status::done;
}

/// What the sub-tasks have done, by the step that has delegated them.
std::map<std::uint32_t, deeds> deeds_below(const live_task& t) {
  std::map<std::uint32_t, deeds> out;
  std::set<std::uint32_t> unheard;
  if (t.triage || !t.run)
    return out;
  for (const auto& e : t.history) {
    if (e.triage || e.step >= t.run->size() || t.run->node(e.step).op != plan_op::domain)
      continue;
    if (e.kind == event_kind::delegated && !out.contains(e.step)) {
      unheard.insert(e.step);
    } else if (e.kind == event_kind::step_completed && unheard.erase(e.step) > 0) {
      // What comes later is said by an agent on the ladder, who has a ledger.
      const auto* x = e.get<outcome>();
      out.emplace(e.step, x ? x->acted : deeds::possible);
    } else if (e.kind == event_kind::step_failed) {
      // It was refused before there was a task, or is known to have done nothing: an answer that
      // contradicts something fails otherwise when it stands for a deed.
      if (const auto* f = e.get<failure>();
          f && (!default_line(f->why).may_have_acted || f->why == reason::contradiction))
        unheard.erase(e.step);
    }
  }
  for (const auto step : unheard)
    if (may_act(*t.by->version, t.run->node(step).target))
      out.emplace(step, deeds::possible);
  return out;
}

/// What a denial leads to, as it will be: nobody is promised an attempt that is not made.
std::string if_it_has_not(const plan_run& run, std::uint32_t step) {
  switch (run.if_denied(step)) {
  case plan_run::denial::again:
    return "if it has not, deny it, and it will be tried again.";
  case plan_run::denial::otherwise:
    return "if it has not, deny it, and it will be tried in another way.";
  case plan_run::denial::fails:
    break;
  }
  return "if it has not, nobody else will do it: see to it and answer with what came of it, or "
         "deny "
         "it, and the step has failed.";
}

void add_targets(const plan_node& node, std::vector<std::string_view>& out) {
  if (node.op == plan_op::domain)
    out.push_back(node.target);
  for (const auto& child : node.children)
    add_targets(child, out);
  for (const auto& undo : node.undo)
    add_targets(undo, out);
}

/// So much of a value says what it is about.
constexpr std::size_t most_shown = 1000;

/// What was asked of `step`, for a person. A request may have no words, but a skill and data.
std::string asked_for(const live_task& t, std::uint32_t step, const std::string& text) {
  if (!text.empty())
    return '"' + text + '"';
  const auto target = t.run->target_of(step);
  auto out =
      std::string{target.skill.empty() ? std::string_view{t.run->node(step).skill} : target.skill};
  auto input = step_input(*t.run, step, t.what->data);
  if (!input.is_object() || input.empty())
    return out;
  return out + " of " + shown_value(input);
}

} // namespace

std::string shown_value(const json& x) {
  const auto text = as_text(x);
  auto end = std::min(text.size(), most_shown);
  while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80)
    --end;
  return text.substr(0, end) + (end < text.size() ? "..." : "");
}

deeds deeds_of(const live_task& t) {
  auto out = deeds::none;
  const auto add = [&](std::uint32_t step, deeds x) {
    if (x > out && !taken_back(t, step))
      out = x;
  };
  for (const auto& line : t.ledger.lines())
    if (line.state != effect_state::not_done)
      add(line.step, line.state == effect_state::committed ? deeds::done : deeds::possible);
  for (const auto& [step, x] : deeds_below(t))
    add(step, x);
  return out;
}

bool may_act(const fleet_version& by, std::string_view path) {
  std::vector<std::string_view> wanted{path};
  std::set<std::string_view> seen;
  while (!wanted.empty()) {
    const auto next = wanted.back();
    wanted.pop_back();
    const auto* here = seen.insert(next).second ? by.domain(next) : nullptr;
    if (!here)
      continue;
    if (std::any_of(here->agents.begin(), here->agents.end(),
                    [](const agent_spec& a) { return a.card.does != effects::none; }))
      return true;
    if (here->fixed_plan)
      add_targets(*here->fixed_plan, wanted);
    for (const auto& [skill, plan] : here->plans)
      add_targets(plan, wanted);
    for (const auto& [name, intent] : here->understanding.intents)
      if (!intent.domain.empty())
        wanted.push_back(intent.domain);
  }
  return false;
}

std::string doubt_about(const live_task& t, std::uint32_t step, const std::string& text) {
  const auto& s = t.run->step(step);
  const auto& node = t.run->node(step);
  if (!s.unsettled && !(s.acted && s.below))
    return {};
  const auto& why = s.unsettled ? *s.unsettled : s.acted->failed;
  const auto reasons =
      " (" + std::string{to_string(why.why)} + (why.detail.empty() ? "" : ": " + why.detail) + ")";
  const auto what = asked_for(t, step, text);
  const auto whom = s.below
                        ? "domain " + node.target + " as task " + child_task_id(t.what->id, step)
                        : std::string{"an agent"};
  if (!s.unsettled)
    return "Part of this has happened: " + what + " was given to " + whom +
           ", which has acted and then failed" + reasons +
           ". Nobody else does it again. See what was done there, and answer with what came of it "
           "in the end; if you deny it, the step has failed.";
  return "Has this happened? " + what + " was given to " + whom +
         ", and nobody knows what it has done" + reasons +
         ". If it has happened, answer with what came of it; " + if_it_has_not(*t.run, step);
}

} // namespace troupe
