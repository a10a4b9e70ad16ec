#include "actors/llm_deeds.hpp"

#include "policies/failure_table.hpp"

#include <utility>

namespace troupe {

std::string llm_deeds::key_for(const tool_card& card, const std::string& skill,
                               const agent_call& what) {
  if (card.does == effects::none)
    return {};
  if (const auto open = open_keys_.find(card.name); open != open_keys_.end())
    return std::move(open_keys_.extract(open).mapped());
  const auto number = ++keys_given_[card.name];
  const auto& whole = what.idempotency_key;
  if (number == 1 && skill == what.skill)
    return whole;
  return whole + "/" + card.name + "/" + std::to_string(number);
}

bool llm_deeds::take(std::uint64_t number, use& to) {
  auto hit = at_work_.extract(number);
  if (hit.empty())
    return false;
  to = std::move(hit.mapped());
  return true;
}

void llm_deeds::note(const use& of, const outcome_ptr& x, bool blocked) {
  if (x && x->ok()) {
    acted_ = acted_ || of.does != effects::none;
    if (of.does != effects::none && !blocked)
      deed = x;
    else if (!x->text.empty() && !blocked)
      found = x;
  } else if (of.does == effects::unsafe && x && default_line(x->failed.why).may_have_acted) {
    unsure_ = x->failed;
  } else if (!of.key.empty()) {
    open_keys_.emplace(of.tool, of.key);
    acted_ = acted_ || !x || default_line(x->failed.why).may_have_acted;
  }
}

} // namespace troupe
