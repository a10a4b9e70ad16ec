#include "nodes/version_maker.hpp"

#include "actors/boundary.hpp"
#include "actors/mcp_servers.hpp"
#include "nodes/knowledge.hpp"
#include "nodes/models.hpp"
#include "policies/fleet_change.hpp"
#include "src/config/folder_snapshot.hpp"
#include "src/store/store.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <stdexcept>
#include <thread>

namespace troupe {

namespace {

constexpr milliseconds first_most{60000}; ///< for another node to make the first version
constexpr milliseconds look_every{100};
constexpr milliseconds stale{20000}; ///< a proposal whose maker must be gone

void index_domains(const std::vector<domain_spec>& domains, const node_parts& parts,
                   fleet_version& to) {
  for (const auto& d : domains) {
    auto& entry = to.domains[d.path];
    entry.spec = &d;
    for (const auto& a : d.agents)
      to.agents.emplace(d.path + "/" + a.card.name, &a);
    for (std::uint32_t shard = 0; shard < parts.layout.shards(); ++shard)
      entry.shards.push_back(parts.places->claim(directory::orchestrator_of(d.path, shard)));
    index_domains(d.domains, parts, to);
  }
}

/// The functions that an agent names: its own, or those of its tools.
std::vector<std::string> functions_of(const agent_spec& a) {
  std::vector<std::string> out;
  if (!a.settings.is_object())
    return out;
  if (a.card.kind == agent_kind::native)
    out.push_back(a.settings.value("function", std::string{}));
  if (const auto tools = a.settings.find("tools");
      a.card.kind == agent_kind::llm && tools != a.settings.end())
    for (const auto& tool : *tools)
      if (const auto native = tool.find("native"); native != tool.end())
        out.push_back(native->value("function", std::string{}));
  return out;
}

const stored_version* active_of(const std::vector<stored_version>& all) {
  const auto hit = std::find_if(all.begin(), all.end(), [](const stored_version& v) {
    return v.state == version_state::active;
  });
  return hit == all.end() ? nullptr : &*hit;
}

/// The content of a version as this node would run it; an empty fleet if it cannot, unless it has
/// to.
loaded_content load_stored(version_table& table, const stored_version& row,
                           const fleet_source& source, bool must) {
  loaded_content out;
  std::string why;
  try {
    out = source.load(table.content(row.number));
    if (!out.fleet)
      why = out.errors.empty() ? "it cannot be read" : to_string(out.errors.front());
  } catch (const config::snapshot_error& e) {
    why = e.what();
  }
  if (!why.empty() && must)
    throw std::runtime_error{"version " + std::to_string(row.number) +
                             " of the fleet, which is active, cannot be used here: " + why};
  if (!out.fleet)
    out.fleet.emplace();
  use_about(*out.fleet, row.about);
  return out;
}

std::set<std::string> changed_between(const std::map<std::string, std::string>& a,
                                      const std::map<std::string, std::string>& b) {
  std::set<std::string> out;
  for (const auto& [path, digest] : a)
    if (const auto hit = b.find(path); hit == b.end() || hit->second != digest)
      out.insert(path);
  for (const auto& [path, digest] : b)
    if (!a.contains(path))
      out.insert(path);
  return out;
}

} // namespace

void check_natives(const std::vector<agent_spec>& agents, const node_parts& parts) {
  for (const auto& a : agents)
    for (const auto& function : functions_of(a))
      if (!parts.natives->find(function))
        throw std::runtime_error{"agent " + a.card.domain + "/" + a.card.name +
                                 ": no native agent is registered as '" + function + "'"};
}

std::shared_ptr<fleet_version> make_version(const node_parts& parts, loaded_content from,
                                            std::uint64_t number, const std::string& digest) {
  auto out = std::make_shared<fleet_version>();
  out->number = number;
  out->digest = digest;
  out->fleet = std::move(*from.fleet);
  out->files = std::move(from.files);
  out->folder = std::move(from.folder);
  index_domains(out->fleet.domains, parts, *out);
  for (const auto& [path, domain] : out->domains) {
    check_natives(domain.spec->agents, parts);
    for (const auto& agent : domain.spec->agents)
      if (auto made = boundary::of(agent, domain.spec))
        out->boundaries.emplace(path + "/" + agent.card.name, std::move(made));
  }
  // Of a folder that goes away with the version the models go with it.
  const auto models = out->folder ? out->fleet.dir + "/.models" : out->fleet.data_dir + "/models";
  out->classifiers =
      load_models(out->fleet, models, *parts.log,
                  [&](const agent_spec& a) -> std::shared_ptr<const text::classifier> {
                    const auto known = parts.versions->of(a);
                    if (!known)
                      return nullptr;
                    const auto hit = known->classifiers.find(a.card.domain + "/" + a.card.name);
                    return hit == known->classifiers.end() ? nullptr : hit->second;
                  });
  load_knowledge(parts, *out);
  connect_mcp_servers(parts, *out);
  return out;
}

first_version choose_version(version_table& table, const fleet_source& source, loaded_content own,
                             const std::string& own_content, const std::string& node, bool alone,
                             timestamp now, const std::function<void(const std::string&)>& say) {
  const auto digest = source.digest_of(own_content);
  const auto began = std::chrono::steady_clock::now();
  for (microseconds waited{0}; waited < first_most; std::this_thread::sleep_for(look_every)) {
    waited = std::chrono::duration_cast<microseconds>(std::chrono::steady_clock::now() - began);
    const auto all = table.versions();
    const auto* active = active_of(all);
    if (active && active->digest == digest) {
      use_about(*own.fleet, active->about);
      return {active->number, digest, std::move(own)};
    }
    std::optional<loaded_content> before;
    fleet_change change;
    if (active) {
      before = load_stored(table, *active, source, !alone);
      change = compare_fleets(
          *before->fleet, *own.fleet,
          agents_working_with(*own.fleet, changed_between(before->files, own.files)));
      if (change.nothing()) {
        // Other files, the same fleet.
        use_about(*own.fleet, active->about);
        return {active->number, digest, std::move(own)};
      }
      if (!alone) {
        say("this node's folder is not version " + std::to_string(active->number) +
            " of the fleet, which is active and which it takes; `troupe reload` makes a new one");
        return {active->number, active->digest, *std::move(before)};
      }
    }
    const auto proposed = std::find_if(all.begin(), all.end(), [](const stored_version& v) {
      return v.state == version_state::proposed;
    });
    if (proposed != all.end()) {
      // Of this node's former life, or of a node that may be doing the same as this one just now.
      if (proposed->node == node || proposed->at + stale < now + waited)
        table.decide(proposed->number, false, "node " + proposed->node + " has ended",
                     now + waited);
      continue;
    }
    stored_version next;
    next.number = all.empty() ? 1 : all.back().number + 1;
    next.at = now + waited;
    next.digest = digest;
    next.node = node;
    // Tasks of the former version go on by it, so that agents which differ get other addresses.
    if (before)
      number_agents(*before->fleet, *own.fleet, change, next.number);
    next.about = about_text(*own.fleet, change, "the start of node " + node);
    if (table.propose(next, own_content) && table.decide(next.number, true, {}, now + waited))
      return {next.number, digest, std::move(own)};
  }
  throw std::runtime_error{"no version of the fleet could be agreed upon with other nodes"};
}

std::vector<std::pair<stored_version, std::string>> former_versions(version_table& table) {
  std::vector<std::pair<stored_version, std::string>> out;
  const auto all = table.versions();
  const auto used = all.size() > 1 ? table.used() : std::vector<std::uint64_t>{};
  for (const auto& v : all)
    if (v.state == version_state::former &&
        std::find(used.begin(), used.end(), v.number) != used.end())
      out.emplace_back(v, table.content(v.number));
  return out;
}

} // namespace troupe
