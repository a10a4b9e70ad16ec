#pragma once

#include "nodes/cli/dev_node.hpp"
#include "nodes/cluster_options.hpp"
#include "src/store/postgres_store.hpp"

#include <troupe/fleet.hpp>

#include <spdlog/logger.h>

#include <memory>
#include <optional>
#include <string>

namespace troupe::cli {

/// How a node joins the cluster whose members are kept in `server`. Throws `cli_error` for settings
/// that no node can run with.
[[nodiscard]] cluster_options join_cluster(const cluster_settings& x,
                                           const std::optional<postgres_settings>& server,
                                           const fleet_spec& fleet,
                                           const std::shared_ptr<spdlog::logger>& log);

} // namespace troupe::cli
