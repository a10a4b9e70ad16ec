#include "actors/act_name.hpp"

#include "policies/dice.hpp"
#include "policies/step_input.hpp"

#include <troupe/json.hpp>

#include <cstdio>

namespace troupe {

bool acts(const live_task& t, const seat& who) {
  // Understanding a message changes nothing outside, whatever else its agent may do.
  return who.does() != effects::none && !t.triage;
}

std::uint32_t call_index(const live_task& t, std::uint32_t step) {
  const auto rung = t.run->step(step).rung;
  const auto& ladder = t.run->node(step).fallback;
  return rung > 0 && rung <= ladder.size() && ladder[rung - 1].starts_with("skill:") ? rung : 0;
}

std::string act_key(const std::string& task, std::uint32_t step, std::uint32_t index) {
  return task + "/" + std::to_string(step) + "/" + std::to_string(index);
}

std::string fingerprint_of(const live_task& t, std::uint32_t step) {
  // The context is left out: it may change while the call is on its way.
  const auto& node = t.run->node(step);
  const auto target = t.run->target_of(step);
  auto text = std::string{target.skill.empty() ? std::string_view{node.skill} : target.skill};
  text += '\0';
  text += node.text.empty() ? t.what->text : node.text;
  text += '\0';
  text += as_text(step_input(*t.run, step, t.what->data));
  char out[17];
  std::snprintf(out, sizeof out, "%016llx", static_cast<unsigned long long>(stable_hash(text)));
  return out;
}

acting_call acting_call_of(live_task& t, std::uint32_t step, std::uint32_t attempt, const seat& who,
                           bool query) {
  acting_call out{t.what,           step,  call_index(t, step),
                  attempt,          query, who.spec()->card.does,
                  who.where().name, {}};
  if (const auto* line = t.ledger.find(step, out.index))
    out.fingerprint = line->fingerprint;
  return out;
}

} // namespace troupe
