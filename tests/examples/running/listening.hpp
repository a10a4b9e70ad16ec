#pragma once

#include "src/config/load_fleet.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>

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

/// The example's fleet, with its agents played by the test.
inline fleet_spec overheard_example() {
  auto got = config::load_fleet(TROUPE_SOURCE_DIR "/examples/customer-support",
                                [](const std::string&) { return std::nullopt; });
  if (!got.ok()) {
    ADD_FAILURE() << "the example's fleet is not right";
    return {};
  }
  got.fleet->plugins.clear();
  got.fleet->services.clear();
  for (auto& d : got.fleet->domains)
    listen_to(d);
  return std::move(*got.fleet);
}

} // namespace troupe::testing
