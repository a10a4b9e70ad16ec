#pragma once

#include "actors/late_children.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>

namespace troupe {

/// What of a node runs only while it has been given to this node: how to start it, and under which
/// supervisor.
struct moving_child {
  std::string supervisor; ///< its name, as `node:<id>/<name>` has it
  child_spec what;
};

/// Starts and ends the replicas of agents that come and go at this node while it runs: because
/// another node has them, or because fewer are needed. Nobody's call is lost to an end that was
/// planned: a replica takes nothing new first, and ends when it has nothing left, or its time is
/// over. Belongs to one actor, which calls `tick` at `next_timer`.
class replica_host {
 public:
  replica_host(parts_ptr parts, std::shared_ptr<late_children> late,
               std::map<std::string, moving_child> replicas);

  /// By `domain/agent#n`.
  [[nodiscard]] const std::map<std::string, moving_child>& replicas() const noexcept {
    return replicas_;
  }
  void add(const std::string& id, const moving_child& what);
  /// It is not one any more, and ends if it runs.
  void forget(caf::event_based_actor* self, const std::string& id);
  /// Starts it, or lets it go on when it was to end. `restarts`: how often it was started
  /// elsewhere.
  void run(caf::event_based_actor* self, const std::string& id, std::uint32_t restarts = 0);
  /// Ends it: it serves for `serve_on`, because its next home may not be known everywhere yet, then
  /// takes nothing new, and ends when its calls have ended, within `most` of that. Said again, it
  /// can only make that shorter.
  void retire(const std::string& id, milliseconds serve_on, milliseconds most, timestamp now);
  void tick(caf::event_based_actor* self, timestamp now);

  /// It runs here, if perhaps not for long.
  [[nodiscard]] bool runs(const std::string& id) const { return running_.contains(id); }
  [[nodiscard]] bool retiring(const std::string& id) const;
  [[nodiscard]] std::size_t running() const noexcept { return running_.size(); }
  [[nodiscard]] timestamp next_timer() const noexcept;

 private:
  struct last_days {
    timestamp serves_until{};
    timestamp due{};
    std::optional<duty> before; ///< what its seat was there for, once it takes nothing new
    caf::actor_id ended = 0;    ///< its supervisor has been told
  };
  void ask(caf::event_based_actor* self, const moving_child& x, bool start) const;

  parts_ptr parts_;
  std::shared_ptr<late_children> late_;
  std::map<std::string, moving_child> replicas_;
  std::map<std::string, std::optional<last_days>, std::less<>> running_;
  timestamp looked_{};
};

/// Says in a seat what the placement has come to: that its replica runs nowhere and why, or is not
/// needed; counted in the metric `troupe_agent_unplaced`.
void show_absence(const node_parts& parts, const seat_ptr& place, health as,
                  const std::string& why);

} // namespace troupe
