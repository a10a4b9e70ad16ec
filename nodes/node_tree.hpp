#pragma once

#include "actors/supervisor.hpp"
#include "nodes/node.hpp"

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace troupe {

/// Agents that were added while the node ran, by the supervisor they belong to: it has to start
/// them again when it is restarted itself. Any thread.
class late_agents {
 public:
  void add(const std::string& supervisor, const child_spec& what);
  /// Adds those of `supervisor` to `children`.
  void append_to(std::vector<child_spec>& children, const std::string& supervisor) const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::vector<child_spec>, std::less<>> of_;
};

/// Draws the supervision tree of a node:
///
///   node (rest_for_one)
///     storage (one_for_one)          the journal: when it fails, the others wait for the next one
///     human_desk, registry
///     services (one_for_one)         one child per service
///     domains (one_for_one)
///       <domain> (one_for_one)
///         <domain>/agents            one child per agent replica, by the domain's strategy
///         <domain>/orchestrators     one child per shard
///         its sub-domains, likewise
///     front_desk
///
/// Whoever comes later in `node` relies on those before; hence rest_for_one. A node's seats are
/// `node:<id>/<name>`.
class node_tree {
 public:
  node_tree(parts_ptr parts, const node_options& options, std::shared_ptr<late_agents> late);

  /// The seat of a part of this node.
  [[nodiscard]] static seat_ptr place_of(const node_parts& parts, const std::string& name);

  /// The root's children. `first_store` serves the first journal; later ones open it anew. Every
  /// journal gets `hello` first.
  [[nodiscard]] supervisor_config root(std::shared_ptr<std::unique_ptr<store>> first_store,
                                       std::shared_ptr<const std::vector<store_write>> hello) const;

  /// One child per replica. Seats are claimed while the tree is drawn, so that the registry knows
  /// every agent before the first of them runs.
  [[nodiscard]] std::vector<child_spec> agent_children(const agent_spec& declared,
                                                       const domain_spec& domain) const;

 private:
  [[nodiscard]] child_spec supervised(supervisor_config config, const std::string& id) const;
  [[nodiscard]] child_spec agent_child(const std::shared_ptr<const agent_spec>& spec,
                                       const std::string& id, seat_ptr place) const;
  [[nodiscard]] child_spec domain_tree(const domain_spec& domain) const;
  [[nodiscard]] child_spec storage(std::shared_ptr<std::unique_ptr<store>> first_store,
                                   std::shared_ptr<const std::vector<store_write>> hello) const;
  [[nodiscard]] child_spec services() const;

  parts_ptr parts_;
  const node_options& options_;
  std::shared_ptr<late_agents> late_;
  seat_ptr journal_; ///< null: nothing is stored
  seat_ptr desk_;
  seat_ptr registry_;
};

} // namespace troupe
