#pragma once

#include "src/config/yaml_tree.hpp"

#include <troupe/fleet.hpp>

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace troupe::config {

/// The nodes of the file that a plan was read from, in the plan's own form: what lets a check on a
/// plan name its place.
struct plan_site {
  const yaml_node* node = nullptr; ///< the map with the operator
  const yaml_node* body = nullptr; ///< the operator's value; null when it was not understood
  std::vector<plan_site> children;
  std::vector<plan_site> undo; ///< at most one
};

struct plan_draft {
  plan_node tree;
  plan_site site;
};

/// A file of the fleet, read.
struct source {
  std::string file;                ///< relative to the fleet's folder
  std::unique_ptr<yaml_node> root; ///< null when it could not be parsed
  bool sound = false;              ///< nothing was wrong with it taken by itself
};

/// A row of a file of examples.
struct row_site {
  std::string file; ///< relative to the fleet's folder
  std::uint32_t line = 0;
};

struct agent_draft {
  source from;
  agent_spec spec; ///< `spec.card.name` is always the file's name
  /// Of a triage agent whose model is to be trained: the intents that it will know, and a row of
  /// each.
  std::map<std::string, row_site, std::less<>> learns = {};
};

struct domain_draft {
  source from;
  domain_spec spec; ///< without agents, plans and sub-domains; `spec.path` is always the folder's
  plan_draft fixed; ///< without a node when there is none
  std::map<std::string, plan_draft, std::less<>> plans;
  std::vector<agent_draft> agents;

  [[nodiscard]] const agent_draft* agent(std::string_view name) const noexcept {
    for (const auto& a : agents)
      if (a.spec.card.name == name)
        return &a;
    return nullptr;
  }
  /// Whether all its agents' files are sound: only then may the absence of something be held
  /// against others.
  [[nodiscard]] bool agents_sound() const noexcept {
    for (const auto& a : agents)
      if (!a.from.sound)
        return false;
    return true;
  }
  [[nodiscard]] bool sound() const noexcept { return from.sound && agents_sound(); }

  /// The agents that offer `skill`.
  [[nodiscard]] std::vector<const agent_draft*> offering(std::string_view skill) const {
    std::vector<const agent_draft*> out;
    for (const auto& a : agents)
      for (const auto& s : a.spec.card.skills)
        if (s == skill) {
          out.push_back(&a);
          break;
        }
    return out;
  }
  [[nodiscard]] std::vector<std::string_view> agent_names() const {
    std::vector<std::string_view> out;
    for (const auto& a : agents)
      out.push_back(a.spec.card.name);
    return out;
  }
  [[nodiscard]] std::vector<std::string_view> agent_skills() const {
    std::vector<std::string_view> out;
    for (const auto& a : agents)
      out.insert(out.end(), a.spec.card.skills.begin(), a.spec.card.skills.end());
    return out;
  }
};

/// The fleet while it is read and checked.
struct fleet_draft {
  std::filesystem::path dir;
  source from;
  fleet_spec spec;                                          ///< without domains
  std::map<std::string, domain_draft, std::less<>> domains; ///< by path

  [[nodiscard]] const domain_draft* domain(std::string_view path) const noexcept {
    const auto i = domains.find(path);
    return i == domains.end() ? nullptr : &i->second;
  }
  [[nodiscard]] std::vector<std::string_view> domain_paths() const {
    std::vector<std::string_view> out;
    for (const auto& [path, d] : domains)
      out.push_back(path);
    return out;
  }
  [[nodiscard]] std::vector<std::string_view> mcp_server_names() const {
    std::vector<std::string_view> out;
    for (const auto& s : spec.mcp_servers)
      out.push_back(s.name);
    return out;
  }
  [[nodiscard]] std::vector<std::string_view> queue_names() const {
    std::vector<std::string_view> out;
    for (const auto& q : spec.human_queues)
      out.push_back(q.name);
    return out;
  }
};

} // namespace troupe::config
