#pragma once

#include "nodes/sim/callers.hpp"
#include "nodes/sim/cluster.hpp"
#include "nodes/sim/sim_node.hpp"
#include "nodes/sim/witness.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace troupe::sim {

/// The run of one scenario: lets time pass, lets things go wrong, and starts nodes again whenever
/// they are gone.
class cluster_run {
 public:
  explicit cluster_run(cluster_scenario what);
  report run();

 private:
  static constexpr milliseconds takeover{10000}; ///< what a fault may cost beyond its own time

  // -- faults -------------------------------------------------------------------

  /// So many of a fault, at instants of its span.
  template <class Fault>
  void spread(std::uint32_t count, Fault fault) {
    faults_to_come_ += count;
    const auto span = static_cast<std::uint64_t>(what_.faults.span.count()) + 1;
    for (std::uint32_t i = 0; i < count; ++i)
      world_.at(began_ + milliseconds{static_cast<std::int64_t>(world_.draw(span))}, [this, fault] {
        --faults_to_come_;
        fault();
      });
  }

  void plan_faults();
  std::uint64_t soon();
  sim_node& any() { return *nodes_[world_.draw(nodes_.size())]; }

  void count(const std::string& kind);
  void kill_somebody(sim_node& n);
  void freeze(sim_node& n);
  void thaw(sim_node& n);

  /// One node from all, one from another, or some from the others.
  void part();
  void take_store_away();
  void stall(sim_node& n);
  void leave(std::size_t i);

  // -- processes ----------------------------------------------------------------

  void start(std::size_t i);
  void end(std::size_t i, const std::string& how);

  // -- time ---------------------------------------------------------------------

  /// One message of one node, one thing of the world, or the next moment.
  void go_on();

  /// After a message of node `i`, or when it had none.
  void look_at(std::size_t i);
  void pass();

  /// Faults end at some time; after that nothing goes wrong any more, and nobody stays silent.
  void see_whether_over();
  void calm_down();
  bool work_left();
  void answer_all();

  /// Empty when all nodes are up, know the same members, and each shard has the owner that the
  /// table says.
  std::string disagreement();

  cluster_scenario what_;
  fleet_spec fleet_;
  world world_;
  network network_;
  std::shared_ptr<membership_table> members_;
  std::shared_ptr<outside_world> outside_ = std::make_shared<outside_world>();
  witness witness_;
  callers callers_;
  std::vector<std::unique_ptr<sim_node>> nodes_;
  timestamp began_{};
  timestamp last_{};
  timestamp calm_since_{};
  std::map<std::string, std::uint64_t> mishaps_;
  std::uint64_t messages_ = 0;
  std::uint64_t steps_here_ = 0;
  std::uint32_t processes_ = 0;
  std::uint32_t faults_to_come_ = 0;
  bool busy_ = true;
  bool calm_ = false;
  bool rest_ = false;
  bool circles_ = false;
  bool over_ = false;
};

} // namespace troupe::sim
