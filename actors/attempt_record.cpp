#include "actors/attempt_record.hpp"

#include "actors/arm_book.hpp"
#include "actors/boundary.hpp"
#include "actors/domain_view.hpp"

#include <algorithm>

namespace troupe {

const route* given_to(const live_task& t, std::uint32_t step, std::uint32_t attempt) {
  const auto given = std::find_if(t.history.rbegin(), t.history.rend(), [&](const event& e) {
    return e.kind == event_kind::assigned && e.step == step && e.attempt == attempt &&
           e.triage == t.triage;
  });
  return given == t.history.rend() ? nullptr : given->get<route>();
}

std::uint32_t handed_out(const live_task& t, const plan_action& a) {
  return static_cast<std::uint32_t>(
      std::count_if(t.history.begin(), t.history.end(), [&](const event& e) {
        return e.kind == event_kind::assigned && e.step == a.step && e.attempt == a.attempt &&
               e.triage == t.triage;
      }));
}

bool too_often(const live_task& t, const plan_action& a) {
  // A step that ends every node which takes it up has to end some time.
  return handed_out(t, a) >= plan_run::most_interruptions;
}

bool harmless_again(const plan_run::step_state& step) {
  return step.repeatable && (step.does == effects::none || step.does == effects::idempotent);
}

std::string drawn_before(const live_task& t, std::uint32_t step) {
  const auto& s = t.run->step(step);
  return t.by->learns && t.recovered && s.status == step_status::running && !s.agent.empty()
             ? std::string{arm_of(s.agent)}
             : std::string{};
}

json errors_of_last_attempt(const live_task& t, std::uint32_t step) {
  for (auto e = t.history.rbegin(); e != t.history.rend(); ++e)
    if (e->step == step &&
        (e->kind == event_kind::step_failed || e->kind == event_kind::step_completed)) {
      const auto* why = e->why_failed();
      return why && !why->errors.empty() ? to_json(why->errors) : json{};
    }
  return {};
}

} // namespace troupe
