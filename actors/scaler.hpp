#pragma once

#include "actors/replica_host.hpp"
#include "policies/agent_placement.hpp"
#include "policies/scaling.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace troupe {

struct scaler_config {
  seat_ptr
      keeper; ///< hears how many there are to be; null: the node is alone, and runs them itself
  std::shared_ptr<late_children> late;
  /// Alone: the replicas of the agents that scale, by `domain/agent#n`.
  std::map<std::string, moving_child> replicas;
  struct scaled {
    agent_wish who;
    scaling_spec bounds;
    std::uint32_t slots = 1;
    milliseconds timeout{0}; ///< of one call: so long one that goes may still work
  };
  std::vector<scaled> agents;
};

/// The SCALER: looks once a second at how much the agents have to do that declare bounds for their
/// replicas, and says how many there are to be (`scaling`). In a cluster every node has one, and
/// only the placer's speaks: the gauges of all replicas are in each node's seats.
struct scaler_state {
  void init(caf::event_based_actor* self, parts_ptr parts, scaler_config config);
  void on_tick();

  static inline const char* name = "scaler";

 private:
  struct watched {
    scaler_config::scaled what;
    std::vector<seat_ptr> seats;
    std::optional<scaling> policy;
    std::uint32_t replicas = 0;
  };
  void look(watched& x, timestamp now);
  void apply(watched& x, std::uint32_t replicas, timestamp now);
  void show(const watched& x) const;

  caf::event_based_actor* self_ = nullptr;
  parts_ptr parts_;
  scaler_config config_;
  std::unique_ptr<replica_host> host_; ///< null: in a cluster
  std::vector<watched> agents_;
  timestamp looked_{};
};

caf::behavior scaler(caf::stateful_actor<scaler_state>* self, parts_ptr parts,
                     scaler_config config);

} // namespace troupe
