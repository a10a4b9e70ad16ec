#pragma once

#include "src/config/diagnostic.hpp"

#include <troupe/fleet.hpp>

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace troupe::config {

/// Gives the value of an environment variable, or nothing when it is not set.
using environment = std::function<std::optional<std::string>(const std::string& name)>;

/// The environment of this process. Like `getenv`, not to be called while another thread changes
/// the environment.
[[nodiscard]] environment process_environment();

/// What came of reading a fleet's folder.
struct loaded {
  std::optional<fleet_spec> fleet;  ///< set when, and only when, there are no errors
  std::vector<diagnostic> errors;   ///< by file, then by line
  std::vector<diagnostic> warnings; ///< by file, then by line; the fleet may run all the same
  std::vector<std::string>
      files; ///< the files that were read, relative to the folder and sorted: what to watch

  std::vector<std::string> secrets; ///< values that the files were filled with and nobody may read
  std::vector<std::string> secret_files; ///< that `${file:...}` names, as it is written

  [[nodiscard]] bool ok() const noexcept { return fleet.has_value(); }
};

/// Reads and checks the fleet in `dir`: `fleet.yaml`, and one folder per domain
/// (docs/reference/configuration.md). Its data lies within the folder, unless an absolute path says
/// otherwise: the same place wherever the program was started, and no other fleet's. Collects every
/// error it can find in one go and never throws on account of what the folder holds. Blocks on the
/// file system only; any thread may call it, several at the same time.
[[nodiscard]] loaded load_fleet(const std::filesystem::path& dir,
                                const environment& variables = process_environment());

/// As above, for a folder that was sent here from elsewhere: what `${file:...}` names is looked for
/// in `home` instead, and its data lies there.
[[nodiscard]] loaded load_fleet(const std::filesystem::path& dir, const environment& variables,
                                const std::filesystem::path& home);

/// Bounds on what is read, so that no folder can exhaust the memory of a node.
struct load_limits {
  static constexpr std::size_t file_bytes = 1u << 20;
  static constexpr std::size_t files = 20000;
  static constexpr std::size_t nodes_per_file =
      100000;                                      ///< YAML nodes after aliases have been followed
  static constexpr std::size_t depth = 128;        ///< of nested YAML: room for the deepest plan
  static constexpr std::size_t domain_depth = 16;  ///< of nested domain folders
  static constexpr std::size_t diagnostics = 1000; ///< errors reported; the rest is counted
};

} // namespace troupe::config
