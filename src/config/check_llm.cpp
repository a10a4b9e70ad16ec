#include "src/config/checks.hpp"

#include "src/config/section.hpp"

#include <algorithm>
#include <string>

namespace troupe::config {

namespace {

constexpr std::size_t tools_many = 5;  ///< more than that a model mixes up: a warning
constexpr std::size_t tools_most = 15; ///< more than that only on purpose

// What an agent does to the world is what its tools do: the ledger and the failure table go by what
// the agent says.
void check_tool_effects(const yaml_node& root, const yaml_node& tools, effects declared,
                        report& problems) {
  for (const auto& tool : tools.children) {
    auto does = effects::none;
    section{tool.get()}.get("effects", does);
    if (does > declared)
      problems.error(
          *section{tool.get()}.find("effects"),
          "its agent says " +
              std::string{root.find("effects") ? "effects: " : "nothing of effects, which is "} +
              std::string{to_string(declared)} + ": what a tool does, the agent does");
  }
}

// A name that no argument has would make one deed of all uses.
void check_deed_names(const agent_draft& agent, const yaml_node& tools, report& problems) {
  const auto within = [](const json& x, const char* key) {
    const auto hit = x.find(key); // the end when `x` is no object
    return hit == x.end() ? json{} : *hit;
  };
  for (const auto& tool : tools.children) {
    const auto names = section{tool.get()}.elements("once_per");
    if (names.empty())
      continue;
    const auto own = within(within(agent.spec.settings, "tools"), tool->key.c_str());
    const auto takes = within(within(own, "takes"), "properties");
    for (const auto* at : names)
      if (const auto name = as_text(*at); name && !takes.contains(*name))
        problems.error(*at, "the tool's `takes` has no argument " + problems.quoted(*name));
  }
}

// Another model than those it falls back to would be one that nobody expects.
void check_cheaper_model(const section& block, report& problems) {
  const auto* at = block.find("cheaper_model");
  const auto name = at ? as_text(*at) : std::nullopt;
  if (!name)
    return;
  std::vector<std::string> own;
  block.get("fallback_models", own);
  own.emplace_back();
  block.get("model", own.back());
  if (std::find(own.begin(), own.end(), *name) == own.end())
    problems.error(*at, "must be the agent's model or one of its fallback_models");
}

} // namespace

void check_llm(const fleet_draft& fleet, const agent_draft& agent, report& problems) {
  const auto check_models = [&](const section& block) {
    if (const auto* model = block.find("model"))
      check_model_name(fleet, *model, problems);
    for (const auto* name : block.elements("fallback_models"))
      check_model_name(fleet, *name, problems);
  };
  if (agent.spec.card.kind == agent_kind::triage)
    check_models(section{agent.from.root.get()}.in("triage").in("ask_model"));
  if (agent.spec.card.kind != agent_kind::llm)
    return;
  const auto& root = *agent.from.root;
  const section block = section{&root}.in("llm");
  check_models(block);
  if (const auto* simple = block.in("simple").find("model"))
    check_model_name(fleet, *simple, problems);
  check_cheaper_model(block, problems);
  if (agent.spec.card.does == effects::queryable)
    problems.error(*root.find("effects"),
                   "a model cannot say whether something has happened: its tools may be "
                   "idempotent, or unsafe");
  const auto servers = fleet.mcp_server_names();
  for (const auto* at : block.elements("servers"))
    if (const auto name = as_text(*at); name && fleet.from.sound)
      if (std::find(servers.begin(), servers.end(), *name) == servers.end())
        problems.error(*at, "there is no MCP server " + problems.quoted(*name) +
                                problems.did_you_mean(*at, *name, servers));
  const auto* tools = block.find("tools");
  if (!tools || !tools->is_map())
    return;
  check_tool_effects(root, *tools, agent.spec.card.does, problems);
  check_deed_names(agent, *tools, problems);
  bool meant = false;
  block.get("many_tools", meant);
  if (tools->children.size() > tools_most && !meant)
    problems.error(*tools, "has " + std::to_string(tools->children.size()) +
                               " tools, and models mix up more than a few: divide the agent, or "
                               "say many_tools: true");
}

void warn_about_llm(const agent_draft& agent, report& problems) {
  if (agent.spec.card.kind != agent_kind::llm)
    return;
  const section block = section{agent.from.root.get()}.in("llm");
  const auto* tools = block.find("tools");
  bool meant = false;
  block.get("many_tools", meant);
  if (tools && tools->is_map() && tools->children.size() > tools_many && !meant)
    problems.warn(*tools, "has " + std::to_string(tools->children.size()) +
                              " tools: with more than " + std::to_string(tools_many) +
                              " models begin to mix them up");
}

} // namespace troupe::config
