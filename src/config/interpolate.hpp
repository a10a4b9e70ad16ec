#pragma once

#include "src/config/load_fleet.hpp"
#include "src/config/report.hpp"
#include "src/config/yaml_tree.hpp"

namespace troupe::config {

/// Fills `${env:NAME}` and `${env:NAME:-default}` into every scalar at and under `node`; keys are
/// left alone, and so is any other `${...}`. A variable that is not set and has no default is an
/// error. Values are hidden in `problems`, so that they are shown as they are written.
void fill_in(yaml_node& node, const environment& variables, report& problems);

} // namespace troupe::config
