#pragma once

#include "actors/node_parts.hpp"
#include "nodes/client.hpp"
#include "nodes/cluster_options.hpp"
#include "nodes/version_maker.hpp"
#include "src/store/store.hpp"

#include <troupe/caf.hpp>
#include <troupe/fleet.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

namespace troupe {

class key_ring;
class late_children;

/// What an application may bring along; what it leaves empty, the node makes itself.
struct node_options {
  std::shared_ptr<spdlog::logger>
      log; ///< default: a logger "troupe" on stderr; no global one is touched
  std::shared_ptr<const event_log> events;
  std::shared_ptr<native_agents> natives;
  std::shared_ptr<tools::process_port> processes;
  std::shared_ptr<tools::http_port> http;
  std::shared_ptr<tools::worker_pool> workers;
  std::shared_ptr<models::model_port> models; ///< default: over `http`, as the fleet says
  /// Opens the store; called on the journal's thread at each of its starts, and once by `start`.
  /// Default: SQLite in the fleet's data folder. Give `nullptr` in `no_store` to run without one.
  std::function<std::unique_ptr<store>()> open_store;
  bool no_store = false;
  std::shared_ptr<const redactor>
      secrets;           ///< masked in everything that enters; null: there are none
  std::string audit_key; ///< of the audit trail; only for the default store
  std::string
      config_fingerprint; ///< of the files that the fleet was read from, for the audit trail
  bool journal_on_own_thread = true;      ///< false in a simulation
  std::uint64_t seed = 0;                 ///< of all dice; 0: from the operating system
  std::optional<timeline> time;           ///< a simulation's; default: the system's clocks
  std::vector<std::string> plugin_path;   ///< folders in which plugins are looked up
  std::optional<cluster_options> cluster; ///< null: the node is alone
  /// Where new versions of the fleet come from; null: it stays as it is.
  std::optional<version_options> versions;
  /// Is kept as the store has them; null: nobody asks for keys. Needs a store.
  std::shared_ptr<key_ring> keys;
  /// Searches this node's logs: takes {"session", "task", "agent", "task_type", "level", "since",
  /// "until" (microseconds since 1970), "text", "limit", "within" (domains, each with those within
  /// it)}, as far as they were asked for, and returns an array, newest first. Runs on a thread of
  /// its own and may throw. Empty: it keeps none.
  std::function<json(const json&)> search_logs;
};

/// A fleet running in an actor system that belongs to somebody else: the `troupe` program, a test,
/// or the application that embeds it. Touches neither the system's scheduler settings nor signal
/// handlers nor global loggers.
class node {
 public:
  /// Throws `std::runtime_error` when the fleet cannot run here: a plugin or a model is missing, a
  /// function is not registered, the store is not ours. Starts nothing yet.
  node(caf::actor_system& sys, fleet_spec fleet, node_options options = {});
  ~node(); ///< as `stop`
  node(const node&) = delete;
  node& operator=(const node&) = delete;

  /// Spawns the supervision tree. What a former run left unfinished is taken up again. Throws
  /// `store_error`, or `std::runtime_error` when the store is another fleet's or has open tasks
  /// that this one would strand.
  void start();
  /// Blocks the calling thread, which must not be an actor's, until every actor of the tree is
  /// seated; false after `most`.
  [[nodiscard]] bool wait_ready(milliseconds most) const;
  /// Stops the tree: children in reverse order, each within its shutdown time. Safe to call again.
  void stop();

  [[nodiscard]] client& api() noexcept { return *client_; }
  [[nodiscard]] parts_ptr parts() const noexcept { return parts_; }
  /// The CAF actor behind an address: an agent, `domain:<path>#<shard>`. Empty when nobody is
  /// there.
  [[nodiscard]] caf::actor resolve(const address& where) const {
    return parts_->places->resolve(where);
  }
  /// Adds an agent to a running domain: it is routable as soon as it is seated. Throws as the
  /// constructor does.
  void add_agent(agent_spec spec);
  /// Reads the audit trail after record `after`, at most `most` records: `then` gets them on the
  /// journal's thread. False when there is no journal now.
  bool read_audit(std::uint64_t after, std::size_t most,
                  std::function<void(std::vector<audit_row>)> then) const;
  /// Stores `what`, all of it or nothing, and brings the ring of keys up to date: `then` hears on
  /// the journal's thread what went wrong, or an empty text. False when there is no journal now.
  bool write(std::vector<store_write> what, std::function<void(const std::string&)> then) const;
  /// Called on an actor's thread when the root supervisor gives up: the node cannot go on by
  /// itself.
  void on_failure(std::function<void(std::string)> f) { on_failure_ = std::move(f); }

 private:
  caf::actor_system& system_;
  std::shared_ptr<node_parts> parts_;
  node_options options_;
  void leave();
  void make_versions();
  std::unique_ptr<client> client_;
  std::shared_ptr<late_children> late_; ///< what the tree has got since it was drawn
  caf::actor root_;
  std::function<void(std::string)> on_failure_;
};

} // namespace troupe
