#pragma once

#include "nodes/sim/machine.hpp"
#include "nodes/sim/network.hpp"
#include "nodes/sim/shared_table.hpp"
#include "nodes/sim/stub_agents.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace troupe::sim {

/// One node of a simulated cluster, over all the processes that it has.
struct sim_node {
  sim_node(const world& all, const std::string& id, fleet_spec of, const fault_plan& agents,
           const stub_answer& answers, std::shared_ptr<outside_world> outside)
      : name(id)
      , fleet(std::move(of))
      , around(all, id)
      , storage(around)
      , pool(std::make_shared<sim_pool>(around, job_times{agents.hangs, agents.late}))
      , stubs(around, agents, answers, std::move(outside)) {
    fleet.node_id = name;
    stubs.register_in(*natives);
  }
  sim_node(const sim_node&) = delete;
  sim_node& operator=(const sim_node&) = delete;

  [[nodiscard]] bool awake() const noexcept { return machine && !frozen; }

  const std::string name;
  fleet_spec fleet;
  world around;
  disk storage;
  std::shared_ptr<sim_pool> pool;
  std::shared_ptr<native_agents> natives = std::make_shared<native_agents>();
  stub_agents stubs;
  std::unique_ptr<sim::machine> machine; ///< null: no process runs
  bool frozen = false;
  std::uint64_t kill_soon = 0; ///< messages until one of its actors is killed; 0: none is
  std::uint64_t end_soon = 0;  ///< the same for its process
  std::uint64_t outage = 0;    ///< counts them: one that was followed by another does not end it
};

} // namespace troupe::sim
