#pragma once

#include <CLI/CLI.hpp>

#include <string>

namespace troupe::cli {

/// A script that lets `bash`, `zsh` or `fish` complete the verbs, options and fixed values of
/// `program`. Made from the command line itself, so that it never says anything else than that.
/// Throws `std::invalid_argument` for another shell.
[[nodiscard]] std::string completion_script(const CLI::App& program, const std::string& for_shell);

} // namespace troupe::cli
