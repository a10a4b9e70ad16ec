#pragma once

#include "actors/cluster_keeper.hpp"
#include "actors/late_children.hpp"
#include "actors/respondent.hpp"
#include "actors/supervisor.hpp"
#include "actors/tree_messages.hpp"
#include "nodes/declared_fleet.hpp"
#include "nodes/node.hpp"
#include "policies/agent_placement.hpp"

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace troupe {

/// Draws the supervision tree of a node:
///
///   node (rest_for_one)
///     storage (one_for_one)          the journal: when it fails, the others wait for the next one;
///                                    the budget_keeper, which writes last when the node stops
///     human_desk, registry, respondent
///     breaker_desk, cluster_keeper   in a cluster, as is:
///     network (one_for_one)          the post
///     services (one_for_one)         one child per service
///     domains (one_for_one)
///       <domain> (one_for_one)
///         <domain>/agents            one child per agent replica, by the domain's strategy
///         <domain>/orchestrators     one child per shard
///         its sub-domains, likewise
///     scaler                         when agents follow their load
///     front_desk
///     key_keeper, fleet_keeper, order_keeper; without a store the budget_keeper
///
/// Whoever comes later in `node` relies on those before; hence rest_for_one. In a cluster the
/// supervisors of agents and orchestrators begin without children: the keeper starts those that the
/// member table gives to this node. A node's seats are `node:<id>/<name>`.
class node_tree {
 public:
  /// `subjects`: what the node tells of itself; only for a whole tree.
  node_tree(parts_ptr parts, const node_options& options, std::shared_ptr<late_children> late,
            node_subjects subjects = {});

  /// The seat of a part of this node.
  [[nodiscard]] static seat_ptr place_of(const node_parts& parts, const std::string& name);

  /// The root's children. `first_store` serves the first journal; later ones open it anew. Every
  /// journal gets `hello` first.
  [[nodiscard]] supervisor_config root(std::shared_ptr<std::unique_ptr<store>> first_store,
                                       std::shared_ptr<const std::vector<store_write>> hello) const;

  /// One child per replica that there may be, the same at every call. Seats are claimed while the
  /// tree is drawn, so that the registry knows every agent before the first of them runs.
  [[nodiscard]] std::vector<child_spec> agent_children(const agent_spec& declared,
                                                       const domain_spec& domain) const;
  /// A domain with all that is within it; of all versions, where they differ.
  [[nodiscard]] child_spec domain_tree(const std::string& path) const;
  [[nodiscard]] child_spec orchestrator_child(const std::string& domain, std::uint32_t shard) const;
  /// For a node that is alone. One that does not run is shown to be absent.
  [[nodiscard]] bool runs_here(const child_spec& replica) const;
  /// What a member of a cluster may have to run.
  [[nodiscard]] fleet_share of_all_versions() const;
  /// The agent is gone for good: its seats are not claimed for it any more.
  void forget(const std::string& agent) const;

 private:
  [[nodiscard]] std::function<std::vector<tree_node>()> absent_agents(std::string domain) const;
  [[nodiscard]] child_spec supervised(supervisor_config config, const std::string& id) const;
  [[nodiscard]] child_spec agent_child(const std::shared_ptr<const agent_spec>& spec,
                                       const std::string& id, seat_ptr place) const;
  [[nodiscard]] child_spec storage(std::shared_ptr<std::unique_ptr<store>> first_store,
                                   std::shared_ptr<const std::vector<store_write>> hello) const;
  [[nodiscard]] child_spec budget_keeper_child() const;
  [[nodiscard]] child_spec services() const;
  [[nodiscard]] std::optional<child_spec> scaler_child() const;
  [[nodiscard]] child_spec keeper() const;
  [[nodiscard]] child_spec fleet_keeper_child() const;
  [[nodiscard]] child_spec post_child(std::uint64_t incarnation) const;

  parts_ptr parts_;
  const node_options& options_;
  std::shared_ptr<late_children> late_;
  node_subjects subjects_;
  seat_ptr journal_; ///< null: nothing is stored
  seat_ptr desk_;
  seat_ptr registry_;
  seat_ptr keeper_; ///< null: the node is alone
  /// By `domain/agent`: a seat belongs to one declaration, so each is made once, by whichever copy
  /// of the tree.
  struct made {
    std::mutex mutex;
    std::map<std::string, std::vector<child_spec>> children;
    placement_records alone;      ///< where agents run when the node is alone: here, or nowhere
    std::uint64_t placed_for = 0; ///< change of the versions
  };
  std::shared_ptr<made> made_ = std::make_shared<made>();
};

} // namespace troupe
