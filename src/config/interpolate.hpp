#pragma once

#include "src/config/load_fleet.hpp"
#include "src/config/report.hpp"
#include "src/config/secret_values.hpp"
#include "src/config/yaml_tree.hpp"

#include <filesystem>
#include <functional>

namespace troupe::config {

/// What is filled in, and what becomes known by it.
struct filling {
  const environment& variables;
  const std::filesystem::path& dir; ///< what `${file:...}` is relative to
  report& problems;
  secret_values& secrets;
  /// Whether a secret may stand in this scalar: only where nothing but troupe itself reads it, or
  /// the program that it is meant for.
  std::function<bool(const yaml_node&)> may_be_secret;
};

/// Fills `${env:NAME}`, `${env:NAME:-default}`, `${secret:NAME}` and `${file:PATH}` into every
/// scalar at and under `node`; keys are left alone, and so is any other `${...}`. A variable that
/// is not set and has no default is an error, and so is a file that cannot be read; of a file the
/// line ends at its end do not count. Values are hidden in `problems`, so that they are shown as
/// they are written. What comes from `secret` or `file`, or from a variable whose name sounds like
/// it, is a secret.
void fill_in(yaml_node& node, const filling& with);

} // namespace troupe::config
