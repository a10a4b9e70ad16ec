#include "src/config/read_specs.hpp"

#include "src/config/section.hpp"

namespace troupe::config {

namespace {

void read_routing(const section& from, routing_spec& out) {
  from.get("strategy", out.strategy);
  from.get("min_quality", out.min_quality);
  const auto learn = from.in("learn");
  auto& by = out.learning;
  learn.get("success", by.success);
  learn.get("quality", by.quality);
  learn.get("cost", by.cost);
  learn.get("latency", by.latency);
  learn.get("half_cost", by.half_cost);
  learn.get("half_latency", by.half_latency);
  learn.get("half_life", by.half_life);
  learn.get("explore", by.explore);
  for (const auto* entry : from.entries("tiers")) {
    const section tier{entry};
    auto& to = out.tiers[entry->key];
    tier.get("raise", to.raise);
    tier.get("min_quality", to.min_quality);
    if (const auto* strategy = tier.find("strategy"))
      to.strategy = as_word<route_strategy>(*strategy);
  }
}

void read_understanding(const section& from, std::string_view path, understanding_spec& out) {
  from.get("agent", out.agent);
  from.get("unclear", out.unclear);
  for (const auto* entry : from.entries("intents")) {
    const section intent{entry};
    auto& to = out.intents[entry->key];
    intent.get("skill", to.skill);
    intent.get("domain", to.domain);
    intent.get("priority", to.urgency);
    intent.get("after", to.after);
    intent.get("fallback", to.fallback);
    to.fallback = qualified(std::move(to.fallback), path);
    intent.get("alone", to.alone);
  }
}

void read_context(const section& top, domain_spec& out) {
  for (const auto* entry : top.entries("context")) {
    auto& field = out.context[entry->key];
    if (auto type = as_text(*entry))
      field.type = std::move(*type);
    section{entry}.get("type", field.type);
    section{entry}.get("merge", field.merge);
    section{entry}.get("ephemeral", field.ephemeral);
    section{entry}.get("description", field.description);
    section{entry}.get("fact", field.fact);
    section{entry}.get("said_as", field.said_as);
  }
}

} // namespace

std::vector<std::string> qualified(std::vector<std::string> fallback, std::string_view domain) {
  constexpr std::string_view agent = "agent:";
  for (auto& entry : fallback)
    if (entry.starts_with(agent))
      entry.insert(agent.size(), std::string{domain} + '/');
  return fallback;
}

void read_domain(const yaml_node& root, domain_draft& out) {
  auto& spec = out.spec;
  const section top{&root};
  top.get("description", spec.description);
  top.get("durability", spec.keep);
  top.get("timeout", spec.task_timeout);
  top.get("step_timeout", spec.step_timeout);
  top.get("answer", spec.answer);
  top.get("synthesiser", spec.synthesiser);
  top.get("max_tasks", spec.max_tasks);
  top.get_size("max_tasks_size", spec.max_tasks_bytes);
  top.get("client_tools", spec.client_tools);
  if (top.find("callers"))
    top.get("callers", spec.callers.emplace());
  if (top.find("exports"))
    top.get("exports", spec.exports.emplace());

  const auto retry = top.in("retry");
  retry.get("max_retries", spec.retry.max_retries);
  retry.get("min_backoff", spec.retry.min_backoff);
  retry.get("max_backoff", spec.retry.max_backoff);
  retry.get("factor", spec.retry.factor);
  retry.get("random_factor", spec.retry.random_factor);

  read_routing(top.in("routing"), spec.routing);
  read_understanding(top.in("understand"), spec.path, spec.understanding);
  read_context(top, spec);

  read_screens(top.in("screens"), spec.screens);
  for (const auto* entry : top.elements("sanitize")) {
    const section from{entry};
    auto& rule = spec.sanitize.emplace_back();
    from.get("name", rule.name);
    from.get("pattern", rule.pattern);
    from.get("replacement", rule.replacement);
  }

  const auto sessions = top.in("sessions");
  sessions.get("busy", spec.sessions.busy);
  sessions.get("queue", spec.sessions.queue_limit);
  sessions.get("history", spec.sessions.history_limit);
  sessions.get("idle", spec.sessions.idle_limit);

  const auto supervision = top.in("supervision");
  supervision.get("strategy", spec.strategy);
  supervision.get("max_restarts", spec.intensity.max_restarts);
  supervision.get("period", spec.intensity.period);
  supervision.get("min_backoff", spec.intensity.min_backoff);
  supervision.get("max_backoff", spec.intensity.max_backoff);

  read_failures(top, spec);
  read_budgets(top.in("budgets"), spec.budgets);

  if (const auto* plan = top.find("plan"))
    read_plan(*plan, spec.path, out.fixed);
  for (const auto* entry : top.entries("plans"))
    read_plan(*entry, spec.path, out.plans[entry->key]);
}

} // namespace troupe::config
