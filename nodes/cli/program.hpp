#pragma once

#include "nodes/cli/shell.hpp"

#include <iosfwd>
#include <memory>
#include <string>
#include <vector>

namespace troupe::cli {

/// The `troupe` command line with all its verbs. `s` must outlive it.
[[nodiscard]] std::unique_ptr<CLI::App> make_program(shell& s);

/// Understands a command line, whose first word is the program's own name, and does what it says.
/// Blocks until that is done. Returns the exit code; never throws.
[[nodiscard]] int run(const std::vector<std::string>& words, std::ostream& out, std::ostream& err);

} // namespace troupe::cli
