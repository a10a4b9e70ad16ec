#include "actors/arm_book.hpp"
#include "actors/dispatcher.hpp"

#include "policies/beta.hpp"
#include "policies/dice.hpp"

#include <algorithm>

namespace troupe {

std::string_view learned_intent(const domain_spec& domain, std::string_view step,
                                std::string_view skill) {
  // A planned step is called like its intent; when there are several, with a number behind.
  const auto& intents = domain.understanding.intents;
  const auto means = [&](std::string_view name) {
    const auto hit = intents.find(name);
    return hit != intents.end() && hit->second.domain.empty() && hit->second.skill == skill
               ? std::string_view{hit->first}
               : std::string_view{};
  };
  if (const auto whole = means(step); !whole.empty())
    return whole;
  const auto bar = step.rfind('_');
  const auto digits = bar == std::string_view::npos ? std::string_view{} : step.substr(bar + 1);
  const bool counted = !digits.empty() && std::all_of(digits.begin(), digits.end(),
                                                      [](char c) { return c >= '0' && c <= '9'; });
  const auto first = counted ? means(step.substr(0, bar)) : std::string_view{};
  return first.empty() ? skill : first;
}

std::string_view arm_of(std::string_view seat) noexcept {
  return seat.substr(0, seat.find('#'));
}

void dispatcher::draw_arms(const live_task& t, std::uint32_t step, const route_wish& wish,
                           route& why) {
  const auto& by = domain_.routing.learning;
  const auto intent = learned_intent(domain_, t.run->node(step).name, why.skill);
  std::vector<std::string_view> agents;
  for (const auto* place : seats_)
    if (const auto agent = arm_of((*place)->where().name);
        std::find(agents.begin(), agents.end(), agent) == agents.end())
      agents.push_back(agent);
  const auto known = arms_->look(domain_.path, intent, agents, by);
  const bool anybody = explores(by, wish.dice);
  why.arms.clear();
  for (std::size_t i = 0; i < agents.size(); ++i) {
    // A die for each agent, whatever place it has among the candidates.
    const auto die = scramble(wish.dice ^ stable_hash(agents[i]));
    const auto& b = known[i];
    const double draw = anybody ? unit_interval(die) : draw_beta(b.alpha, b.beta, die);
    why.arms.push_back({std::string{agents[i]}, static_cast<float>(b.from.trials),
                        static_cast<float>(b.mean()), static_cast<float>(b.spread()),
                        static_cast<float>(draw)});
  }
  for (std::size_t i = 0; i < seats_.size(); ++i) {
    const auto agent = arm_of((*seats_[i])->where().name);
    const auto at = std::find(agents.begin(), agents.end(), agent) - agents.begin();
    candidates_[i].drawn = why.arms[static_cast<std::size_t>(at)].draw;
  }
  learned_because_ = "intent " + std::string{intent} +
                     (anybody ? ", explored: anybody may be drawn" : std::string{});
}

} // namespace troupe
