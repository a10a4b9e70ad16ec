#include "policies/plan_ops.hpp"
#include "policies/plan_run.hpp"
#include "policies/synthesis.hpp"

namespace troupe {

// A group whose answers one step makes into one: its last child, which begins when all the others
// have ended. If that is of no use, the others' answers stand one after the other; so it never
// makes the group fail.

std::uint32_t plan_run::synthesiser(std::uint32_t group) const noexcept {
  return at(group).how == join::synthesis && table_.children(group).size() > 1
             ? table_.children(group).back()
             : 0;
}

std::vector<contribution> plan_run::contributions(std::uint32_t group) const {
  std::vector<contribution> out;
  const auto last = synthesiser(group);
  for (auto child : table_.children(group))
    if (steps_[child].result && at(child).op != plan_op::gate &&
        steps_[child].status != step_status::cancelled && (last == 0 || child != last))
      out.push_back({at(child).name, at(child).urgency, steps_[child].result.get()});
  return out;
}

void plan_run::synthesise(std::uint32_t group, actions& todo) {
  const auto last = synthesiser(group);
  const auto& input = at(last).input;
  const auto agree_on = input.is_object() ? input.find("agree_on") : input.end();
  auto choice = may_synthesise(contributions(group),
                               input.is_object() && agree_on != input.end() ? *agree_on : json{});
  if (choice.why_not.empty())
    begin(last, todo);
  else
    end_group(group, not_synthesised(join_children(group), std::move(choice)), todo);
}

void plan_run::synthesis_ended(std::uint32_t group, actions& todo) {
  const auto last = synthesiser(group);
  std::vector<std::string_view> asked;
  for (auto child : table_.children(group))
    asked.emplace_back(at(child).text);
  end_group(group,
            synthesised(join_children(group), contributions(group), *steps_[last].result, asked),
            todo);
}

} // namespace troupe
