#pragma once

#include "actors/acts_under_way.hpp"
#include "actors/awaited_services.hpp"
#include "actors/cluster_view.hpp"
#include "actors/directory.hpp"
#include "actors/fleet_version.hpp"
#include "policies/shard_map.hpp"

#include <troupe/caf.hpp>
#include <troupe/clock.hpp>
#include <troupe/fleet.hpp>

#include <spdlog/logger.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace troupe {

class metrics;
class event_log;
class flight_recorder;
class redactor;
class standing_orders;
class arm_book;
namespace tools {
class process_port;
class http_port;
class worker_pool;
class alarm_clock;
} // namespace tools
namespace models {
class model_port;
}
namespace text {
class sentence_vectors;
}
namespace mcp {
class tool_server;
}
class work_desk;
class budget_book;
class quota_port;

/// What the actors of a node share: made before the first of them, gone after the last. Everything
/// here is immutable or thread safe. Ports may be replaced: a simulation runs the shipped actors on
/// ports of its own.
struct node_parts {
  fleet_spec fleet;    ///< as the node was started with it
  shard_layout layout; ///< of all domains
  timeline time = timeline::of_process();
  std::uint64_t seed = 0; ///< of all dice on this node
  std::shared_ptr<spdlog::logger> log;
  std::shared_ptr<troupe::directory> places = std::make_shared<troupe::directory>();
  std::shared_ptr<standing_orders> orders; ///< what people have said of the agents; never null
  std::shared_ptr<arm_book> arms;          ///< what routing has learned; never null
  std::shared_ptr<troupe::metrics> counters;
  std::shared_ptr<cluster_view> cluster; ///< null: the node is alone
  /// Surveys of all nodes that are under way from here.
  std::shared_ptr<std::atomic<std::uint32_t>> surveys =
      std::make_shared<std::atomic<std::uint32_t>>(0);
  /// Shards of this node that can store nothing at the moment.
  std::shared_ptr<std::atomic<std::uint32_t>> unstored =
      std::make_shared<std::atomic<std::uint32_t>>(0);
  std::shared_ptr<const event_log> events;  ///< what happened to tasks; null: nobody keeps it
  std::shared_ptr<flight_recorder> flights; ///< the last messages; null: nobody keeps them
  std::shared_ptr<native_agents> natives = std::make_shared<native_agents>();
  std::shared_ptr<tools::process_port> processes;
  std::shared_ptr<tools::http_port> http;
  std::shared_ptr<tools::worker_pool> workers;
  /// Never null.
  std::shared_ptr<awaited_services> services = std::make_shared<awaited_services>();
  std::shared_ptr<acts_under_way> acts = std::make_shared<acts_under_way>();
  std::shared_ptr<models::model_port> models; ///< language models, by the fleet's names
  std::shared_ptr<budget_book> budgets;       ///< what may be spent on them; null: no limits
  /// Of the fleet's server of sentence vectors; null: each domain learns its own.
  std::shared_ptr<const text::sentence_vectors> vectors;
  std::shared_ptr<quota_port> quota;         ///< what keeps to their limits; null: they have none
  std::shared_ptr<tools::alarm_clock> clock; ///< of what waits for others outside of actors
  std::shared_ptr<work_desk> work;           ///< where calls wait for programs that ask for them
  std::shared_ptr<const redactor> secrets;   ///< what nobody may read; null: there are none
  /// The versions of the fleet that this node can work by. What `fleet` says of the node itself is
  /// the same in all of them.
  std::shared_ptr<fleet_versions> versions = std::make_shared<fleet_versions>();

  /// The version that new tasks are accepted under. Keep it while something of it is used.
  [[nodiscard]] fleet_version_ptr current() const { return versions->current(); }

  /// Now, on the clock that drives `self`: real, or virtual in a simulation.
  template <class Self>
  [[nodiscard]] timestamp now(Self* self) const {
    return time.at(self->clock().now());
  }

  /// `text` with the secrets in it masked: for every text that did not come from troupe itself.
  [[nodiscard]] std::string without_secrets(std::string text) const;
};

using parts_ptr = std::shared_ptr<const node_parts>;

/// `text` with the secrets in it masked.
[[nodiscard]] std::string mask_secrets(const std::shared_ptr<const redactor>& secrets,
                                       std::string text);

/// What every actor of ours does with surprises: an exception ends it with its text as the reason,
/// for its supervisor to see; a message that it does not know is counted as a defect in the log,
/// never printed to stdout as CAF would.
template <class Self>
void guard(Self* self, const parts_ptr& parts, std::string name) {
  auto log = parts->log;
  // An actor that has ended may be kept for a while by a message that is still to come to it: what
  // its handlers hold must not be the whole node.
  self->set_exception_handler(
      [secrets = parts->secrets, log, name](std::exception_ptr& x) -> caf::error {
        try {
          std::rethrow_exception(x);
        } catch (const std::exception& e) {
          const auto what = mask_secrets(secrets, e.what());
          log->warn("{} crashed: {}", name, what);
          return failure_error("exception: " + what);
        } catch (...) {
          log->warn("{} crashed with something that is no exception", name);
          return failure_error("exception of unknown type");
        }
      });
  self->set_default_handler(
      [log, name](caf::scheduled_actor*, caf::message_view& x) -> caf::result<caf::message> {
        log->error("{} got a message that it does not know: {}", name, caf::to_string(x.content()));
        return caf::sec::unexpected_message;
      });
}

} // namespace troupe
