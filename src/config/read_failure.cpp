#include "src/config/read_specs.hpp"

#include "src/config/section.hpp"

namespace troupe::config {

void read_breaker(const section& from, breaker_spec& out) {
  from.get("failures", out.failures);
  from.get("window", out.window);
  from.get("rate", out.rate);
  from.get("rate_window", out.rate_window);
  from.get("min_calls", out.min_calls);
  from.get("cool_down", out.cool_down);
}

void read_failures(const section& top, domain_spec& out) {
  for (const auto* entry : top.entries("on_failure")) {
    const auto why = parse_enum<reason>(entry->key);
    if (!why)
      continue;
    auto& rule = out.on_failure[*why];
    if (const auto then = as_word<remedy>(*entry))
      rule.then = *then;
    const section line{entry};
    line.get("then", rule.then);
    line.get("agent", rule.agent);
    if (line.find("max_retries"))
      line.get("max_retries", rule.max_retries.emplace(0));
  }
  top.get("human_queue", out.human_queue);
  top.get("max_failed_agents", out.max_failed_agents);
  read_breaker(top.in("breaker"), out.breaker);
  read_breaker(top.in("provider_breaker"), out.provider_breaker);
  const auto overload = top.in("overload");
  if (const auto* stages = overload.find("stages"); stages && stages->is_list()) {
    out.overload.stages.clear();
    for (const auto& child : stages->children)
      if (const auto share = as_number(*child))
        out.overload.stages.push_back(*share);
  }
  overload.get("refuse_below", out.overload.refuse_below);
}

} // namespace troupe::config
