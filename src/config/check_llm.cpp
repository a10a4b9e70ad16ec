#include "src/config/checks.hpp"

#include "src/config/section.hpp"

#include <troupe/tool.hpp>

#include <algorithm>
#include <string>

namespace troupe::config {

namespace {

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

constexpr std::size_t resource_tools = 2; // The one that lists and the one that reads.

/// How many tools an agent has as far as the files say: its own, those that read resources
/// included, and those that servers list in fleet.yaml. What a server without a list brings is
/// known only when it runs.
struct tool_count {
  std::size_t own = 0;
  std::size_t listed = 0;
  const yaml_node* at = nullptr; ///< whose number it is; null: there are none
  [[nodiscard]] std::size_t all() const noexcept { return own + listed; }
};

/// Those that do more than the agent may are not offered.
std::size_t offered_by(const mcp_server_spec& server, effects declared) {
  const auto offered = [&](const std::string& name) {
    const auto own = server.each.find(name);
    return (own == server.each.end() ? server.does : own->second) <= declared;
  };
  return static_cast<std::size_t>(std::count_if(server.tools.begin(), server.tools.end(), offered));
}

tool_count tools_of(const fleet_draft& fleet, const agent_draft& agent, const section& block) {
  tool_count out;
  if (const auto* tools = block.find("tools"); tools && tools->is_map()) {
    out.own = tools->children.size();
    out.at = tools;
  }
  if (!block.elements("resources").empty()) {
    out.own += resource_tools;
    if (!out.at)
      out.at = block.find("resources");
  }
  std::vector<std::string> names;
  block.get("servers", names);
  for (const auto& server : fleet.spec.mcp_servers)
    if (std::find(names.begin(), names.end(), server.name) != names.end())
      out.listed += offered_by(server, agent.spec.card.does);
  if (out.listed > 0)
    out.at = block.find("servers");
  return out;
}

std::string said_of(const tool_count& x) {
  return (x.listed == 0 ? "has " : "bring the agent to ") + std::to_string(x.all()) + " tools";
}

bool means_many_tools(const section& block) {
  bool meant = false;
  block.get("many_tools", meant);
  return meant;
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
  for (const auto* key : {"servers", "resources"})
    for (const auto* at : block.elements(key))
      if (const auto name = as_text(*at); name && fleet.from.sound)
        if (std::find(servers.begin(), servers.end(), *name) == servers.end())
          problems.error(*at, "there is no MCP server " + problems.quoted(*name) +
                                  problems.did_you_mean(*at, *name, servers));
  if (const auto* tools = block.find("tools"); tools && tools->is_map()) {
    check_tool_effects(root, *tools, agent.spec.card.does, problems);
    check_deed_names(agent, *tools, problems);
  }
  if (const auto count = tools_of(fleet, agent, block);
      count.all() > tools_most && !means_many_tools(block))
    problems.error(*count.at, said_of(count) + ", and models mix up more than a few: " +
                                  (count.listed == 0 ? "" : "list fewer in fleet.yaml, ") +
                                  "divide the agent, or say many_tools: true");
}

void warn_about_llm(const fleet_draft& fleet, const agent_draft& agent, report& problems) {
  if (agent.spec.card.kind != agent_kind::llm)
    return;
  const section block = section{agent.from.root.get()}.in("llm");
  if (const auto count = tools_of(fleet, agent, block);
      count.all() > tools_many && !means_many_tools(block))
    problems.warn(*count.at, said_of(count) + ": with more than " + std::to_string(tools_many) +
                                 " models begin to mix them up");
}

} // namespace troupe::config
