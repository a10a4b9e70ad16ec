#include "src/telemetry/metrics.hpp"

#include "src/telemetry/metrics_tables.hpp"

#include <prometheus/text_serializer.h>

#include <chrono>

namespace troupe {

void agent_metrics::call_ended(const outcome& out, microseconds took) noexcept {
  const auto why = static_cast<std::size_t>(out.failed.why);
  if (why < calls.size())
    calls[why].add();
  duration.observe(took);
  if (out.ok())
    confidence.observe_share(out.confidence);
  // Most native agents use nothing up; a test is cheaper than an atomic addition.
  if (out.used.input_tokens)
    input_tokens.add(out.used.input_tokens);
  if (out.used.output_tokens)
    output_tokens.add(out.used.output_tokens);
  if (out.used.cost_micros)
    cost_micros.add(out.used.cost_micros);
}

void domain_metrics::task_ended(task_state state, const outcome& out, microseconds took,
                                bool with_human) noexcept {
  const auto at = static_cast<std::size_t>(state);
  if (at < ended.size())
    ended[at].add();
  duration.observe(took);
  if (out.partial)
    partial.add();
  if (state != task_state::completed)
    return;
  confidence.observe_share(out.confidence);
  if (!with_human)
    resolved_without_human.add();
}

void task_counters::task_ended(task_state state, const outcome& out, microseconds took,
                               bool with_human) noexcept {
  const auto at = static_cast<std::size_t>(state);
  if (at < ended.size())
    ended[at].add();
  duration.observe(took);
  if (state != task_state::completed)
    return;
  confidence.observe_share(out.confidence);
  if (!with_human)
    resolved_without_human.add();
}

void task_counters::spent(const usage& used) noexcept {
  input_tokens.add(used.input_tokens);
  output_tokens.add(used.output_tokens);
  cost_micros.add(used.cost_micros);
}

void domain_metrics::absorb(const domain_metrics& other) noexcept {
  const auto add = [](auto& to, const auto& from) {
    for (std::size_t i = 0; i < to.size(); ++i)
      to[i].add(from[i].value());
  };
  accepted.add(other.accepted.value());
  add(ended, other.ended);
  duration.absorb(other.duration);
  confidence.absorb(other.confidence);
  step_retries.add(other.step_retries.value());
  step_fallbacks.add(other.step_fallbacks.value());
  escalations.add(other.escalations.value());
  partial.add(other.partial.value());
  add(refused_requests, other.refused_requests);
  resolved_without_human.add(other.resolved_without_human.value());
  running.add(other.running.added());
}

metrics::metrics(metrics_identity who)
    : tables_(std::make_unique<tables>(std::move(who))) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  tables_->started_seconds = std::chrono::duration<double>(now).count();
}

metrics::~metrics() = default;

agent_metrics* metrics::agent(std::string_view domain, std::string_view name, agent_kind kind) {
  tables::agent_key key{label_value(domain), label_value(name), kind};
  std::lock_guard hold{tables_->mutex};
  if (!tables_->agents.contains(key) && tables_->agents.size() >= tables::max_agents)
    key = {"other", "other", kind};
  auto& place = tables_->agents[std::move(key)];
  if (!place)
    place = std::make_unique<agent_metrics>();
  return place.get();
}

domain_metrics* metrics::domain(std::string_view path, std::uint32_t shard) {
  return &tables_->domains.at(path)->of[shard % domain_stripes];
}
task_counters* metrics::customer(std::string_view id) {
  return tables_->customers.at(id);
}
task_counters* metrics::tier(std::string_view name) {
  return tables_->tiers.at(name);
}

counter* metrics::restarts(std::string_view supervisor, std::string_view child) {
  tables::child_key key{label_value(supervisor), label_value(child)};
  std::lock_guard hold{tables_->mutex};
  if (!tables_->restarts.contains(key) && tables_->restarts.size() >= tables::max_children)
    key = {"other", "other"};
  auto& place = tables_->restarts[std::move(key)];
  if (!place)
    place = std::make_unique<counter>();
  return place.get();
}

journal_metrics* metrics::journal() noexcept {
  return &tables_->journal;
}
log_metrics* metrics::log() noexcept {
  return &tables_->log;
}
void metrics::watch_certificate(std::function<timestamp()> ends) {
  tables_->certificate_ends = std::move(ends);
}
prometheus::Registry& metrics::registry() noexcept {
  return tables_->registry;
}

std::string metrics::render() const {
  return prometheus::TextSerializer{}.Serialize(Collect());
}

} // namespace troupe
