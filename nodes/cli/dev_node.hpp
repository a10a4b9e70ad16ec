#pragma once

#include "nodes/cli/exit_code.hpp"

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

namespace troupe::cli {

/// What makes the node one of a cluster.
struct cluster_settings {
  std::string id;
  std::string region;
  std::string listen = "127.0.0.1:0"; ///< for the other nodes' links
  std::string advertise;              ///< `host:port` by which they reach it; empty: `listen`
  std::string certificates;           ///< the folder with `<id>.pem`, `<id>.key` and `ca.pem`
  std::vector<std::string> ways;      ///< `id=host:port`: how others are dialled, whatever they say
  bool plaintext = false;             ///< no TLS, between nodes on this machine's loopback only
  std::uint32_t weight = 100;
  std::string drain_timeout = "30s"; ///< for the agents' last calls when it is told to stop
};

/// What `troupe dev` or `troupe node` was asked for; what is left empty is the fleet's.
struct dev_settings {
  std::string dir;
  std::string host;
  std::optional<std::uint16_t> port; ///< 0: any free one
  std::string certificate;           ///< of the HTTP door, in PEM; empty: it speaks plain HTTP
  std::string key;                   ///< with `certificate`
  std::string data;
  std::size_t threads = 0; ///< of the actors' scheduler; 0: one per core, at least two
  std::string log_level;
  std::string log_format = "text";
  bool no_store = false;
  std::string store;                       ///< a PostgreSQL URL; empty: the data folder
  std::string store_schema = "troupe";     ///< with `store`
  std::vector<std::string> plugin_path;    ///< looked into first
  std::vector<std::string> labels;         ///< beside the fleet's; see `offer`
  std::string port_file;                   ///< gets the port's number once the node takes tasks
  std::optional<cluster_settings> cluster; ///< nothing: the node is alone
};

/// Runs the fleet in `x.dir` until it is told to stop, or fails. Blocks. Takes the process's
/// signals: to be called on the main thread, before any other thread exists. Throws when the node
/// cannot start.
[[nodiscard]] exit_code run_dev(const dev_settings& x, std::ostream& err);

/// Where plugins are looked up: the given folders, TROUPE_PLUGIN_PATH, and the places that an
/// installation or a build puts them, as far as they exist.
[[nodiscard]] std::vector<std::string> plugin_folders(const std::vector<std::string>& given);

} // namespace troupe::cli
