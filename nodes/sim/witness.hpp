#pragma once

#include "nodes/sim/callers.hpp"
#include "nodes/sim/disk.hpp"
#include "nodes/sim/machine.hpp"
#include "nodes/sim/simulation.hpp"

#include <deque>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace troupe::sim {

/// Watches a run from the side and says what should never have happened. It knows nothing of how
/// the node works: it looks at what the callers were told, at what is on the disk, at what was done
/// in the outside world, and at the gauges.
class witness {
 public:
  explicit witness(const fleet_spec& fleet)
      : fleet_(fleet) {}

  /// Time was taken from the node by a fault: a deadline may pass by as much unnoticed.
  void disturbed(microseconds by) { disturbed_ += by; }
  /// A process has started: whoever sits in the seats is new.
  void process_started();
  /// Looks at the seats: who was restarted, and how often by now.
  void look(machine& m, timestamp now);
  /// Looks at everything, at the end of a run, and counts it into `out`.
  void look_back(disk& storage, const callers& all, const outside_world& outside, report& out);
  /// Looks at the gauges of a node on which nothing is under way.
  void look_at_gauges(machine& m, report& out);

 private:
  void look_at_task(const stored_task& x, const callers& all, const outside_world& outside,
                    report& out);
  void look_at_decisions(const task& what, const stored_task& x, const std::vector<event>& history,
                         const outcome& result, const outside_world& outside, report& out);
  void look_at_sessions(disk& storage, report& out);
  void look_at_callers(disk& storage, const callers& all, report& out);
  /// Who was refused because of a key: somebody must have used it for something else.
  void look_at_keys(const callers& all, report& out);
  [[nodiscard]] bool same_key(const task_request& a, const task_request& b) const;
  void say(report& to, std::string what);
  [[nodiscard]] const domain_spec* domain_of(const std::string& path) const;

  struct place {
    std::uint64_t incarnation = 0;
    std::uint64_t supervisor = 0;
    std::deque<timestamp> restarts;
  };
  struct turn_seen {
    std::string task;
    timestamp began{};
    timestamp ended{};
    task_state state = task_state::submitted;
  };

  const fleet_spec& fleet_;
  microseconds disturbed_{0};
  std::map<std::string, place> places_;
  std::map<std::pair<std::string, std::string>, std::vector<turn_seen>> turns_; ///< by session
  std::map<std::pair<std::string, std::string>, std::string> keys_; ///< domain and key to a task
  std::vector<std::string> seen_;
};

} // namespace troupe::sim
