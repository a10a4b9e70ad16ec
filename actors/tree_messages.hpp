#pragma once

// What a supervisor is asked and told.

#include <troupe/caf.hpp>
#include <troupe/fleet.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace troupe {

/// One actor in the supervision tree.
struct tree_node {
  std::string id;
  std::string kind;   ///< supervisor, orchestrator, agent, journal, ...
  std::string detail; ///< of a supervisor its strategy; of an agent its kind
  std::string state;  ///< up, down, stopped, waiting, draining, quarantined
  std::uint32_t restarts = 0;
  std::vector<tree_node> children;
};
/// Answered with `tree_viewed`.
struct view_tree {
  std::uint64_t request = 0;
};
struct tree_viewed {
  std::uint64_t request = 0;
  std::shared_ptr<const tree_node> tree;
};
/// End this child; it is started again as after a crash. For tests, chaos and people.
struct kill_child {
  std::string id;
};

enum class child_order : std::uint8_t {
  start,    ///< again, after `stop`
  stop,     ///< until `start`
  restart,  ///< it ends as a failure, which counts as one of its restarts, and is replaced
  escalate, ///< the supervisor itself fails: its own supervisor treats that
};
/// Does this to a child that is known. Answered with whether it is.
struct order_child {
  child_order what = child_order::start;
  std::string id;
  std::string why;
};
struct child_spec;
/// Adds a child and starts it.
struct start_child {
  std::shared_ptr<const child_spec> what;
};
/// Stops a child for good.
struct end_child {
  std::string id;
};
/// Restarts its children by these rules from now on.
struct use_rules {
  supervision strategy = supervision::one_for_one;
  restart_intensity intensity;
};
/// INTERNAL: the child with this actor id had its time to stop.
struct kill_due {
  caf::actor_id who = 0;
};

} // namespace troupe

TROUPE_BEGIN_MESSAGES(troupe_tree, TROUPE_FIRST_TYPE_ID + 60)
TROUPE_MESSAGE(troupe_tree, troupe::view_tree)
TROUPE_MESSAGE(troupe_tree, troupe::tree_viewed)
TROUPE_MESSAGE(troupe_tree, troupe::kill_child)
TROUPE_MESSAGE(troupe_tree, troupe::order_child)
TROUPE_MESSAGE(troupe_tree, troupe::start_child)
TROUPE_MESSAGE(troupe_tree, troupe::end_child)
TROUPE_MESSAGE(troupe_tree, troupe::use_rules)
TROUPE_MESSAGE(troupe_tree, troupe::kill_due)
TROUPE_END_MESSAGES(troupe_tree)
