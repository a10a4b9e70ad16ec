#pragma once

#include "src/config/report.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace troupe::config {

/// A folder with a `domain.yaml`, and the files of its agents.
struct domain_files {
  std::string path; ///< of the domain: `support/refunds`
  std::string file; ///< `support/refunds/domain.yaml`
  struct agent_file {
    std::string name; ///< of the agent: the file's without its ending
    std::string file;
  };
  std::vector<agent_file> agents;
};

/// The domains under `dir`, parents before their sub-domains, in the order of their names. Follows
/// symbolic links, but never into a folder that it is in already.
[[nodiscard]] std::vector<domain_files> find_domains(const std::filesystem::path& dir,
                                                     report& problems);

} // namespace troupe::config
