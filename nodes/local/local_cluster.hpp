#pragma once

#include <troupe/clock.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <string>
#include <vector>

namespace troupe::local {

/// A cluster on one machine: what it consists of.
struct local_cluster_settings {
  std::string program;              ///< `troupe` itself
  std::string name;                 ///< of the fleet, for people
  std::filesystem::path data;       ///< its folder
  std::vector<std::string> words;   ///< that every `troupe node` gets: the fleet's folder and so on
  std::size_t nodes = 0;            ///< 0: as many as the folder has, or three
  std::vector<std::string> regions; ///< handed out in turn; empty: the fleet's own
  milliseconds between_regions{0};  ///< how long everything takes from one region to another
  std::uint16_t port = 0; ///< of the first node's door, the next ones follow; 0: free ones
  std::string store;      ///< a PostgreSQL server; empty: one of its own, in the folder
  std::string store_schema = "troupe";
  bool json_lines = false; ///< the nodes' log lines are JSON

  static constexpr std::size_t nodes_max = 16;
};

/// How a cluster on this machine ended.
enum class cluster_end : std::uint8_t {
  stopped,     ///< as it was told to, in order
  failed,      ///< it could not start, or lost what it cannot do without
  interrupted, ///< by a second signal
};

/// Starts the cluster and keeps it running until SIGINT, SIGTERM or SIGHUP: a PostgreSQL server,
/// certificates, and a `troupe node` per node, which is started again when it dies. The nodes' log
/// lines go to `err`, with their names in front. Blocks; to be called on the main thread, while no
/// other exists. Throws `local_error`, `store_error` or `certificate_error` when it cannot start.
[[nodiscard]] cluster_end run_local_cluster(const local_cluster_settings& x, std::ostream& err);

} // namespace troupe::local
