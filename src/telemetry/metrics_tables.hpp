#pragma once

#include "src/telemetry/bounded_table.hpp"
#include "src/telemetry/metrics.hpp"

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <tuple>
#include <utility>

namespace troupe {

/// Where the series of a node live. Agents, domains and supervisors come from the fleet's
/// declaration, so their number is small; the limits only guard against a caller that passes on
/// what a client sent.
struct metrics::tables {
  explicit tables(metrics_identity id)
      : who(std::move(id)) {}

  using agent_key = std::tuple<std::string, std::string, agent_kind>; ///< domain, name, kind
  using child_key = std::pair<std::string, std::string>;              ///< supervisor, child

  metrics_identity who;
  double started_seconds = 0; ///< since the Unix epoch
  std::mutex mutex;           ///< guards `agents` and `restarts`
  std::map<agent_key, std::unique_ptr<agent_metrics>> agents;
  std::map<child_key, std::unique_ptr<counter>> restarts;
  struct striped_domain {
    std::array<domain_metrics, domain_stripes> of;
  };
  bounded_table<striped_domain> domains{max_domains};
  bounded_table<task_counters> customers{max_customers};
  bounded_table<task_counters> tiers{max_tiers};
  journal_metrics journal;
  log_metrics log;
  std::function<timestamp()> certificate_ends; ///< empty: it has none
  prometheus::Registry registry;

  static constexpr std::size_t max_domains = 2000;
  static constexpr std::size_t max_agents = 20000;
  static constexpr std::size_t max_children = 20000;
};

} // namespace troupe
