#pragma once

#include "src/telemetry/series.hpp"

#include <troupe/agent.hpp>
#include <troupe/clock.hpp>
#include <troupe/reason.hpp>
#include <troupe/task.hpp>

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>
#include <prometheus/registry.h>

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

inline constexpr std::size_t reason_count = enum_names<reason>::value.size();
inline constexpr std::size_t refusal_count = enum_names<refusal>::value.size();
inline constexpr std::size_t task_state_count = enum_names<task_state>::value.size();

/// What is counted for an agent; its replicas share one. Resolve it once with `metrics::agent` and
/// keep the pointer.
struct alignas(64) agent_metrics {
  std::array<counter, reason_count> calls; ///< ended calls by `reason`; `none` is shown as "ok"
  histogram duration{histogram::durations};
  histogram confidence{
      histogram::shares}; ///< of successful answers: the quality score as the agent sees it
  counter input_tokens;
  counter output_tokens;
  counter cost_micros;
  counter retries;   ///< attempts after the first
  counter fallbacks; ///< steps that came here because another agent had failed
  gauge in_flight;   ///< calls queued and running

  /// Counts a call that has ended: result, duration, confidence and usage. Lock-free.
  void call_ended(const outcome& out, microseconds took) noexcept;
};

/// What is counted for a domain, by one group of its shards.
struct alignas(64) domain_metrics {
  counter accepted;
  std::array<counter, task_state_count> ended; ///< by final state
  histogram duration{histogram::durations};    ///< from acceptance to the end
  histogram confidence{histogram::shares};     ///< of completed tasks
  counter step_retries;
  counter step_fallbacks;
  counter escalations;                                 ///< steps handed to people
  counter partial;                                     ///< tasks that ended with a partial result
  std::array<counter, refusal_count> refused_requests; ///< by `refusal`; never became tasks
  counter resolved_without_human; ///< completed tasks that no person took part in
  gauge running;

  /// Counts a task that has ended. `with_human`: a person took part. Lock-free.
  void task_ended(task_state state, const outcome& out, microseconds took,
                  bool with_human) noexcept;
  /// Adds what `other` has counted so far.
  void absorb(const domain_metrics& other) noexcept;
};

/// What is counted for one customer, or for one tier. There may be a thousand of them, so what
/// domains tell in many series is told in few here.
struct task_counters {
  counter accepted;
  std::array<counter, task_state_count> ended; ///< by final state
  histogram duration{histogram::coarse};       ///< from acceptance to the end
  histogram confidence{histogram::shares};     ///< of completed tasks; shown as sum and count
  counter step_retries;
  counter step_fallbacks;
  counter escalations;            ///< steps handed to people
  counter resolved_without_human; ///< completed tasks that no person took part in
  counter input_tokens;           ///< of language models
  counter output_tokens;
  counter cost_micros;

  /// Counts a task that has ended. `with_human`: a person took part. Lock-free.
  void task_ended(task_state state, const outcome& out, microseconds took,
                  bool with_human) noexcept;
  /// Counts what a language model has used up. Lock-free.
  void spent(const usage& used) noexcept;
};

/// What the journal, which writes tasks to the store, does.
struct alignas(64) journal_metrics {
  counter commits;
  counter failed_commits;
  counter rows;
  histogram duration{histogram::disk}; ///< of a commit
  gauge waiting;                       ///< rows that wait for the next commit
};

/// What the log does. `log_book` counts here when it is given one.
struct log_metrics {
  counter written;
  counter dropped;
};

/// Says whose metrics these are: the same for every series of a node.
struct metrics_identity {
  std::string region = "local"; ///< becomes a label of every series
  std::string node = "local";
  std::string version;
};

/// All metrics of a node. Names, labels and units: docs/reference/metrics.md. Whatever it hands out
/// lives as long as it does and may be bumped by any thread; all functions may be called by any
/// thread. It is a collectable itself, so that an embedding application can add it to an exposer of
/// its own.
class metrics final : public prometheus::Collectable {
 public:
  explicit metrics(metrics_identity who = {});
  ~metrics() override;
  metrics(const metrics&) = delete;
  metrics& operator=(const metrics&) = delete;

  /// The series of an agent, made at the first call. `name` is the name within the domain. Takes a
  /// lock: resolve once.
  agent_metrics* agent(std::string_view domain, std::string_view name, agent_kind kind);
  /// The series of a domain, made at the first call. Takes a lock: resolve once. Shards that run on
  /// different processors would pull the same cache lines to and fro for every task; each counts
  /// where its number says, and whoever reads adds up.
  domain_metrics* domain(std::string_view path, std::uint32_t shard = 0);
  static constexpr std::size_t domain_stripes = 8;

  /// The series of a customer. The first `max_customers` distinct ones get a label of their own,
  /// everybody after them shares "other": clients choose these names, and must not be able to
  /// exhaust a node's memory. The empty id is counted as "none". Takes a shared lock, so it may be
  /// called for every task.
  task_counters* customer(std::string_view id);
  /// The series of a tier, bounded by `max_tiers` in the same way.
  task_counters* tier(std::string_view name);
  /// Does `what` for the series of the customer and for those of the tier, as far as `who` says
  /// whose they are.
  template <class Do>
  void groups_of(const troupe::customer& who, Do&& what) {
    if (!who.id.empty())
      what(*customer(who.id));
    if (!who.tier.empty())
      what(*tier(who.tier));
  }
  static constexpr std::size_t max_customers = 1000;
  static constexpr std::size_t max_tiers = 50;

  /// Restarts of a supervisor's child. Takes a lock; restarts are rare.
  counter* restarts(std::string_view supervisor, std::string_view child);

  [[nodiscard]] journal_metrics* journal() noexcept;
  [[nodiscard]] log_metrics* log() noexcept;

  /// `ends` says whenever somebody reads when the node's certificate ends. To be called before
  /// anybody reads; without it there is no such series.
  void watch_certificate(std::function<timestamp()> ends);

  /// For families that others add: rare events, a door's requests, an embedding application's own.
  [[nodiscard]] prometheus::Registry& registry() noexcept;

  /// Everything at this moment, in Prometheus' text format (version 0.0.4).
  [[nodiscard]] std::string render() const;
  /// What `render` writes, as prometheus-cpp's values.
  [[nodiscard]] std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  struct tables;
  std::unique_ptr<tables> tables_;
};

} // namespace troupe
