#include "policies/fleet_change.hpp"

#include <algorithm>
#include <iterator>
#include <set>

namespace troupe {

namespace {

using domain_index = std::map<std::string, const domain_spec*, std::less<>>;

void index(const std::vector<domain_spec>& domains, domain_index& to) {
  for (const auto& d : domains) {
    to.emplace(d.path, &d);
    index(d.domains, to);
  }
}

domain_index index_of(const fleet_spec& fleet) {
  domain_index out;
  index(fleet.domains, out);
  return out;
}

const agent_spec* find_agent(const domain_spec& domain, std::string_view name) {
  for (const auto& a : domain.agents)
    if (a.card.name == name)
      return &a;
  return nullptr;
}

/// The MCP servers of the fleet that an agent uses, itself or as tools of its model.
std::vector<mcp_server_spec> servers_of(const agent_spec& a, const fleet_spec& fleet) {
  std::set<std::string> names;
  const auto& s = a.settings;
  const auto add = [&](const json& from) {
    if (const auto one = from.find("server"); one != from.end() && one->is_string())
      names.insert(one->get<std::string>());
  };
  if (s.is_object()) {
    if (a.card.kind == agent_kind::mcp)
      add(s);
    for (const auto* key : {"servers", "resources"})
      if (const auto all = s.find(key); all != s.end() && all->is_array())
        for (const auto& x : *all)
          if (x.is_string())
            names.insert(x.get<std::string>());
    if (const auto tools = s.find("tools"); tools != s.end() && tools->is_object())
      for (const auto& [name, tool] : tools->items())
        if (tool.is_object() && tool.contains("mcp") && tool["mcp"].is_object())
          add(tool["mcp"]);
  }
  std::vector<mcp_server_spec> out;
  for (const auto& server : fleet.mcp_servers)
    if (names.contains(server.name))
      out.push_back(server);
  return out;
}

/// The agent with all that it takes from its domain, and from the fleet.
struct whole_agent {
  agent_spec declared;
  breaker_spec breaker;
  std::vector<sanitize_rule> rules; ///< of the domain, those that the agent names
  screen_spec screens;              ///< of the domain
  std::vector<mcp_server_spec> servers;

