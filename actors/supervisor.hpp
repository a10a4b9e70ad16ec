#pragma once

#include "actors/node_parts.hpp"
#include "actors/tree_messages.hpp"
#include "policies/supervision.hpp"
#include "src/telemetry/log_entry.hpp"

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace troupe {

/// A child and how to start it (OTP: child_spec).
struct child_spec {
  child_rules rules;
  std::string kind;   ///< for the tree: agent, orchestrator, journal, ...
  std::string detail; ///< for the tree
  seat_ptr place;     ///< taken at every start, left at every end; null: the child has no address
  bool is_supervisor = false;
  std::uint32_t restarts_before = 0; ///< elsewhere; shown beside those here
  /// Makes the actor. Runs on the supervisor's thread at every (re)start.
  std::function<caf::actor(caf::event_based_actor* supervisor)> start;
  /// The child is seated and running. Optional.
  std::function<void(caf::event_based_actor* supervisor)> started;
};

struct supervisor_config {
  std::string name;
  supervision strategy = supervision::one_for_one;
  restart_intensity intensity;
  std::vector<child_spec> children;
  milliseconds isolate{0}; ///< see `supervision_run`
  /// Children that should run and cannot, for the tree. Optional.
  std::function<std::vector<tree_node>()> absent = nullptr;

  /// Throws `std::invalid_argument` for a child without id or start function, or an id that occurs
  /// twice.
  void validate() const;
};

/// The SUPERVISOR: starts its children in order, restarts them by OTP's rules (`supervision_run`),
/// stops them in reverse order, and ends with a failure when they fail too often, which is for its
/// own supervisor to treat.
///
/// It monitors its children and holds strong handles to them, because an actor that nobody refers
/// to ends.
struct supervisor_state {
  void init(caf::event_based_actor* self, parts_ptr parts, supervisor_config config);
  void on_child_down(const caf::down_msg& msg);
  void on_exit(const caf::exit_msg& msg);
  void on_tick();
  void on_start_child(const start_child& x);
  void on_end_child(const end_child& x);
  void on_use_rules(const use_rules& x);
  void on_kill_child(const kill_child& x);
  bool on_order(const order_child& x);
  void on_kill_due(const kill_due& x);
  caf::response_promise on_view(); ///< supervisor_tree.cpp
  ~supervisor_state();

  static inline const char* name = "supervisor";

 private:
  struct child {
    child_spec spec;
    caf::actor handle;
    std::uint64_t incarnation = 0;
    bool gone = false; ///< ended for good: its place is with another supervisor, or nowhere
    std::shared_ptr<const child_spec> next = nullptr; ///< what it is from its next start on
  };
  void carry_out(supervision_run::steps& todo);
  void start(std::uint32_t i, supervision_run::steps& todo);
  void stop(std::uint32_t i);
  void arm();
  void note_isolation(std::uint32_t i);
  /// For those who ask for it, and for the router's reasons.
  void tell_why_absent(std::uint32_t i, health as, std::string why);
  /// Logs what has become of a child; with an agent's name, so that a search by it says why it is
  /// down.
  void say(const child_spec& who, log_level level, const std::string& what) const;
  [[nodiscard]] tree_node leaf(std::uint32_t i) const; ///< supervisor_tree.cpp
  [[nodiscard]] std::uint32_t index_of(const std::string& id) const;

  caf::event_based_actor* self_ = nullptr;
  parts_ptr parts_;
  supervisor_config config_;
  std::unique_ptr<supervision_run> run_;
  std::vector<child> children_;
  std::unordered_map<caf::actor_id, std::uint32_t> by_actor_;
  std::unordered_map<std::string, std::uint32_t> by_id_;
  caf::error last_failure_;
  std::string
      told_to_fail_; ///< why somebody wants it to fail; empty: its children failed too often
  timestamp armed_ = no_deadline;
};

caf::behavior supervisor(caf::stateful_actor<supervisor_state>* self, parts_ptr parts,
                         supervisor_config config);

} // namespace troupe
