#include "examples/customer-support/backend/agents.hpp"

// The door through which troupe loads the agents of this example: see `troupe::plugin_host`.

extern "C" const char* troupe_plugin_abi() {
  return troupe::plugin_abi;
}

extern "C" void troupe_plugin(void* host) {
  auto* h = static_cast<troupe::plugin_host*>(host);
  troupe::support::register_agents(*h->agents, h->data_dir);
}
