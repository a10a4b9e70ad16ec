#pragma once

#include "policies/fault_schedule.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <sys/types.h>

namespace troupe::cli {

/// What a chaos run is done to. Nobody but the nodes of one cluster is ever touched. Functions
/// throw `cli_error` when the cluster is gone; any thread may call them.
class chaos_target {
 public:
  chaos_target() = default;
  chaos_target(const chaos_target&) = delete;
  chaos_target& operator=(const chaos_target&) = delete;
  virtual ~chaos_target() = default;

  /// The nodes, for people; a fault's `node` is a place in this list.
  [[nodiscard]] virtual std::vector<std::string> nodes() const = 0;
  /// The doors of those that are up.
  [[nodiscard]] virtual std::vector<std::string> doors() const = 0;
  /// The store's address and its schema; empty: unknown.
  [[nodiscard]] virtual std::string store() const = 0;
  [[nodiscard]] virtual std::string schema() const = 0;
  /// Why a fault of this kind cannot be had here, as a sentence; empty: it can.
  [[nodiscard]] virtual std::string cannot(fault what) const = 0;
  /// Does it, and for `garbage` waits until it is over; the other kinds end by themselves. What
  /// kept it from being done, if something did.
  [[nodiscard]] virtual std::string strike(const planned_fault& x, std::uint64_t seed) = 0;
};

/// The cluster that `troupe up` runs in a folder: its parent does what is asked. Throws `cli_error`
/// when there is none.
[[nodiscard]] std::unique_ptr<chaos_target> local_target(const std::filesystem::path& folder);

/// Nodes that somebody else has started, by their process ids and doors; each has to be a
/// `troupe` process of this user. Without `store` the verdict is that of the clients alone. Throws
/// `cli_error` for a process that is none.
struct foreign_nodes {
  std::vector<pid_t> pids;
  std::vector<std::string> urls;
  std::string store;
  std::string schema;
};
[[nodiscard]] std::unique_ptr<chaos_target> process_target(const foreign_nodes& x);

} // namespace troupe::cli
