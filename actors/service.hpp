#pragma once

#include "actors/node_parts.hpp"

#include <troupe/fleet.hpp>

namespace troupe {

/// The SERVICE: keeps one process of the fleet running beside its agents. When the process ends, so
/// does the actor, and its supervisor starts both again by its rules; what the process writes goes
/// into the log.
struct service_state {
  void init(caf::event_based_actor* self, parts_ptr parts, const service_spec& spec);
  ~service_state();

  static inline const char* name = "service";

 private:
  parts_ptr parts_;
  std::uint64_t process_ = 0;
};

caf::behavior service(caf::stateful_actor<service_state>* self, parts_ptr parts, service_spec spec);

} // namespace troupe
