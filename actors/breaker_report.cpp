#include "actors/breaker_report.hpp"

#include "src/telemetry/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>

namespace troupe {

std::string breaker_words(std::string_view kind, const std::string& name, const breaker_change& x) {
  const auto* did = x.to == breaker_state::closed        ? " closed: "
                    : x.from == breaker_state::half_open ? " stays open: "
                                                         : " opened: ";
  return "the breaker of " + std::string{kind} + " " + name + did + x.why;
}

void report_breaker(const node_parts& parts, std::string_view kind, const std::string& name,
                    const breaker_change& x) {
  const bool open = x.to != breaker_state::closed;
  parts.log->log(open ? spdlog::level::warn : spdlog::level::info, "{}",
                 breaker_words(kind, name, x));
  if (!parts.counters)
    return;
  const std::map<std::string, std::string> whose{
      {"region", parts.fleet.region}, {"kind", std::string{kind}}, {"name", name}};
  prometheus::BuildGauge()
      .Name("troupe_breaker_open")
      .Help(
          "1 while the circuit breaker of an agent or a provider lets nothing but probes through.")
      .Register(parts.counters->registry())
      .Add(whose)
      .Set(open ? 1 : 0);
  if (open)
    prometheus::BuildCounter()
        .Name("troupe_breaker_opened_total")
        .Help("How often a circuit breaker opened, or stayed open because its probe failed.")
        .Register(parts.counters->registry())
        .Add(whose)
        .Increment();
}

} // namespace troupe
