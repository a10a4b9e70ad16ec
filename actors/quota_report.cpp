#include "actors/quota_report.hpp"

#include "src/telemetry/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>

#include <map>
#include <string>

namespace troupe {

quota_counters::quota_counters(const node_parts& parts, const quota_plan& plan) {
  limits.resize(plan.limits.size());
  lines.resize(plan.lines.size());
  if (!parts.counters)
    return;
  auto& registry = parts.counters->registry();
  using labels = std::map<std::string, std::string>;
  const labels here{{"region", parts.fleet.region}};
  const auto with = [&](labels more) {
    more.insert(here.begin(), here.end());
    return more;
  };
  const auto gauge = [&](const char* name, const char* help, const labels& whose) {
    return &prometheus::BuildGauge().Name(name).Help(help).Register(registry).Add(whose);
  };
  for (std::size_t i = 0; i < limits.size(); ++i) {
    const auto& x = plan.limits[i];
    const auto whole = quota_amount::from(x.is);
    for (std::size_t k = 0; k < whole.of.size(); ++k) {
      if (whole.of[k] == 0)
        continue;
      const auto whose =
          with({{"limit", x.name}, {"of", std::string{enum_names<quota_kind>::value[k]}}});
      limits[i].used[k] =
          gauge("troupe_quota_used", "What this node uses of a provider's limit.", whose);
      limits[i].lent[k] =
          gauge("troupe_quota_slice", "What this node may use of a provider's limit.", whose);
      gauge("troupe_quota_limit", "A provider's limit, for all nodes together.", whose)
          ->Set(static_cast<double>(whole.of[k]));
    }
    limits[i].frozen =
        gauge("troupe_quota_frozen", "1 while nothing is sent because the provider has said so.",
              with({{"limit", x.name}}));
  }
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto& name = plan.lines[i].provider;
    lines[i].waiting = gauge("troupe_quota_waiting", "Requests that wait for a provider's limits.",
                             with({{"provider", name}}));
    for (std::size_t k = 0; k < lines[i].waited.size(); ++k)
      lines[i].waited[k] =
          &prometheus::BuildHistogram()
               .Name("troupe_quota_wait_seconds")
               .Help("How long requests waited for a provider's limits until they were sent.")
               .Register(registry)
               .Add(with({{"provider", name},
                          {"urgency", std::string{enum_names<priority>::value[k]}}}),
                    prometheus::Histogram::BucketBoundaries{0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8,
                                                            15, 30, 60, 120});
    lines[i].refused =
        &prometheus::BuildCounter()
             .Name("troupe_quota_refused_total")
             .Help(
                 "Requests that were refused because they would have waited too long, or too many "
                 "did.")
             .Register(registry)
             .Add(with({{"provider", name}}));
  }
}

} // namespace troupe
