#pragma once

#include "nodes/cli/dev_node.hpp"
#include "nodes/version_maker.hpp"
#include "src/config/load_fleet.hpp"
#include "src/telemetry/log.hpp"

#include <troupe/fleet.hpp>

#include <filesystem>
#include <functional>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace troupe::cli {

/// A fleet read from a folder, as the command line wants it.
struct loaded_fleet {
  fleet_spec fleet;
  std::vector<std::string> secrets;      ///< that nobody may read
  std::vector<std::string> secret_files; ///< that hold nothing else
  std::string fingerprint;               ///< SHA-256 over the files that were read
};

/// What lies in a fleet's folder and is not a part of it: data of nodes, and files that hold
/// nothing but secrets.
[[nodiscard]] std::vector<std::filesystem::path> not_of_the_fleet(const std::filesystem::path& dir,
                                                                  const config::loaded& found);

/// Reads the fleet in `x.dir`, and tells `err` of what is odd about it. Throws `cli_error` with all
/// that is wrong.
[[nodiscard]] loaded_fleet load_own_fleet(const dev_settings& x, std::ostream& err);

/// Where versions of the fleet come from: the folder `x.dir`, and what is sent. Contents are
/// written below `data_dir`; what `${file:...}` names stays in `x.dir`. New secrets are masked from
/// then on.
[[nodiscard]] fleet_source source_in_folder(const dev_settings& x, const std::string& data_dir,
                                            std::shared_ptr<redactor> secrets);

/// What the source makes of the node's own folder, which programs run in as it is. Nothing, and a
/// warning, when the folder cannot be kept: the fleet has no versions then.
struct own_content {
  std::string packed;
  loaded_content loaded;
};
[[nodiscard]] std::optional<own_content>
content_of_own(const loaded_fleet& own, const fleet_source& source,
               const std::function<void(const std::string&)>& warn);

} // namespace troupe::cli