  friend bool operator==(const whole_agent&, const whole_agent&) = default;
};

whole_agent whole(const agent_spec& a, const domain_spec& domain, const fleet_spec& fleet) {
  whole_agent out{a, a.breaker.value_or(domain.breaker), {}, domain.screens, servers_of(a, fleet)};
  out.declared.since = 0;
  for (const auto& rule : domain.sanitize)
    if (std::find(a.sanitize.begin(), a.sanitize.end(), rule.name) != a.sanitize.end())
      out.rules.push_back(rule);
  return out;
}

domain_spec settings_of(const domain_spec& d) {
  auto out = d;
  out.agents.clear();
  out.domains.clear();
  return out;
}

std::string full_name(const agent_spec& a, const domain_spec& d) {
  return d.path + "/" + a.card.name;
}

/// A domain, and the fleet that it is of.
struct domain_of_fleet {
  const domain_spec& domain;
  const fleet_spec& fleet;
};

void compare_domains(const domain_of_fleet& old_one, const domain_of_fleet& new_one,
                     const std::set<std::string>& touched, fleet_change& out) {
  const auto& before = old_one.domain;
  const auto& after = new_one.domain;
  if (!(settings_of(before) == settings_of(after)))
    out.domains_changed.push_back(after.path);
  const auto has_provider = [](const agent_spec& a) { return !a.provider.empty(); };
  if (!(before.provider_breaker == after.provider_breaker) &&
      std::any_of(before.agents.begin(), before.agents.end(), has_provider))
    out.needs_restart.push_back({after.path + "/domain.yaml", "provider_breaker",
                                 "all agents of a provider share its breaker"});
  for (const auto& a : after.agents) {
    const auto* old = find_agent(before, a.card.name);
    const auto name = full_name(a, after);
    if (!old)
      out.agents_added.push_back(name);
    else if (touched.contains(name) ||
             !(whole(*old, before, old_one.fleet) == whole(a, after, new_one.fleet)))
      out.agents_changed.push_back(name);
  }
  for (const auto& a : before.agents)
    if (!find_agent(after, a.card.name))
      out.agents_removed.push_back(full_name(a, before));
}

void compare_fixed(const fleet_spec& a, const fleet_spec& b, fleet_change& out) {
  const auto check = [&](bool same, const char* key, const char* why) {
    if (!same)
      out.needs_restart.push_back({"fleet.yaml", key, why});
  };
  constexpr const char* named = "nodes, stored tasks and metrics go by it";
  constexpr const char* opened = "it is opened when a node starts";
  constexpr const char* laid_out = "sessions and tasks are shared out by it";
  check(a.name == b.name, "fleet", named);
  check(a.shards == b.shards, "shards", laid_out);
  check(a.regions == b.regions, "regions.backups", laid_out);
  check(a.region_return == b.region_return, "regions.return", "the cluster keeper goes by it");
  check(a.node_id == b.node_id, "node.id", named);
  check(a.region == b.region, "node.region", named);
  check(a.node_labels == b.node_labels, "node.labels", "the member table has them");
  check(a.data_dir == b.data_dir, "data", opened);
  check(a.log_level == b.log_level, "log.level", opened);
  check(a.log_days == b.log_days, "log.keep", opened);
  check(a.max_log_bytes == b.max_log_bytes, "log.max_size", opened);
  check(a.task_days == b.task_days, "history.keep", opened);
  check(a.max_store_bytes == b.max_store_bytes, "history.max_size", opened);
  check(a.remembered_tasks == b.remembered_tasks, "remembered_tasks",
        "memory is set aside for them");
  check(a.door == b.door, "door", opened);
  check(a.plugins == b.plugins, "plugins", "a plugin cannot be unloaded while its code may run");
  check(a.services == b.services, "services", "they are started with a node");
  check(a.providers == b.providers, "providers", "their connections are made when a node starts");
  check(a.models == b.models, "models", "their connections are made when a node starts");
  check(a.vectors == b.vectors, "vectors", "its server is connected to when a node starts");
}

/// A file beside `program`, or itself: what it is made of. A program in the folder's root is alone.
bool is_beside(const std::string& file, std::string_view program) {
  while (program.starts_with("./"))
    program.remove_prefix(2);
  const auto slash = program.rfind('/');
  return slash == program.npos ? file == program : file.starts_with(program.substr(0, slash + 1));
}

bool is_of_program(const std::string& file, const std::vector<std::string>& command) {
  return std::any_of(command.begin(), command.end(),
                     [&](const std::string& word) { return is_beside(file, word); });
}

bool runs_one_of(const json& program, const std::set<std::string>& files) {
  const auto command = program.find("command");
  return command != program.end() && command->is_array() &&
         std::any_of(command->begin(), command->end(), [&](const json& word) {
           return word.is_string() &&
                  std::any_of(files.begin(), files.end(), [&](const std::string& file) {
                    return is_beside(file, word.get_ref<const std::string&>());
                  });
         });
}

bool works_with(const agent_spec& a, const std::string& domain, const fleet_spec& fleet,
                const std::set<std::string>& files) {
  const auto& s = a.settings;
  if (!s.is_object())
    return false;
  if (a.card.kind == agent_kind::subprocess && runs_one_of(s, files))
    return true;
  // The tools of an agent that thinks with a model may be programs as well.
  if (const auto tools = s.find("tools"); tools != s.end() && tools->is_object())
    for (const auto& [name, tool] : tools->items())
      if (tool.is_object() && tool.contains("subprocess") && runs_one_of(tool["subprocess"], files))
        return true;
  for (const auto& server : servers_of(a, fleet))
    if (std::any_of(files.begin(), files.end(),
                    [&](const std::string& file) { return is_of_program(file, server.command); }))
      return true;
  if (a.card.kind != agent_kind::triage)
    return false;
  std::vector<std::string> mine{s.value("model", a.card.name + ".model"), s.value("examples", "")};
  if (const auto more = s.find("extra_examples"); more != s.end() && more->is_array())
    for (const auto& x : *more)
      if (x.is_string())
        mine.push_back(x.get<std::string>());
  return std::any_of(mine.begin(), mine.end(),
                     [&](const std::string& name) { return files.contains(domain + "/" + name); });
}

/// The file itself, and not one beside it, is in its settings or in the command of its server.
bool names_file(const agent_spec& a, const fleet_spec& fleet, const std::string& file) {
  const auto has = [&](const std::string& text) { return text.find(file) != std::string::npos; };
  if (has(a.settings.dump(-1, ' ', false, json::error_handler_t::replace)))
    return true;
  const auto servers = servers_of(a, fleet);
  return std::any_of(servers.begin(), servers.end(), [&](const mcp_server_spec& x) {
    return std::any_of(x.command.begin(), x.command.end(), has);
  });
}

std::vector<std::string> sorted(std::vector<std::string> x) {
  std::sort(x.begin(), x.end());
  return x;
}

template <class F>
void each_agent(std::vector<domain_spec>& domains, const F& f) {
  for (auto& d : domains) {
    for (auto& a : d.agents)
      f(d, a);
    each_agent(d.domains, f);
  }
}

} // namespace

fleet_change compare_fleets(const fleet_spec& before, const fleet_spec& after,
                            const std::set<std::string>& touched) {
  fleet_change out;
  const auto old = index_of(before);
  const auto next = index_of(after);
  for (const auto& [path, domain] : next) {
    if (const auto hit = old.find(path); hit != old.end()) {
      compare_domains({*hit->second, before}, {*domain, after}, touched, out);
      continue;
    }
    out.domains_added.push_back(path);
    for (const auto& a : domain->agents)
      out.agents_added.push_back(full_name(a, *domain));
  }
  for (const auto& [path, domain] : old) {
    if (next.contains(path))
      continue;
    out.domains_removed.push_back(path);
    for (const auto& a : domain->agents)
      out.agents_removed.push_back(full_name(a, *domain));
  }
  out.agents_added = sorted(std::move(out.agents_added));
  out.agents_removed = sorted(std::move(out.agents_removed));
  out.agents_changed = sorted(std::move(out.agents_changed));
  out.entry_changed = before.entry != after.entry;
  out.humans_changed = !(before.human_queues == after.human_queues);
  out.budgets_changed = !(before.budgets == after.budgets);
  compare_fixed(before, after, out);
  return out;
}

std::set<std::string> agents_working_with(const fleet_spec& fleet,
                                          const std::set<std::string>& files) {
  std::set<std::string> out;
  for (const auto& [path, domain] : index_of(fleet))
    for (const auto& a : domain->agents)
      if (works_with(a, path, fleet, files))
        out.insert(full_name(a, *domain));
  return out;
}

std::set<std::string> agents_touched_by(const fleet_spec& fleet, const std::set<std::string>& files,
                                        const std::set<std::string>& added) {
  std::set<std::string> were_there;
  std::set_difference(files.begin(), files.end(), added.begin(), added.end(),
                      std::inserter(were_there, were_there.end()));
  std::set<std::string> out;
  for (const auto& [path, domain] : index_of(fleet))
    for (const auto& a : domain->agents) {
      const bool counts_all = !a.scaling || a.card.kind == agent_kind::triage ||
                              std::any_of(added.begin(), added.end(), [&](const std::string& x) {
                                return names_file(a, fleet, x);
                              });
      if (works_with(a, path, fleet, counts_all ? files : were_there))
        out.insert(full_name(a, *domain));
    }
  return out;
}

bool same_program(const std::vector<std::string>& command,
                  const std::map<std::string, std::string>& a,
                  const std::map<std::string, std::string>& b) {
  const auto covers = [&](const auto& all, const auto& others) {
    return std::all_of(all.begin(), all.end(), [&](const auto& x) {
      const auto hit = others.find(x.first);
      return !is_of_program(x.first, command) || (hit != others.end() && hit->second == x.second);
    });
  };
  return covers(a, b) && covers(b, a);
}

void number_agents(const fleet_spec& before, fleet_spec& after, const fleet_change& change,
                   std::uint64_t number) {
  const auto has = [](const std::vector<std::string>& all, const std::string& name) {
    return std::binary_search(all.begin(), all.end(), name);
  };
  const auto since = numbers_of(before);
  each_agent(after.domains, [&](const domain_spec& d, agent_spec& a) {
    const auto name = full_name(a, d);
    const auto hit = since.find(name);
    a.since = has(change.agents_added, name) || has(change.agents_changed, name) ? number
              : hit == since.end()                                               ? 0
                                                                                 : hit->second;
  });
}

agents_since numbers_of(const fleet_spec& fleet) {
  agents_since out;
  for (const auto& [path, domain] : index_of(fleet))
    for (const auto& a : domain->agents)
      if (a.since != 0)
        out.emplace(full_name(a, *domain), a.since);
  return out;
}

void use_numbers(fleet_spec& fleet, const agents_since& since) {
  each_agent(fleet.domains, [&](const domain_spec& d, agent_spec& a) {
    const auto hit = since.find(full_name(a, d));
    a.since = hit == since.end() ? 0 : hit->second;
  });
}

std::vector<std::uint64_t> versions_to_retire(const std::vector<version_use>& known,
                                              std::uint64_t active, milliseconds active_for,
                                              milliseconds settle) {
  std::vector<std::uint64_t> out;
  if (active_for < settle)
    return out;
  for (const auto& v : known)
    if (v.number < active && !v.has_tasks)
      out.push_back(v.number);
  return out;
}

proposal_decision decide_proposal(const std::vector<std::string>& members,
                                  const std::vector<version_answer>& answers, milliseconds waited,
                                  milliseconds most) {
  std::string silent;
  for (const auto& node : members) {
    const auto said = std::find_if(answers.begin(), answers.end(),
                                   [&](const version_answer& x) { return x.node == node; });
    if (said != answers.end() && !said->refused.empty())
      return {proposal_verdict::refuse, "node " + node + ": " + said->refused};
    if (said == answers.end() || !said->ready)
      silent += (silent.empty() ? "" : ", ") + node;
  }
  if (silent.empty())
    return {proposal_verdict::activate, {}};
  if (waited < most)
    return {proposal_verdict::wait, {}};
  return {proposal_verdict::refuse, "not ready in time: " + silent};
}

} // namespace troupe
