#pragma once

#include "nodes/cli/shell.hpp"

#include <troupe/event.hpp>

#include <string>

namespace troupe::cli {

/// A task with all that a replay of it needs.
struct task_found_again {
  task_record record;
  plan_ptr triage; ///< null: not known
};

/// From a running node, through its API. Throws `cli_error`.
[[nodiscard]] task_found_again task_from_node(const shell& s, const std::string& id);
/// From the data folder of a node that does not run; `fleet_dir` (may be empty) tells how its
/// domain understands messages. Throws `cli_error`.
[[nodiscard]] task_found_again task_from_folder(const std::string& data_dir, const std::string& id,
                                                const std::string& fleet_dir);

} // namespace troupe::cli
