#pragma once

#include "src/config/report.hpp"
#include "src/config/shape.hpp"
#include "src/config/yaml_tree.hpp"

namespace troupe::config {

/// Compares `node` with what may stand there and reports every difference: unknown and missing
/// keys, values of another type, words that are none of those allowed, numbers out of range.
void check_shape(const yaml_node& node, const shape& expected, report& problems);

/// The same for a whole file.
void check_file(const yaml_node& root, const record& keys, report& problems);

} // namespace troupe::config
