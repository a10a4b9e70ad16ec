#pragma once

#include "src/config/load_fleet.hpp"

#include <troupe/json.hpp>

#include <cstddef>
#include <string>

namespace troupe::cli {

/// How many domains and agents there are, however deep; an agent counts once, whatever its
/// replicas.
struct fleet_size {
  std::size_t domains = 0;
  std::size_t agents = 0;
};
[[nodiscard]] fleet_size size_of(const fleet_spec& fleet);

/// `7 agents in 2 domains`
[[nodiscard]] std::string in_words(const fleet_size& x);

/// What came of loading a fleet, a line per error and warning and one that sums up.
[[nodiscard]] std::string report_text(const config::loaded& x);
[[nodiscard]] json report_json(const config::loaded& x);

} // namespace troupe::cli
