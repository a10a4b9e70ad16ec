#include "actors/llm_deeds.hpp"

#include "policies/failure_table.hpp"

#include <utility>

namespace troupe {

std::string llm_deeds::key_for(const llm_act& act) {
  if (act.once || act.key.empty())
    return act.key;
  if (const auto open = open_keys_.find(act.key); open != open_keys_.end())
    return std::move(open_keys_.extract(open).mapped());
  const auto number = ++keys_given_[act.key];
  return number == 1 ? act.key : act.key + '/' + std::to_string(number);
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
    open_keys_.emplace(of.act, of.key);
    acted_ = acted_ || !x || default_line(x->failed.why).may_have_acted;
  }
}

} // namespace troupe
