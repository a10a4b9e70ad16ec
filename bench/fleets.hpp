#pragma once

#include "bench/driver.hpp"
#include "nodes/node.hpp"

#include <troupe/fleet.hpp>

#include <memory>
#include <string>

namespace troupe::bench {

/// A node with one domain "d" whose native agents do nothing: what is left is troupe itself, with
/// trace and metrics on.
class bench_node {
 public:
  struct settings {
    std::string node_id = "local";
    durability keep = durability::none;
    std::size_t agents = 1; ///< agents that offer "noop"
    bool compound = false;  ///< free text is understood as two intents that run in parallel
    std::string triage_function = "classify";
    std::string data_dir;
  };
  bench_node(caf::actor_system& sys, const settings& s);
  ~bench_node();

  /// Runs `count` tasks, `window` at a time, from a driver actor in the same process.
  run_result run(std::uint64_t count, std::uint64_t window, const std::string& skill,
                 std::size_t body_bytes = 64);
  [[nodiscard]] node& inner() noexcept { return *node_; }

 private:
  caf::actor_system& sys_;
  std::unique_ptr<node> node_;
};

} // namespace troupe::bench
