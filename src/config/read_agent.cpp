#include "src/config/read_specs.hpp"

#include "src/config/section.hpp"
#include "src/config/shape.hpp"

#include <algorithm>

namespace troupe::config {

namespace {

// A checked value as the JSON that its shape stands for: text stays text even when a variable
// filled a number into it, sizes are bytes, durations milliseconds.
json shaped(const yaml_node& node, const shape& of) {
  switch (of.kind) {
  case value_kind::text:
  case value_kind::word:
    return as_text(node).value_or("");
  case value_kind::truth:
    return as_truth(node).value_or(false);
  case value_kind::integer:
    return as_integer(node).value_or(0);
  case value_kind::number:
    return as_number(node).value_or(0);
  case value_kind::duration:
    return as_duration(node).value_or(milliseconds{0}).count();
  case value_kind::size:
    return as_size(node).value_or(0);
  case value_kind::any:
  case value_kind::object:
    return as_json(node).value_or(json{});
  case value_kind::list:
  case value_kind::map: {
    auto out = of.kind == value_kind::list ? json::array() : json::object();
    for (const auto& child : node.children) {
      if (of.kind == value_kind::list)
        out.push_back(shaped(*child, *of.item));
      else
        out[child->key] = shaped(*child, *of.item);
    }
    return out;
  }
  case value_kind::fields:
    break;
  }
  auto out = json::object();
  if (!node.is_map())
    return of.short_form ? shaped(node, *of.short_form) : out;
  for (const auto& child : node.children)
    if (const auto* known = of.keys().find(child->key))
      out[child->key] = shaped(*child, known->of);
  return out;
}

// The block named like the kind, with the defaults filled in, so that the agents need not know
// them.
json read_settings(const section& top, agent_kind kind) {
  const auto word = to_string(kind);
  auto out = json::object();
  const auto* block = top.find(word);
  if (const auto* known = agent_keys().find(word); block && known)
    out = shaped(*block, known->of);
  const auto set_default = [&](const char* key, json value) {
    if (!out.contains(key))
      out[key] = std::move(value);
  };
  switch (kind) {
  case agent_kind::native:
    set_default("options", json::object());
    break;
  case agent_kind::subprocess:
    set_default("output_max", 1 << 20);
    set_default("mode", "worker");
    set_default("environment", json::object());
    break;
  case agent_kind::http:
    set_default("headers", json::object());
    break;
  case agent_kind::triage:
    set_default("split", true);
    set_default("extra_examples", json::array());
    set_default("plans", json::array());
    set_default("ids", json::object());
    break;
  case agent_kind::a2a:
    set_default("headers", json::object());
    break;
  case agent_kind::worker:
    set_default("lease", 30000);
    break;
  case agent_kind::rules:
  case agent_kind::human:
  case agent_kind::llm:
  case agent_kind::mcp:
  case agent_kind::knowledge:
    break;
  }
  return out;
}

void read_replicas(const section& top, agent_spec& out) {
  const auto* at = top.find("replicas");
  if (!at || !at->is_map()) {
    top.get("replicas", out.replicas);
    return;
  }
  const section replicas{at};
  auto& scaling = out.scaling.emplace();
  replicas.get("min", scaling.min_replicas);
  replicas.get("max", scaling.max_replicas);
  replicas.get("target", scaling.target);
  replicas.get("cool_down", scaling.cool_down);
  replicas.get("stable", scaling.stable);
  out.replicas = scaling.min_replicas;
}

} // namespace

void read_agent(const yaml_node& root, std::string_view domain, agent_spec& out) {
  const section top{&root};
  auto& card = out.card;
  top.get("description", card.description);
  top.get("kind", card.kind);
  top.get("skills", card.skills);
  top.get("intents", card.intents);
  top.get("labels", card.labels);
  top.get("cost", card.cost);
  top.get("quality", card.quality);
  top.get("effects", card.does);
  read_replicas(top, out);
  const auto placement = top.in("placement");
  placement.get("labels", out.placement.labels);
  placement.get("regions", out.placement.regions);
  placement.get("near", out.placement.near);
  for (const auto* amount : placement.entries("amounts"))
    if (const auto n = as_integer(*amount))
      out.placement.amounts[amount->key] =
          static_cast<std::uint64_t>(std::max<std::int64_t>(0, *n));
  top.get("slots", out.slots);
  top.get("queue", out.queue_limit);
  top.get("timeout", out.timeout);
  top.get("restart", out.restart);
  top.get("reads", out.reads);
  top.get("writes", out.writes);
  top.get("min_confidence", out.min_confidence);
  top.get("critical", out.critical);
  top.get("sanitize", out.sanitize);
  read_screens(top.in("screens"), out.screens);
  top.get("fallback", out.fallback);
  out.fallback = qualified(std::move(out.fallback), domain);
  top.get("provider", out.provider);
  top.get("shed_at", out.shed_at);
  out.settings = read_settings(top, card.kind);
}

void read_screens(const section& from, screen_spec& out) {
  for (const auto where : {screen_place::request, screen_place::results, screen_place::actions,
                           screen_place::answers}) {
    const auto* at = from.find(to_string(where));
    if (!at)
      continue;
    auto& rule = out.at(where).emplace(default_screens(where));
    if (at->is_map()) {
      const section said{at};
      said.get("action", rule.action);
      said.get("threshold", rule.threshold);
    } else if (const auto word = as_word<screen_action>(*at)) {
      rule.action = *word;
    }
  }
  if (from.find("hosts"))
    from.get("hosts", out.hosts.emplace());
}

void complete_breakers(domain_draft& domain) {
  for (auto& agent : domain.agents) {
    const auto* own = agent.from.root ? agent.from.root->find("breaker") : nullptr;
    if (own)
      read_breaker(section{own}, agent.spec.breaker.emplace(domain.spec.breaker));
  }
}

} // namespace troupe::config
