#include "policies/content_fit.hpp"

#include <algorithm>

namespace troupe {

namespace {

bool is_there_for(const agent_card& who, const std::string& intent, const domain_spec& in) {
  const auto has = [](const std::vector<std::string>& list, const std::string& word) {
    return std::find(list.begin(), list.end(), word) != list.end();
  };
  if (!who.intents.empty())
    return has(who.intents, intent);
  const auto known = in.understanding.intents.find(intent);
  return known != in.understanding.intents.end() && known->second.domain.empty() &&
         has(who.skills, known->second.skill);
}

} // namespace

const intent_score* best_fit(const std::vector<intent_score>& scores, const agent_card& who,
                             const domain_spec& in) {
  const intent_score* best = nullptr;
  for (const auto& s : scores)
    if ((!best || s.score > best->score) && is_there_for(who, s.intent, in))
      best = &s;
  return best;
}

} // namespace troupe
