#include "src/config/read_specs.hpp"

#include "src/config/section.hpp"

namespace troupe::config {

namespace {

// The block named like the kind, as JSON, with sizes in bytes and the defaults filled in, so that
// the agents need not know how YAML spells them.
json read_settings(const section& top, agent_kind kind) {
  const auto word = to_string(kind);
  auto out = json::object();
  top.get(word, out);
  if (!out.is_object())
    return json::object();
  const auto set_default = [&](const char* key, json value) {
    if (!out.contains(key))
      out[key] = std::move(value);
  };
  switch (kind) {
  case agent_kind::native:
    set_default("options", json::object());
    break;
  case agent_kind::subprocess: {
    std::int64_t output_max = 1 << 20;
    top.in(word).get_size("output_max", output_max);
    out["output_max"] = output_max;
    set_default("mode", "worker");
    set_default("environment", json::object());
    break;
  }
  case agent_kind::http:
    set_default("headers", json::object());
    break;
  case agent_kind::triage:
    set_default("split", true);
    set_default("extra_examples", json::array());
    set_default("plans", json::array());
    break;
  case agent_kind::rules:
  case agent_kind::human:
    break;
  }
  return out;
}

} // namespace

void read_agent(const yaml_node& root, std::string_view domain, agent_spec& out) {
  const section top{&root};
  auto& card = out.card;
  top.get("description", card.description);
  top.get("kind", card.kind);
  top.get("skills", card.skills);
  top.get("labels", card.labels);
  top.get("cost", card.cost);
  top.get("quality", card.quality);
  top.get("effects", card.does);
  top.get("replicas", out.replicas);
  top.get("slots", out.slots);
  top.get("queue", out.queue_limit);
  top.get("timeout", out.timeout);
  top.get("restart", out.restart);
  top.get("reads", out.reads);
  top.get("writes", out.writes);
  top.get("min_confidence", out.min_confidence);
  top.get("fallback", out.fallback);
  out.fallback = qualified(std::move(out.fallback), domain);
  out.settings = read_settings(top, card.kind);
}

} // namespace troupe::config
