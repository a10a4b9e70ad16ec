#pragma once

#include "actors/node_parts.hpp"

#include <troupe/fleet.hpp>

namespace troupe {

/// INTERNAL: the service has said that it is ready.
struct service_ready {};

/// The SERVICE: keeps one process of the fleet running beside its agents. When the process ends, so
/// does the actor, and its supervisor starts both again by its rules; what the process writes goes
/// into the log. Of one that says when it is ready the node is told.
struct service_state {
  void init(caf::event_based_actor* self, parts_ptr parts, service_spec spec);
  ~service_state();
  void look();
  void on_ready();

  static inline const char* name = "service";

 private:
  caf::event_based_actor* self_ = nullptr;
  parts_ptr parts_;
  service_spec spec_;
  std::uint64_t process_ = 0;
  std::uint64_t question_ = 0; ///< whether it is ready, of the HTTP port
};

caf::behavior service(caf::stateful_actor<service_state>* self, parts_ptr parts, service_spec spec);

} // namespace troupe

TROUPE_BEGIN_MESSAGES(troupe_service, TROUPE_FIRST_TYPE_ID + 220)
TROUPE_MESSAGE(troupe_service, troupe::service_ready)
TROUPE_END_MESSAGES(troupe_service)
