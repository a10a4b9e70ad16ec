#pragma once

#include "actors/cluster_messages.hpp"
#include "actors/late_children.hpp"
#include "actors/node_parts.hpp"

#include <map>
#include <memory>
#include <string>
#include <utility>

namespace troupe {

class node_tree;

/// Brings the tree of a running node in line with the versions of the fleet that it has: starts the
/// domains and agents that are new, ends those that no version has any more, and hands on how
/// supervisors restart their children. In a cluster, what is shared out between nodes is left to
/// the cluster keeper, who is told. Used by one actor at a time.
class fleet_children {
 public:
  /// Takes it that the node has what its versions have now.
  fleet_children(parts_ptr parts, std::shared_ptr<const node_tree> tree,
                 std::shared_ptr<late_children> late, seat_ptr registry, seat_ptr keeper);

  void follow(caf::event_based_actor* self);

 private:
  struct agent {
    std::string domain;
    std::vector<child_spec> replicas;
  };
  using rules = std::pair<supervision, restart_intensity>;

  void end_agents(caf::event_based_actor* self);
  void end_domains(caf::event_based_actor* self);
  void begin_domains(caf::event_based_actor* self);
  void begin_agents(caf::event_based_actor* self);
  void use_new_rules(caf::event_based_actor* self);
  /// A domain that has nothing to do would go by a former version until its next task.
  void wake_orchestrators(caf::event_based_actor* self) const;
  void drop_seats(const agent& x, caf::event_based_actor* self);
  [[nodiscard]] seat_ptr supervisor_of(const std::string& name) const;

  parts_ptr parts_;
  std::shared_ptr<const node_tree> tree_;
  std::shared_ptr<late_children> late_;
  seat_ptr registry_;
  seat_ptr keeper_;                     ///< null: the node is alone
  std::map<std::string, agent> agents_; ///< by `domain/agent`, as their addresses begin
  std::map<std::string, rules> domains_;
  std::uint64_t seen_ = 0; ///< change of the versions that was followed last
};

} // namespace troupe
