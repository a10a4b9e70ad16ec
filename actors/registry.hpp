#pragma once

#include "actors/node_parts.hpp"
#include "actors/seat_messages.hpp"

#include <map>
#include <string>
#include <vector>

namespace troupe {

/// The REGISTRY: knows which agents there are and what they can do, and hands every domain's
/// orchestrators an immutable routing table whenever that changes. Restarts of agents do not change
/// it: the seats stay.
struct registry_state {
  void init(caf::event_based_actor* self, parts_ptr parts);
  void on_register(const register_agent& x);
  void on_unregister(const unregister_agent& x);
  void on_subscribe(const subscribe_routes& x);
  void on_flush();

  static inline const char* name = "registry";

 private:
  struct domain_entry {
    std::vector<seat_ptr> agents; ///< in the order of registration: what `static` routing follows
    std::vector<seat_ptr> subscribers;
    bool changed = false;
  };
  void mark(domain_entry& d);

  caf::event_based_actor* self_ = nullptr;
  parts_ptr parts_;
  std::map<std::string, domain_entry> domains_;
  bool flushing_ = false;
};

caf::behavior registry(caf::stateful_actor<registry_state>* self, parts_ptr parts);

} // namespace troupe
