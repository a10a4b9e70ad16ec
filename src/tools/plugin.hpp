#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::tools {

/// Why a plugin was not loaded; `what()` names the plugin, the file and the reason.
class plugin_error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Where a plugin's file is. A name that contains a slash is an explicit path and is taken as
/// given. A bare name (letters, digits, '_', '-', '.'; not starting with '.') is looked up as
/// lib<name>.so in each directory of `search_path` in turn; empty entries are skipped, and the
/// current directory is never searched unless it is listed. The result is absolute, with links
/// resolved. Throws plugin_error when the name is malformed or no such file exists.
std::filesystem::path find_plugin(std::string_view name,
                                  const std::vector<std::filesystem::path>& search_path);

/// Loads a plugin and hands it the host.
///
/// The library must export `extern "C" const char* troupe_plugin_abi()` and
/// `extern "C" void troupe_plugin(void* host)`. The second is called with `host`, on this thread,
/// only if the first answers exactly `abi`. The system runs the library's static initialisers
/// before that, so the search path must be as trusted as the program itself.
///
/// A plugin that was handed the host stays loaded until the process ends, for what it registered
/// there points into its code; a second load calls its entry again.
///
/// Returns the file that was loaded. Throws plugin_error; a library that fails a check is unloaded.
std::filesystem::path load_plugin(std::string_view name,
                                  const std::vector<std::filesystem::path>& search_path,
                                  std::string_view abi, void* host);

} // namespace troupe::tools
