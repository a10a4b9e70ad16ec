#pragma once

#include "nodes/cli/dev_node.hpp"

#include <cstddef>
#include <iosfwd>
#include <string>
#include <vector>

namespace troupe::cli {

/// How many nodes `troupe up` or `troupe dev --nodes` starts, and where they stand.
struct cluster_shape {
  std::size_t nodes = 0;            ///< 0: as many as the data folder has had, or three
  std::vector<std::string> regions; ///< handed out in turn
  std::string between = "0";        ///< how long everything takes from one region to another
};

/// Runs a cluster on this machine until it is told to stop, or fails. Blocks; to be called on the
/// main thread, while no other exists. Throws when it cannot start.
[[nodiscard]] exit_code run_cluster(const dev_settings& x, const cluster_shape& shape,
                                    std::ostream& err);

/// The folder in which a cluster of the fleet in `dir` lives, when no other is named.
[[nodiscard]] std::string cluster_data(const std::string& data_dir);

} // namespace troupe::cli
