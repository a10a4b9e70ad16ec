#include "policies/standing.hpp"

#include "policies/priority.hpp"

#include <algorithm>
#include <iterator>

namespace troupe {

namespace {

const tier_spec* known_tier(const routing_spec& routing, std::string_view name) {
  if (name.empty())
    return nullptr;
  const auto hit = routing.tiers.find(name);
  return hit == routing.tiers.end() ? nullptr : &hit->second;
}

std::string counted(std::uint32_t n, std::string_view one, std::string_view many) {
  return std::to_string(n) + " " + std::string{n == 1 ? one : many};
}

std::string in_steps(int raise) {
  static constexpr std::string_view words[] = {"no step", "one step", "two steps", "three steps"};
  const auto size = static_cast<std::uint32_t>(raise < 0 ? -raise : raise);
  const auto steps =
      size < std::size(words) ? std::string{words[size]} : counted(size, "step", "steps");
  return steps + (raise < 0 ? " less urgent" : " more urgent");
}

std::string failures_of(const standing& who) {
  return counted(who.former_failures, "former failure", "former failures");
}

void add_reason(std::string& to, const std::string& why) {
  to += (to.empty() || why.empty() ? "" : "; ") + why;
}

} // namespace

int raise_for(const routing_spec& routing, const standing& who) {
  const auto* tier = known_tier(routing, who.tier);
  return (tier ? tier->raise : 0) + (who.former_failures > 0 ? 1 : 0);
}

std::string why_raised(const routing_spec& routing, const standing& who) {
  std::string out;
  if (const auto* tier = known_tier(routing, who.tier); tier && tier->raise != 0)
    out = "tier " + std::string{who.tier} + ": " + in_steps(tier->raise);
  if (who.former_failures > 0)
    add_reason(out, failures_of(who) + ": " + in_steps(1));
  return out;
}

plan_ptr weighed(plan_ptr how, const routing_spec& routing, const standing& who, priority urgency) {
  const auto raise = raise_for(routing, who);
  if (raise == 0 && urgency == priority::medium)
    return how;
  const auto why = why_raised(routing, who);
  auto out = std::make_shared<plan>(*how);
  for (auto& step : out->steps) {
    step.node.urgency = raised(urgency_of_step(urgency, step.node.urgency), raise);
    if (step.children.empty() && step.node.op != plan_op::gate)
      add_reason(step.node.note, why);
  }
  return out;
}

route_wish wish_for(const routing_spec& routing, const standing& who, std::uint64_t dice,
                    std::string& because) {
  route_wish out{routing.strategy, static_cast<float>(routing.min_quality), dice};
  if (const auto* tier = known_tier(routing, who.tier)) {
    out.strategy = tier->strategy.value_or(out.strategy);
    out.min_quality = std::max(out.min_quality, static_cast<float>(tier->min_quality));
    add_reason(because, "customer tier " + std::string{who.tier});
  }
  const bool by_load_or_cost = out.strategy == route_strategy::least_loaded ||
                               out.strategy == route_strategy::cheapest ||
                               out.strategy == route_strategy::classifier;
  if (who.former_failures > 0 && by_load_or_cost) {
    out.strategy = route_strategy::best_quality;
    add_reason(because, failures_of(who) + ": the best quality");
  }
  return out;
}

} // namespace troupe
