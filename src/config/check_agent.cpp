#include "src/config/checks.hpp"

#include "src/config/find_cycle.hpp"
#include "src/config/section.hpp"

#include <algorithm>
#include <set>

namespace troupe::config {

namespace {

void check_fields(const domain_draft& domain, const yaml_node* list, report& problems) {
  if (!list || !list->is_list() || !domain.from.sound)
    return;
  std::vector<std::string_view> known;
  for (const auto& [name, field] : domain.spec.context)
    known.push_back(name);
  for (const auto& child : list->children)
    if (const auto name = as_text(*child); name && !domain.spec.context.contains(*name))
      problems.error(*child, "domain " + problems.quoted(domain.spec.path) +
                                 " declares no context field " + problems.quoted(*name) +
                                 problems.did_you_mean(*child, *name, known));
}

void check_intent_names(const domain_draft& domain, const yaml_node* list, report& problems) {
  if (!list || !list->is_list() || !domain.from.sound)
    return;
  const auto& intents = domain.spec.understanding.intents;
  std::vector<std::string_view> known;
  for (const auto& [name, intent] : intents)
    known.push_back(name);
  for (const auto& child : list->children)
    if (const auto name = as_text(*child); name && !intents.contains(*name))
      problems.error(*child, "domain " + problems.quoted(domain.spec.path) + " has no intent " +
                                 problems.quoted(*name) +
                                 problems.did_you_mean(*child, *name, known));
}

void check_unique(const yaml_node* list, report& problems) {
  if (!list || !list->is_list())
    return;
  std::set<std::string> seen;
  for (const auto& child : list->children)
    if (const auto text = as_text(*child); text && !seen.insert(*text).second)
      problems.error(*child, report::quoted(*child) + " is there twice");
}

void check_mcp_server(const fleet_draft& fleet, const yaml_node& root, report& problems) {
  const auto* server = section{&root}.in("mcp").find("server");
  const auto name = server ? as_text(*server) : std::nullopt;
  if (!name || !fleet.from.sound)
    return;
  const auto known = fleet.mcp_server_names();
  if (std::find(known.begin(), known.end(), *name) == known.end())
    problems.error(*server, "there is no MCP server " + problems.quoted(*name) + " in fleet.yaml" +
                                problems.did_you_mean(*server, *name, known));
}

void check_templates(const yaml_node& root, report& problems) {
  const auto* arguments = section{&root}.in("mcp").find("arguments");
  if (!arguments || !arguments->is_map())
    return;
  for (const auto& child : arguments->children)
    if (const auto text = as_text(*child)) {
      const auto open = text->find("${");
      if (open != std::string::npos && text->find('}', open) == std::string::npos)
        problems.error(*child, "the place that begins with ${ is never closed");
    }
}

void check_command(const yaml_node& root, report& problems) {
  const auto* command = section{&root}.in("subprocess").find("command");
  if (command && command->is_list() && !command->children.empty())
    if (const auto program = as_text(*command->children[0]); program && program->empty())
      problems.error(*command->children[0], "the program must not be empty");
}

} // namespace

void check_agent(const fleet_draft& fleet, const domain_draft& domain, const agent_draft& agent,
                 report& problems) {
  const auto& root = *agent.from.root;
  const auto& own = agent.spec.card.name;
  if (const auto* name = root.find("agent"))
    if (const auto text = as_text(*name); text && *text != own)
      problems.error(*name, report::quoted(*name) + " is not the name of its file, " +
                                problems.quoted(own));
  check_fields(domain, root.find("reads"), problems);
  check_fields(domain, root.find("writes"), problems);
  check_intent_names(domain, root.find("intents"), problems);
  for (auto key : {"skills", "intents", "reads", "writes"})
    check_unique(root.find(key), problems);
  check_command(root, problems);
  check_placement(fleet, agent, problems);
  check_mcp_server(fleet, root, problems);
  check_templates(root, problems);
  check_shedding(domain, root, agent.spec, problems);
  check_sanitize_names(domain, agent, problems);
  check_fallback(fleet, domain, root.find("fallback"), own, problems);
  check_llm(fleet, agent, problems);
  check_knowledge(fleet, domain, agent, problems);
  if (agent.spec.card.kind == agent_kind::human)
    if (const auto* queue = section{&root}.in("human").find("queue"))
      if (const auto name = as_text(*queue))
        check_queue(fleet, *queue, *name, problems);
  check_silence(fleet, agent, problems);
}

void check_fallback_cycles(const domain_draft& domain, report& problems) {
  digraph graph;
  for (const auto& agent : domain.agents) {
    const auto* fallback = agent.from.root ? agent.from.root->find("fallback") : nullptr;
    if (!fallback || !fallback->is_list())
      continue;
    auto& arrows = graph[agent.spec.card.name];
    for (const auto& child : fallback->children) {
      const auto text = as_text(*child);
      if (!text)
        continue;
      if (text->starts_with("agent:")) {
        if (text->substr(6) != agent.spec.card.name) // Reported with the agent itself.
          arrows.push_back({text->substr(6), child.get()});
      } else if (text->starts_with("skill:")) {
        // With several agents to choose from, a skill need not lead back.
        const auto offering = domain.offering(std::string_view{*text}.substr(6));
        if (offering.size() == 1)
          arrows.push_back({offering.front()->spec.card.name, child.get()});
      }
    }
  }
  report_cycles(graph, "agents fall back to each other", problems);
}

} // namespace troupe::config
