#pragma once

#include <troupe/fleet.hpp>

namespace troupe::testing {

/// Every agent that is not triage or a person works where the test sees its calls.
inline void listen_to(domain_spec& d) {
  for (auto& a : d.agents)
    if (a.card.kind != agent_kind::triage && a.card.kind != agent_kind::human) {
      a.card.kind = agent_kind::native;
      a.settings = {{"function", "quick"}};
      a.takes = a.gives = nullptr;
    }
  for (auto& inner : d.domains)
    listen_to(inner);
}

} // namespace troupe::testing
