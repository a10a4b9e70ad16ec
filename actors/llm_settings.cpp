#include "actors/llm_settings.hpp"

namespace troupe {

namespace {

own_tool tool_of(const std::string& name, const json& from) {
  own_tool out;
  out.card.name = name;
  out.card.description = from.value("description", std::string{});
  if (const auto takes = from.find("takes"); takes != from.end())
    out.card.parameters = *takes;
  out.card.does = parse_enum<effects>(from.value("effects", std::string{})).value_or(effects::none);
  out.skill = from.value("skill", std::string{});
  if (const auto names = from.find("once_per"); names != from.end())
    out.once_per = names->get<std::vector<std::string>>();
  out.timeout = milliseconds{from.value("timeout", std::int64_t{10000})};
  for (const auto kind : {agent_kind::native, agent_kind::subprocess, agent_kind::http})
    if (const auto block = from.find(to_string(kind)); block != from.end()) {
      out.kind = kind;
      out.settings = *block;
      // Agents get this default with their file; a tool's block is taken as it stands.
      if (kind == agent_kind::subprocess && !out.settings.contains("mode"))
        out.settings["mode"] = "worker";
    }
  return out;
}

forwarding forwarding_of(const json& word) {
  return word.is_string()
             ? parse_enum<forwarding>(word.get<std::string>()).value_or(forwarding::full)
             : forwarding::full;
}

} // namespace

llm_settings llm_settings::of(const agent_spec& spec) {
  const auto& from = spec.settings;
  llm_settings out;
  out.models.push_back(from.value("model", std::string{}));
  for (const auto& name : from.value("fallback_models", std::vector<std::string>{}))
    out.models.push_back(name);
  out.cheaper_model = from.value("cheaper_model", std::string{});
  if (const auto simple = from.find("simple"); simple != from.end()) {
    out.simple_model = simple->value("model", std::string{});
    out.simple_below = simple->value("below", out.simple_below);
    out.sure_at = simple->value("sure_at", out.sure_at);
  }
  out.instructions = from.value("instructions", std::string{});
  if (const auto tools = from.find("tools"); tools != from.end())
    for (const auto& [name, tool] : tools->items())
      out.tools.push_back(tool_of(name, tool));
  if (spec.knowledge.as_tool && spec.knowledge.any()) {
    own_tool search;
    search.card.name = search_tool;
    search.card.description = "Finds passages of the house's documents that answer a question of "
                              "policy. Name their sources in data.sources.";
    search.card.parameters = {
        {"type", "object"},
        {"properties", {{"query", {{"type", "string"}, {"description", "the question"}}}}},
        {"required", {"query"}},
        {"additionalProperties", false}};
    search.kind = agent_kind::knowledge;
    out.tools.push_back(std::move(search));
  }
  out.servers = from.value("servers", out.servers);
  out.resources = from.value("resources", out.resources);
  out.many_tools = from.value("many_tools", false);
  out.max_steps = from.value("max_steps", out.max_steps);
  out.max_output = from.value("max_output", out.max_output);
  if (const auto t = from.find("temperature"); t != from.end() && t->is_number())
    out.temperature = t->get<double>();
  if (const auto f = from.find("forward"); f != from.end())
    out.forward.otherwise = forwarding_of(*f);
  if (const auto edges = from.find("forward_from"); edges != from.end())
    for (const auto& [step, word] : edges->items())
      out.forward.from[step] = forwarding_of(word);
  out.grounded = from.value("grounded", false);
  return out;
}

} // namespace troupe
