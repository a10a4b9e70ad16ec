#pragma once

#include "src/config/load_fleet.hpp"
#include "src/config/secret_values.hpp"

#include <troupe/fleet.hpp>

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::cli {

using config::sounds_secret;

/// What a fleet's files took from the environment, by the variable's name.
using variables_seen = std::map<std::string, std::string>;

/// The process's environment, noting in `seen` what is asked for.
[[nodiscard]] config::environment noting_environment(std::shared_ptr<variables_seen> seen);

/// The values that logs must mask: variables and headers with secret names, and passwords within
/// URLs. `Bearer` and the like before a header's value are not part of the secret.
[[nodiscard]] std::vector<std::string> secrets_of(const fleet_spec& fleet,
                                                  const variables_seen& seen);

} // namespace troupe::cli
