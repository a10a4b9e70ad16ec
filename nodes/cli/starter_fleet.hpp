#pragma once

#include <string>
#include <vector>

namespace troupe::cli {

struct starter_file {
  std::string path; ///< within the fleet's folder
  std::string text;
};

/// A small fleet that works: one domain with a triage agent and examples to train it from, an agent
/// of rules, and one in Python. `name` must be a name as fleet files take it.
[[nodiscard]] std::vector<starter_file> starter_fleet(const std::string& name);

} // namespace troupe::cli
