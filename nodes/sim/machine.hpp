#pragma once

#include "nodes/node.hpp"
#include "nodes/sim/disk.hpp"
#include "nodes/sim/world.hpp"

#include <caf/scheduler/test_coordinator.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace troupe::sim {

/// One process of a simulated node: the shipped node, whole, on CAF's test scheduler. One thread,
/// virtual time; who of the actors that have mail runs next is chance. Ends as the process would
/// that it stands for: at once, wherever its actors are.
class machine {
 public:
  /// What the process is made of; all of it outlives the machine.
  struct parts {
    const fleet_spec* fleet = nullptr;
    world* around = nullptr;
    disk* storage = nullptr;
    std::shared_ptr<sim_pool> pool;
    std::shared_ptr<native_agents> natives;
    std::shared_ptr<spdlog::logger> log;
    std::optional<cluster_options> cluster; ///< it is one of several
  };

  /// Builds and starts the node. Throws as `node` does, `store_error` for a disk that fails.
  explicit machine(parts of);
  machine(const machine&) = delete;
  machine& operator=(const machine&) = delete;
  ~machine(); ///< kills the process

  /// Lets one actor handle one message; false when nobody can.
  bool step();
  /// When the next timer of an actor is due; `no_deadline` when none is set.
  [[nodiscard]] timestamp next_timer() const;
  /// Lets time pass until `t`; timers that are due by then fire.
  void pass_until(timestamp t);

  /// Ends whoever sits there abnormally, as a defect would; false when nobody does.
  bool kill(const address& where);
  /// Nobody runs who sits there, until time `until`.
  void stall(const address& where, timestamp until);
  /// Every address of the tree, the root's left out, at which somebody of this node sits now, in a
  /// fixed order.
  [[nodiscard]] std::vector<address> seats() const;
  [[nodiscard]] address journal() const;
  /// Asks the node to hand over what it owns and to leave its cluster; `then` when it has.
  void leave(std::function<void()> then);

  [[nodiscard]] node& shipped() noexcept { return *node_; }
  [[nodiscard]] client& api() noexcept { return node_->api(); }
  /// What the node said when its root gave up; empty: it runs.
  [[nodiscard]] const std::string& failed() const noexcept { return failed_; }

 private:
  [[nodiscard]] timestamp now() const;
  void end();

  parts of_;
  caf::actor_system_config settings_;
  std::unique_ptr<caf::actor_system> system_;
  caf::scheduler::test_coordinator* scheduler_ = nullptr;
  std::unique_ptr<node> node_;
  std::map<caf::resumable*, timestamp> stalled_;
  std::string failed_;
};

} // namespace troupe::sim
